"""`hopgym retrievers`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from . import RETRIEVERS


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("retrievers")(list_retrievers)


def list_retrievers() -> None:
    """List the retrievers."""
    table = Table("Retriever", "What it does")
    for name in RETRIEVERS:
        table.add_row(name, RETRIEVERS.summary(name))
    console = Console()
    console.print(table)
    console.print(
        "Also: module:attribute or file.py:attribute of your own, or the folder of a saved index.",
        style="dim",
    )
