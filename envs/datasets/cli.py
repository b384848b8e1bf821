"""`hopgym datasets`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from . import DATASETS


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("datasets")(list_datasets)


def list_datasets() -> None:
    """List the question sets."""
    table = Table("Question set", "What it is")
    for name in DATASETS:
        table.add_row(name, DATASETS.summary(name))
    Console().print(table)
