"""`hopgym agents`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from . import AGENTS


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("agents")(list_agents)


def list_agents() -> None:
    """List the agents."""
    table = Table("Agent", "How it plays")
    for name in AGENTS:
        table.add_row(name, AGENTS.summary(name))
    Console().print(table)
