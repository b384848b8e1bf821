"""`hopgym rewards` and `hopgym score`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from . import REWARDS
from .predictions import DEFAULT_METRICS, METRICS, read_predictions, score_predictions


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("rewards")(list_rewards)
    app.command("score")(score)


def list_rewards() -> None:
    """List the rewards."""
    table = Table("Reward", "What it pays for")
    for name in REWARDS:
        table.add_row(name, REWARDS.summary(name))
    Console().print(table)


def score(
    file: Annotated[
        Path, typer.Argument(help="JSONL of {id, prediction, answers}, or a published shape.")
    ],
    gold: Annotated[Path | None, typer.Option(help="Gold answers, for files without.")] = None,
    metrics: Annotated[
        list[str] | None, typer.Option(help=f"Of {', '.join(METRICS)}; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score a predictions file."""
    predictions = read_predictions(file, gold)
    scores = score_predictions(predictions, metrics or DEFAULT_METRICS)
    if as_json:
        print(json.dumps({"n": len(predictions), **scores}))
        return
    table = Table("Metric", f"Mean of {len(predictions)}")
    for name, value in scores.items():
        table.add_row(name, f"{value:.4f}")
    Console().print(table)
