"""`hopgym envs` and `hopgym play`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import gymnasium
import typer
from rich.console import Console
from rich.table import Table

from ..errors import ConfigError
from .grammars import GRAMMARS, ParseError, make_grammar
from .registration import ENVS


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("envs")(list_envs)
    app.command("play")(play)


def list_envs() -> None:
    """List the environments and their grammars."""
    console = Console()
    table = Table("Environment", "What is played")
    for entry in ENVS.values():
        table.add_row(entry.id, entry.summary)
    console.print(table)
    grammars = Table("Grammar", "How an action is written")
    for name in GRAMMARS:
        grammars.add_row(name, GRAMMARS.summary(name))
    console.print(grammars)


def play(
    env_id: Annotated[str, typer.Argument(help="Such as hopgym/SearchRead-v0.")],
    questions: Annotated[str, typer.Option(help="A question set, file or folder.")] = "world",
    split: Annotated[str, typer.Option(help="The split to play.")] = "train",
    seed: Annotated[int, typer.Option(help="Which question is drawn.")] = 0,
    question_id: Annotated[str | None, typer.Option(help="A certain question.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Any other keyword, as name=value.")
    ] = None,
) -> None:
    """Play an episode by hand: type a query, or `= answer`; Ctrl-D stops."""
    keywords = dict(_keyword(text) for text in set_ or [])
    env = gymnasium.make(env_id, render_mode="human", questions=questions, split=split, **keywords)
    options = {"question_id": question_id} if question_id else None
    _, info = env.reset(seed=seed, options=options)
    over = False
    while not over:
        try:
            line = input("query, or = answer> ")
        except (EOFError, KeyboardInterrupt):
            print()
            return
        _, _, terminated, truncated, info = env.step(_action(line, info))
        over = terminated or truncated
        _print_step(info, over)


def _action(line: str, info: dict[str, Any]) -> str:
    """Wrap a typed line in the grammar, so that a person need not type the markers."""
    grammar = make_grammar(info["grammar"])
    if line.startswith("="):
        return grammar.write_answer(info["turn"], "Typed by hand.", line[1:].strip())
    return grammar.write_query(info["turn"], "Typed by hand.", line.strip())


def _print_step(info: dict[str, Any], over: bool) -> None:
    console = Console()
    if info["parse_error"]:
        console.print(f"not understood: {ParseError(info['parse_error']).value}", style="red")
    terms = ", ".join(f"{name} {value:+.2f}" for name, value in info["reward_terms"].items())
    console.print(f"reward: {terms}", style="dim")
    if over:
        table = Table("Metric", "Value")
        for name, value in info["metrics"].items():
            table.add_row(name, f"{value:.3f}")
        console.print(table)


def _keyword(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set {text!r}: write name=value, such as --set top_k=5.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
