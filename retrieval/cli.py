"""`hopgym retrievers`."""

from __future__ import annotations

import typer

from ..listing import print_registry
from . import RETRIEVERS


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("retrievers")(list_retrievers)


def list_retrievers() -> None:
    """List the retrievers."""
    print_registry(
        RETRIEVERS,
        "What it does",
        own="Also: module:attribute or file.py:attribute of your own, or a saved index's folder.",
    )
