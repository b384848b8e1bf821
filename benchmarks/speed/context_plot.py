"""The plot of `context`: time to the first token, and memory, against the length of the context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import require
from ..plots import INK, MARKERS, colour, picture

if TYPE_CHECKING:
    from .context import Line
    from .context_probe import Point

Value = Callable[["Point"], float]

MIB = 2**20


def context_svg(lines: Sequence[Line], k: int) -> str:
    """Draw the figures.

    Args:
        lines: All ways of reading.
        k: Tokens of a chunk.

    Returns:
        A file of SVG: seconds beside memory, plain reading above compress above training, as far as
        there is each.
    """
    panels = [panel for panel in _panels(lines, k) if panel[1]]

    def draw(figure: Any) -> None:
        for row, pair in zip(figure.subplots(len(panels), 2, squeeze=False), panels, strict=True):
            title, own = pair
            _draw(
                row[0], own, lambda point: point.cpu_seconds, f"{title}\nCPU seconds", legend=False
            )
            _draw(
                row[1], own, lambda point: max(point.peak, 1) / MIB, "peak memory, MiB", legend=True
            )
        for axes in figure.axes[-2:]:
            axes.set_xlabel("tokens of the context")

    return picture(draw, (9.6, 2.9 * len(panels)), "context")


def _panels(lines: Sequence[Line], k: int) -> list[tuple[str, list[Line]]]:
    compressed = [line for line in lines if line.kind == "compress"]
    decoders = {line.decoder for line in compressed}
    plain = [line for line in lines if line.kind == "plain"]
    beside = [line for line in plain if line.decoder in decoders]
    return [
        ("to the first token", plain),
        (f"compress, k={k}", [*beside, *compressed] if compressed else []),
        ("a training step", [line for line in lines if line.kind == "train"]),
    ]


def _draw(axes: Any, lines: Sequence[Line], value: Value, label: str, *, legend: bool) -> None:
    decoders = list(dict.fromkeys(line.decoder for line in lines))
    for number, line in enumerate(lines):
        # In training a decoder has one colour, and what is checkpointed is dashed.
        training = line.kind == "train"
        place = decoders.index(line.decoder) if training else number
        axes.plot(
            line.lengths,
            [value(point) for point in line.points],
            color=colour(place),
            marker=MARKERS[place % len(MARKERS)],
            markersize=4,
            linewidth=1.6,
            linestyle="--" if training and line.name != line.decoder else "-",
            label=line.name,
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(lines[0].lengths, [f"{n / 1024:g}k" for n in lines[0].lengths])
    locator = require("matplotlib.ticker", "plots").LogLocator(subs=(1, 2, 5))
    axes.yaxis.set_major_locator(locator)
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda shown, _: f"{shown:g}")
    axes.set_ylabel(label)
    axes.grid(axis="y", color=INK, alpha=0.12)
    axes.set_axisbelow(True)
    if legend:
        axes.legend(
            loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, borderaxespad=0, fontsize=9
        )
