"""Registries as tables, for the commands that list them.

It knows registries and the console. What a part is for stands in its registration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .registry import Registry


def print_registry(
    registry: Registry[Any],
    about: str,
    *,
    more: Mapping[str, Callable[[str], str]] | None = None,
    own: str = "",
) -> None:
    """Print a registry as a table: each part's name and what it is.

    Args:
        registry: The parts.
        about: The title of the second column, such as "What it does".
        more: The titles of further columns, and what gives a part's text by its name.
        own: What else a user may give, printed below.
    """
    columns = {about: registry.summary, **(more or {})}
    print_table(
        (registry.noun.capitalize(), *columns),
        [(name, *(column(name) for column in columns.values())) for name in registry],
        own,
    )


def print_table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]], below: str = "") -> None:
    """Print a table whose names are never cut short: they are there to be typed.

    Args:
        titles: The titles of the columns.
        rows: Their texts; nothing in them is read as markup.
        below: A line below it.
    """
    table = Table()
    for place, title in enumerate(titles):
        table.add_column(title, no_wrap=place == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    console = Console()
    console.print(table)
    if below:
        console.print(escape(below), style="dim", highlight=False)
