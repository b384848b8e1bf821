"""A search plan and what came of it, drawn in a terminal, layer by layer.

All of it is read from one recorded step: no environment, source or retriever is needed, so that
the figure of a stored episode is that of a running one. The text in it comes from agents and from
the web; it is made harmless before it is shown.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from itertools import chain
from typing import Literal, NamedTuple

import msgspec
from rich import box
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..core import Hit, Step
from .grammars.text import one_line

WIDTHS = (24, 100)
"""The narrowest and the widest figure, in columns."""

DOCUMENTS = 5
"""Documents named for each node."""

MAX_QUERY = 400
MAX_NAME = 60


class Search(NamedTuple):
    """One node of a plan and what came of it; its texts are safe to show, on one line each."""

    label: str
    source: str
    """Whom it asked, as the plan calls it; with the source's own name where that is another."""
    query: str
    """As it was written."""
    asked: str
    """As it was asked: what its parents found is filled in."""
    parents: tuple[str, ...]
    hits: int
    new: int
    """Documents that were shown for the first time in the episode."""
    documents: tuple[str, ...]
    """The first of them, by id."""

    @property
    def tally(self) -> str:
        """How much was found, in words."""
        if not self.hits:
            return "no hits"
        return f"{self.hits} hit{'s' if self.hits > 1 else ''}, {self.new or 'none'} new"

    @property
    def found(self) -> str:
        """The first documents, and that there are more."""
        return ", ".join(self.documents) + (", …" if self.hits > len(self.documents) else "")


Layers = tuple[tuple[Search, ...], ...]


class _Node(msgspec.Struct):
    label: str
    query: str
    asked: str
    tool: str
    source: str


class _Parsed(msgspec.Struct):
    kind: Literal["plan"]
    nodes: list[_Node]
    edges: list[tuple[str, str]]
    layers: list[list[str]]


def plan_layers(step: Step) -> Layers:
    """Read an accepted plan from a step, by topological layer.

    Returns:
        The searches of each layer, in the order in which they were asked; nothing for a step that
        has no plan, or one in a form of somebody's own.
    """
    parsed = _parsed(step)
    if parsed is None:
        return ()
    nodes = {node.label: node for node in parsed.nodes}
    hits: dict[int, list[Hit]] = {}
    for hit in step.hits:
        hits.setdefault(hit.query, []).append(hit)
    order = {label: place for place, label in enumerate(chain(*parsed.layers))}
    edges = sorted(parsed.edges, key=lambda edge: order[edge[0]])
    return tuple(
        tuple(_search(nodes[label], edges, hits.get(order[label], ())) for label in layer)
        for layer in parsed.layers
    )


def plan_figure(step: Step, width: int | None = None) -> str:
    """Draw a step's plan in plain text.

    Args:
        step: An accepted plan; of another step there is no figure.
        width: Columns; those of the terminal by default. Both within `WIDTHS`.

    Returns:
        Lines without colours, escape sequences or a last line break; "" without a plan.
    """
    layers = plan_layers(step)
    if not layers:
        return ""
    columns = _bounded(shutil.get_terminal_size().columns if width is None else width)
    paper = io.StringIO()
    console = Console(
        file=paper, width=columns, color_system=None, force_jupyter=False, legacy_windows=False
    )
    console.print(_picture(step.index, layers))
    return "\n".join(line.rstrip() for line in paper.getvalue().splitlines())


def print_plan(step: Step, console: Console, *, under: bool = False) -> None:
    """Print a step's plan, in colour where there is colour; nothing without a plan.

    Args:
        step: Any step.
        console: Where to.
        under: Whether to end a line that was left open first.
    """
    if layers := plan_layers(step):
        console.print(end="\n" if under else "")
        console.print(_picture(step.index, layers), width=_bounded(console.width))


def summary(layers: Layers) -> str:
    """Say how large a plan is.

    >>> summary(((Search("A", "News", "q", "q", (), 0, 0, ()),),))
    '1 search in 1 layer'
    """
    searches = sum(map(len, layers))
    return (
        f"{searches} search{'es' if searches > 1 else ''} in "
        f"{len(layers)} layer{'s' if len(layers) > 1 else ''}"
    )


def edges_text(layer: Sequence[Search]) -> str:
    """Write the edges into a layer, such as `A, C → D`."""
    return "; ".join(
        f"{', '.join(search.parents)} → {search.label}" for search in layer if search.parents
    )


def _parsed(step: Step) -> _Parsed | None:
    if step.parsed.get("kind") != "plan":
        return None
    try:
        parsed = msgspec.convert(step.parsed, _Parsed)
    except msgspec.ValidationError:
        return None
    flat = [label for layer in parsed.layers for label in layer]
    depth = {label: level for level, layer in enumerate(parsed.layers) for label in layer}
    sound = (
        len(flat) == len(depth)
        and sorted(flat) == sorted(node.label for node in parsed.nodes)
        and all(p in depth and c in depth and depth[p] < depth[c] for p, c in parsed.edges)
    )
    return parsed if sound else None


def _search(node: _Node, edges: Sequence[tuple[str, str]], hits: Sequence[Hit]) -> Search:
    tool, source = _short(node.tool, MAX_NAME), _short(node.source, MAX_NAME)
    return Search(
        _short(node.label, MAX_NAME),
        tool if source in (tool, "") else f"{tool} ({source})",
        _short(node.query, MAX_QUERY),
        _short(node.asked, MAX_QUERY),
        tuple(_short(parent, MAX_NAME) for parent, child in edges if child == node.label),
        len(hits),
        sum(hit.new for hit in hits),
        tuple(_short(hit.document_id, MAX_NAME) for hit in hits[:DOCUMENTS]),
    )


def _short(text: str, limit: int) -> str:
    """Make a text safe for one line; a text that is cut says so."""
    line = one_line(text, limit + 1)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _bounded(columns: int) -> int:
    return min(max(columns, WIDTHS[0]), WIDTHS[1])


def _picture(turn: int, layers: Layers) -> Group:
    parts: list[Text | Panel | Padding] = [
        Text(f"Plan of turn {turn}: {summary(layers)}", style="bold")
    ]
    for level, layer in enumerate(layers, 1):
        if edges := edges_text(layer):
            arrows = Text(f"↓ {edges}", style="cyan", overflow="fold")
            parts.append(Padding(arrows, (0, 0, 0, 2), expand=False))
        title = Text(f"layer {level}")
        parts.append(Panel(_block(layer), title=title, title_align="left", box=box.ROUNDED))
    return Group(*parts)


def _block(layer: Sequence[Search]) -> Table:
    block = Table.grid(padding=(0, 1))
    block.add_column(overflow="fold")
    block.add_column(overflow="fold", ratio=1)
    for search in layer:
        block.add_row(Text(search.label, style="bold cyan"), _lines(search))
    return block


def _lines(search: Search) -> Text:
    written = f"written: {search.query}" if search.query != search.asked else ""
    lines = [(f"{search.source} · {search.tally}", "bold"), (search.asked, "")]
    lines += [(written, "dim"), (search.found, "dim")]
    return Text("\n").join(Text(line, style) for line, style in lines if line)
