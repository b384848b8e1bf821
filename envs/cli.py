"""`hopgym envs` and `hopgym play`."""

from __future__ import annotations

from typing import Annotated, Any

import gymnasium
import typer
from rich.console import Console
from rich.table import Table

from ..errors import ConfigError
from ..listing import print_registry, print_table
from .datasets import make_questions
from .datasets.base import default_split
from .grammars import GRAMMARS
from .keywords import read_keywords
from .registration import ENVS, find_env
from .typed import read_action, rules

KG_SUBGRAPH = "hopgym/KGSubgraph-v0"

_TAKEN = {
    "questions": "use --questions",
    "split": "use --split",
    "seed": "use --seed",
    "question_id": "use --question-id",
    "render_mode": "what is played is always shown",
    "id": "the environment is the command's first argument",
}
"""What `--set` may not say, since something else does."""


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
    """Play an episode by hand: type a query, a plan, `= answer` or numbers; quit or Ctrl-D stops.

    A plan is one line, as `A: query (General); B: query with {A} (News)`. Where facts are selected, type
    their numbers, and then `stop`. An action as a model writes it, with its tags or markers,
    may be pasted as it is.
    """
    found = find_env(env_id)
    usual = ENVS[found].by_hand if found in ENVS else {}
    keywords = {**usual, **read_keywords(set_ or [], _TAKEN)}
    chosen = split or default_split(make_questions(questions), "train")
    env = gymnasium.make(found, render_mode="human", questions=questions, split=chosen, **keywords)
    options = {"question_id": question_id} if question_id else None
    _, info = env.reset(seed=seed, options=options)
    if "grammar" not in info:
        raise ConfigError(
            f"{found} is not played in text as it is made here, so that there is nothing to type. "
            "Leave out --set observation, or give --set observation=text where it has that form."
        )
    Console().print(rules(info), style="dim", markup=False, highlight=False, soft_wrap=True)
    grammar = getattr(getattr(env.unwrapped, "stage", None), "grammar", None)
    over = False
    while not over:
        action = read_action(info, grammar)
        if action is None:
            return
        _, _, terminated, truncated, info = env.step(action)
        over = terminated or truncated
        _print_step(info, over)


def _print_step(info: dict[str, Any], over: bool) -> None:
    console = Console()
    if info["parse_error"]:
        masked = info["parse_error"] == "masked_action"  # understood, and not allowed
        said = "not allowed" if masked else "not understood"
        console.print(f"{said}: {info['parse_error']}", style="red")
    if info["queries"] and not info["document_ids"]:
        console.print("(no new documents were found)", style="dim")
    terms = ", ".join(f"{name} {value:+.2f}" for name, value in info["reward_terms"].items())
    console.print(f"reward: {terms}", style="dim")
    if over:
        table = Table("Metric", "Value")
        for name, value in info["metrics"].items():
            table.add_row(name, f"{value:.3f}")
        console.print(table)
