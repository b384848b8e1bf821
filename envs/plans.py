"""What a search plan is: nodes that ask, and edges that say whose results a node builds on.

A plan is a checked, acyclic graph; it knows neither how it was written (a grammar's work) nor who
answers it (an executor's).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Node(NamedTuple):
    """One search of a plan."""

    label: str
    """One capital letter."""
    query: str
    """As it was written: `{A}` and `#A` stand for what node A found."""
    tool: str
    """The source that it asks, by its canonical name, such as "General"."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked plan."""

    nodes: tuple[Node, ...]
    """In the order in which they were declared."""
    edges: tuple[tuple[str, str], ...] = ()
    """`(parent, child)`, each once: the written ones, then those that placeholders imply."""
    layers: tuple[tuple[str, ...], ...] = ()
    """Labels by topological layer; within a layer in the order of declaration."""
