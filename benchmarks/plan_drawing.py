"""A search plan and what came of it, drawn as SVG.

The drawing is plain data: an element is its tag, its attributes and its children, and a text is a
text. The page's script grows it into elements, text as text; [`plan_svg`]
[hopgym.benchmarks.plan_drawing.plan_svg] writes it as a file of its own. So there is one place
that draws, and none where hostile text could become markup.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import lru_cache
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ..core import Step
from ..envs.plan_figure import Layers, Search, edges_text, plan_layers, summary
from .plan_layout import BOX, Layout, plan_layout

LINES = 2
"""Lines of a query that a box shows."""

LINE_CELLS = 29
"""Columns of such a line."""

SOURCE_CELLS = 14
"""Columns of a source's name."""

MARGIN = 2

_NOT_IN_XML = {0xFFFE: "", 0xFFFF: ""}
"""What else XML refuses went when the text was put on one line."""

Drawing = list[Any]
"""`[tag, attributes, children]`; a child is a drawing or a text."""

STYLE = """
svg { font: 12px system-ui, sans-serif; color-scheme: light dark; }
rect { fill: #f3f3ef; stroke: #c9c9c4; } path { fill: none; stroke: #63666d; stroke-width: 1.5; }
text { fill: #1c1d20; } .label { fill: #2563eb; font-weight: 650; }
.soft { fill: #63666d; font-size: 11px; } .none rect { stroke-dasharray: 4 3; }
@media (prefers-color-scheme: dark) {
  rect { fill: #23262a; stroke: #45484e; } path { stroke: #a0a3a9; }
  text { fill: #e9e9e6; } .label { fill: #7aa8ff; } .soft { fill: #a0a3a9; }
}
"""
"""The look of a picture that stands alone; in the page, the page's style sheet has its own."""


def plan_drawing(step: Step) -> Drawing | None:
    """Draw a step's plan.

    Returns:
        The `svg` element as JSON-like data; None for a step without a plan.
    """
    layers = plan_layers(step)
    if not layers:
        return None
    searches = [search for layer in layers for search in layer]
    edges = [(parent, search.label) for search in searches for parent in search.parents]
    layout = plan_layout([[search.label for search in layer] for layer in layers], edges)
    arrows: list[Drawing] = [["path", {"d": path}, []] for path in layout.arrows]
    return [
        "svg",
        {**_frame(layout), "role": "group", "aria-label": describe(layers)},
        [*arrows, *(_node(search, *layout.boxes[search.label]) for search in searches)],
    ]


def plan_svg(step: Step) -> str:
    """Return the drawing of a step's plan as an SVG file's text; "" without a plan."""
    drawing = plan_drawing(step)
    if drawing is None:
        return ""
    root = _element(drawing)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    style = ET.Element("style")
    style.text = STYLE
    root.insert(0, style)
    return ET.tostring(root, encoding="unicode").translate(_NOT_IN_XML) + "\n"


def describe(layers: Layers) -> str:
    """Say in words what the picture shows, for those who cannot see it."""
    edges = "; ".join(filter(None, map(edges_text, layers)))
    return f"A plan of {summary(layers)}{f': {edges}' if edges else ''}"


def tell(search: Search) -> str:
    """Say all that is known of one search."""
    written = f" (written: {search.query})" if search.query != search.asked else ""
    found = f": {search.found}" if search.found else ""
    return f"{search.label} asks {search.source}: {search.asked}{written} · {search.tally}{found}"


def _frame(layout: Layout) -> dict[str, str]:
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    box = f"{-MARGIN} {-MARGIN} {width} {height}"
    return {"viewBox": box, "width": str(width), "height": str(height)}


def _node(search: Search, x: int, y: int) -> Drawing:
    """Draw a box. Its text is in an inner picture, whose edge cuts what is too wide."""
    width, height = map(str, BOX)
    pieces = [
        _text(search.label, "12", "20", "label"),
        _text(_lines(search.source, 1, SOURCE_CELLS)[0], "28", "20", "soft"),
        _text(search.tally, str(BOX[0] - 12), "20", "soft", **{"text-anchor": "end"}),
    ]
    for place, line in enumerate(_lines(search.asked, LINES, LINE_CELLS)):
        pieces.append(_text(line, "12", str(42 + 17 * place)))
    kind = "node" if search.hits else "node none"
    return [
        "g",
        {"class": kind, "transform": f"translate({x},{y})", "tabindex": "0", "role": "img"},
        [
            ["title", {}, [tell(search)]],
            ["rect", {"width": width, "height": height, "rx": "8"}, []],
            ["svg", {"width": width, "height": height}, pieces],
        ],
    ]


def _text(text: str, x: str, y: str, kind: str = "", **more: str) -> Drawing:
    return ["text", {"x": x, "y": y, **({"class": kind} if kind else {}), **more}, [text]]


def _lines(text: str, lines: int, cells: int) -> list[str]:
    """Wrap a text by the width of its letters; what is left out is told by dots."""
    wrapped = Text(text).wrap(_console(), cells, overflow="fold")
    shown = [line.plain.rstrip() for line in wrapped[:lines]] or [""]
    if len(wrapped) > lines:
        while cell_len(shown[-1]) >= cells:
            shown[-1] = shown[-1][:-1]
        shown[-1] += "…"
    return shown


@lru_cache
def _console() -> Console:
    return Console(color_system=None)


def _element(drawing: Drawing) -> ET.Element:
    tag, attributes, children = drawing
    element = ET.Element(tag, attributes)
    for child in children:
        if isinstance(child, str):
            element.text = child
        else:
            element.append(_element(child))
    return element
