"""`hopgym agents`."""

from __future__ import annotations

import typer

from ..listing import print_registry
from . import AGENTS


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("agents")(list_agents)


def list_agents() -> None:
    """List the agents."""
    print_registry(
        AGENTS,
        "How it plays",
        own="Also: module:attribute or file.py:attribute of your own.",
    )
