"""The one plot of the leaderboard: score by number of hops, with confidence bands.

It returns SVG for inlining in a page: text is text, nothing is fetched, and the axes take the
page's text colour, so that one picture serves a light and a dark page.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

from ..errors import require
from .leaderboard import Group
from .rows import Row

INK = "#010203"
"""Stands for the page's text colour until the SVG is written."""

PALETTE = ("#3b82f6", "#f97316", "#10b981", "#a855f7", "#ef4444", "#14b8a6", "#eab308", "#ec4899")
"""Middle tones that stand out on white and on near-black alike."""

MAX_LABEL = 28
"""Characters of an agent's name in the legend."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

_STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # an agent's name may hold a dollar sign
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def colour(index: int) -> str:
    """Return the colour of the agent at a place in the table."""
    return PALETTE[index % len(PALETTE)]


def hops_svg(group: Group, name: str) -> str | None:
    """Draw the primary score of every agent by the question's number of hops.

    Args:
        group: One table.
        name: A word, unique on the page, that the ids in the SVG begin with.

    Returns:
        The `<svg>` element, or None if fewer than two numbers of hops are known.
    """
    hops = sorted({n for row in group.rows for n in row.by_hops})
    if len(hops) < 2:
        return None
    matplotlib = require("matplotlib", "plots")
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = require("matplotlib.figure", "plots").Figure(figsize=(7.2, 3.6), layout="tight")
        axes = figure.subplots()
        for index, row in enumerate(group.rows):
            _draw_row(axes, row, index)
        _finish_axes(axes, hops, group.ranked_by.label)
        buffer = io.StringIO()
        with warnings.catch_warnings():  # of signs its own font lacks: the page's font draws them
            warnings.simplefilter("ignore", UserWarning)
            figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _inline(buffer.getvalue(), name, describe(group))


def describe(group: Group) -> str:
    """Say in words what the plot shows, for those who cannot see it."""
    rows = (
        f"{row.label}: " + ", ".join(f"{100 * i.mean:.0f} at {n}" for n, i in row.by_hops.items())
        for row in group.rows
        if row.by_hops
    )
    return f"{group.ranked_by.label} in percent by number of hops. {'; '.join(rows)}."


def _draw_row(axes: Any, row: Row, index: int) -> None:
    hops = list(row.by_hops)
    intervals = list(row.by_hops.values())
    style = {"color": colour(index), "linestyle": "--" if row.ceiling else "-"}
    axes.fill_between(
        hops,
        [100 * i.low for i in intervals],
        [100 * i.high for i in intervals],
        color=colour(index),
        alpha=0.16,
        linewidth=0,
    )
    axes.plot(
        hops,
        [100 * i.mean for i in intervals],
        marker=MARKERS[index % len(MARKERS)],
        markersize=5,
        linewidth=1.8,
        label=_label(row.label),
        **style,
    )


def _label(agent: str) -> str:
    """Shorten a name to what leaves room for the plot; a leading `_` would hide it otherwise."""
    text = " ".join(agent.split())
    return f"\u200b{text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + '…'}"


def _finish_axes(axes: Any, hops: list[int], score: str) -> None:
    axes.set_xticks(hops)
    axes.set_ylim(-2, 102)
    axes.set_xlabel("hops in the question")
    axes.set_ylabel(f"{score}, %")
    axes.grid(axis="y", color=INK, alpha=0.12)
    axes.set_axisbelow(True)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, borderaxespad=0, fontsize=10
    )


def _inline(svg: str, name: str, description: str) -> str:
    """Make the file's SVG an element of the page: own ids, the page's ink, a description."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = svg.replace(INK, "currentColor")
    label = f'role="img" aria-label="{_attribute(description)}" class="plot"'
    # The label is a function's result: a pattern would read the backslashes of an agent's name.
    return re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', lambda _: label, _sized(svg), count=1)


def _sized(svg: str) -> str:
    """Put width and height side by side, in whatever order they were written."""
    head, rest = svg.split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    return f'{head} width="1pt" height="1pt">{rest}'


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
