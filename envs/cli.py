"""`hopgym envs` and `hopgym play`."""

from __future__ import annotations

import re
from typing import Annotated, Any, cast

import gymnasium
import typer
from rich.console import Console
from rich.table import Table

from ..listing import print_registry, print_table
from .datasets import make_questions
from .datasets.base import default_split
from .grammars import GRAMMARS, Move, ParseError, StepGrammar, grammar_of
from .grammars.dag import DagGrammar
from .keywords import read_keyword
from .registration import ENVS, find_env

HOW_TO = "Type a query, or = and the answer"
HOW_TO_PLAN = "Type A: query (General); B: query with {A} (News), then = and the answer"

_NODE = re.compile("[A-Z] ?:")


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("envs")(list_envs)
    app.command("play")(play)


def list_envs() -> None:
    """List the environments and their grammars."""
    rows = [(entry.id, entry.summary) for entry in ENVS.values()]
    print_table(("Environment", "What is played"), rows, "Also: file.py:ID or module:ID.")
    print_registry(GRAMMARS, "How an action is written")


def play(
    env_id: Annotated[
        str, typer.Argument(help="Such as hopgym/SearchRead-v0; file.py:ID for your own.")
    ],
    questions: Annotated[str, typer.Option(help="A question set, file or folder.")] = "world",
    split: Annotated[
        str | None, typer.Option(help="The split to play: train, or the only one.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Which question is drawn.")] = 0,
    question_id: Annotated[str | None, typer.Option(help="A certain question.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Any other keyword, as name=value.")
    ] = None,
) -> None:
    """Play an episode by hand: type a query, a plan or `= answer`; quit or Ctrl-D stops."""
    keywords = dict(read_keyword(text) for text in set_ or [])
    found = find_env(env_id)
    chosen = split or default_split(make_questions(questions), "train")
    env = gymnasium.make(found, render_mode="human", questions=questions, split=chosen, **keywords)
    options = {"question_id": question_id} if question_id else None
    _, info = env.reset(seed=seed, options=options)
    Console().print(f"{_how_to(info)}; quit to stop.", style="dim")
    over = False
    while not over:
        action = _read_action(info)
        if action is None:
            return
        _, _, terminated, truncated, info = env.step(action)
        over = terminated or truncated
        _print_step(info, over)


def _read_line(prompt: str) -> str | None:
    """Return the next line that is not empty; None where the player stops."""
    while True:
        try:
            line = input(prompt).strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return None
        if line:
            return None if line.lower() in ("quit", "exit") else line


def _read_action(info: dict[str, Any]) -> str | None:
    """Return the next line as an action; what cannot be read is asked for again, at no cost."""
    while True:
        line = _read_line(f"{info['remaining']} turns left> ")
        if line is None:
            return None
        action = _action(line, info)
        found = _parse(action, info)
        if not isinstance(found, ParseError):
            return action
        Console().print(f"not understood: {found.value}. {_how_to(info)}.", style="red")


def _how_to(info: dict[str, Any]) -> str:
    return HOW_TO_PLAN if "phase" in info else HOW_TO


def _parse(action: str, info: dict[str, Any]) -> Move | ParseError:
    grammar = grammar_of(info)
    if isinstance(grammar, DagGrammar):
        return grammar.parse_turn(action, info["phase"])
    return cast("StepGrammar", grammar).parse(action, info["turn"])


def _action(line: str, info: dict[str, Any]) -> str:
    """Wrap a typed line in the grammar, so that a person need not type the markers."""
    grammar = grammar_of(info)
    if line.startswith("="):
        return grammar.write_answer(info["turn"], "Typed by hand.", line[1:].strip())
    if "phase" in info and _NODE.match(line):
        return f"<think>Typed by hand.</think>\n<search>\n{line}\n</search>"
    return grammar.write_query(info["turn"], "Typed by hand.", line)


def _print_step(info: dict[str, Any], over: bool) -> None:
    console = Console()
    if info["parse_error"]:
        console.print(f"not understood: {ParseError(info['parse_error']).value}", style="red")
    if info["queries"] and not info["document_ids"]:
        console.print("(no new documents were found)", style="dim")
    terms = ", ".join(f"{name} {value:+.2f}" for name, value in info["reward_terms"].items())
    console.print(f"reward: {terms}", style="dim")
    if over:
        table = Table("Metric", "Value")
        for name, value in info["metrics"].items():
            table.add_row(name, f"{value:.3f}")
        console.print(table)
