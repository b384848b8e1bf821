"""`title`: the title of the best hit, for plans that look for things rather than facts."""

from __future__ import annotations

from .base import Row


class TitleReader:
    """Takes the best hit's title for the answer.

    >>> from hopgym.core import Document
    >>> TitleReader()("river", [(Document("v", "Vel", "A river."), 2.0)])
    'Vel'
    >>> TitleReader()("river", [])
    ''
    """

    def __call__(self, query: str, row: Row) -> str:
        """Return the best hit's title, or nothing."""
        return row[0][0].title if row else ""

    def __repr__(self) -> str:
        return "TitleReader()"
