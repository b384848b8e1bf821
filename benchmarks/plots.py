"""The look of pictures that stand as files: plots for pages that are read in light and in dark.

It returns SVG: text is text, nothing is fetched, and the axes take the page's text colour. The plots
of the report page are drawn by its own script.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import Any

from ..errors import require

INK = "#010203"
"""Stands for the page's text colour until the SVG is written."""

PALETTE = ("#3b82f6", "#f97316", "#10b981", "#a855f7", "#ef4444", "#14b8a6", "#eab308", "#ec4899")
"""Middle tones that stand out on white and on near-black alike."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

_INKS = "svg{color:#1c1d20}@media(prefers-color-scheme:dark){svg{color:#e9e9e6}}"

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
    """Return the colour of the line at a place in the legend."""
    return PALETTE[index % len(PALETTE)]


def picture(draw: Callable[[Any], None], size: tuple[float, float], name: str) -> str:
    """Return an SVG file of its own, which takes the ink of the page that it is looked at on.

    Args:
        draw: Is given matplotlib's figure, and draws into it.
        size: Width and height, in inches.
        name: A word that the ids in the SVG follow from.
    """
    matplotlib = require("matplotlib", "plots")
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = require("matplotlib.figure", "plots").Figure(figsize=size, layout="tight")
        draw(figure)
        return _alone(_written(figure))


def finish(axes: Any) -> None:
    """Give axes the grid and the legend that every picture has."""
    axes.grid(axis="y", color=INK, alpha=0.12)
    axes.set_axisbelow(True)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, borderaxespad=0, fontsize=10
    )


def _written(figure: Any) -> str:
    """Return a figure as the library writes it, from its `<svg` on and without its date."""
    buffer = io.StringIO()
    with warnings.catch_warnings():  # of signs its own font lacks: the page's font draws them
        warnings.simplefilter("ignore", UserWarning)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    return re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)


def _alone(svg: str) -> str:
    svg = re.sub(r"[ \t]+$", "", svg.replace(INK, "currentColor"), flags=re.MULTILINE)
    head, rest = svg.split(">", 1)
    return f"{head}>\n <style>{_INKS}</style>{rest}"
