"""`hopgym rewards` and `hopgym score`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..errors import ConfigError
from ..listing import print_registry
from . import REWARDS
from .kg import FACT_READERS
from .predictions import DEFAULT_METRICS, METRICS, read_predictions, score_predictions
from .support import SUPPORTERS


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("rewards")(list_rewards)
    app.command("score")(score)


def list_rewards() -> None:
    """List the rewards, and the readers of facts and checkers of support that some of them need."""
    own = "Also: module:attribute or file.py:attribute of your own."
    print_registry(REWARDS, "What it pays for", own=own)
    print_registry(FACT_READERS, "How it reads answers off selected facts", own=own)
    print_registry(SUPPORTERS, "When a claim is supported by a document", own=own)


def score(
    file: Annotated[
        Path, typer.Argument(help="JSONL of {id, prediction, answers}, or a published shape.")
    ],
    gold: Annotated[Path | None, typer.Option(help="Gold answers, joined by id.")] = None,
    metrics: Annotated[
        list[str] | None, typer.Option(help=f"a,b or repeated, of: {', '.join(METRICS)}.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score a predictions file."""
    notes: list[str] = []
    predictions = read_predictions(file, gold, tell=notes.append)
    scores = score_predictions(predictions, _names(metrics) or DEFAULT_METRICS)
    if as_json:
        told = {"notes": notes} if notes else {}
        print(json.dumps({"n": len(predictions), **scores, **told}))
        return
    warn = Console(stderr=True)
    for note in notes:
        warn.print(note, style="yellow", markup=False, highlight=False, soft_wrap=True)
    table = Table("Metric", f"Mean of {len(predictions)}")
    for name, value in scores.items():
        table.add_row(name, f"{value:.4f}")
    Console().print(table)


def _names(values: list[str] | None) -> list[str]:
    """Return the names of `a,b`, given once or repeated; each once."""
    names = [part.strip() for value in values or [] for part in value.split(",")]
    if not all(names):
        raise ConfigError(f"--metrics {','.join(values or [])!r} has an empty name; write a,b.")
    return list(dict.fromkeys(names))
