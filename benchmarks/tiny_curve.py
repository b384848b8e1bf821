"""`python -m hopgym.benchmarks.tiny_curve`: draw how a small policy learnt, as SVG.

It reads the `curve.json` that `hopgym train tiny` wrote: the loss step by step, and exact match and
format of each exam. The picture stands alone and has colours for light and dark pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..agents.tiny.policy import CHECKPOINT
from ..agents.tiny.saving import CURVE
from ..errors import DataError
from ..files import atomic_write, parse_json, read_text
from .plots import MARKERS, colour, finish, picture

LINES = (("1 hop", "em", "EM, 1 hop"), ("2 hops", "em", "EM, 2 hops"), ("all", "format", "format"))
"""Which marks are drawn: the sort of question, the mark, and what the legend says."""

Curve = Sequence[Mapping[str, Any]]


def read_curve(folder: str | Path) -> list[dict[str, Any]]:
    """Read the curve of a trained small policy.

    Raises:
        DataError: If the folder has none.
    """
    path = Path(folder) / CURVE
    points = parse_json(read_text(path), str(path))
    if not isinstance(points, list) or not all(isinstance(p, dict) and "step" in p for p in points):
        raise DataError(f"{path} holds no curve: a list of points, each with its step.")
    return points


def curve_svg(curve: Curve) -> str:
    """Draw a curve: marks above, loss below, over the steps.

    Args:
        curve: What `read_curve` returned.
    """

    def draw(figure: Any) -> None:
        marks, loss = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        _draw_marks(marks, curve)
        _draw_loss(loss, curve)

    return picture(draw, (7.2, 4.6), "tiny")


def _draw_marks(axes: Any, curve: Curve) -> None:
    exams = [(point["step"], point["exam"]) for point in curve if "exam" in point]
    for place, (sort, mark, label) in enumerate(LINES):
        drawn = [(step, 100 * exam[sort][mark]) for step, exam in exams if sort in exam]
        if drawn:
            look = {"color": colour(place), "marker": MARKERS[place], "label": label}
            axes.plot(*zip(*drawn, strict=True), markersize=4, linewidth=1.6, **look)
    axes.set_ylim(-3, 103)
    axes.set_ylabel("held out, %")
    finish(axes)


def _draw_loss(axes: Any, curve: Curve) -> None:
    points = [point for point in curve if "loss" in point]
    steps = [point["step"] for point in points]
    for place, (name, label) in enumerate((("own_loss", "own tokens"), ("loss", "all, weighted"))):
        values = [point[name] for point in points]
        axes.plot(steps, values, color=colour(place + 3), linewidth=1.4, label=label)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter("")
    axes.set_ylabel("loss")
    axes.set_xlabel("steps")
    finish(axes)


def main(
    svg: Annotated[Path, typer.Option(help="The file to write.")] = Path("docs/tiny.svg"),
    folder: Annotated[Path, typer.Option(help="What was trained.")] = CHECKPOINT,
) -> None:
    """Draw how a small policy learnt; the built-in one, if no folder is given."""
    drawn = curve_svg(read_curve(folder))
    with atomic_write(svg) as stream:
        stream.write(drawn.encode())
    print(f"Wrote {svg}")


if __name__ == "__main__":
    typer.run(main)
