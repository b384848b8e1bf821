"""`python -m hopgym.benchmarks.learning_curves RUN…`: how runs learnt, as one picture.

    python -m hopgym.benchmarks.learning_curves runs/sb3_gain --svg docs/sb3.svg

It reads what every learner leaves in its folder (`hopgym.benchmarks.report.curves`) and draws one
figure of it, `score` on held-out questions if no other is named. Runs whose names differ in a number
at the end alone, as `pointer-0` and `pointer-1`, are seeds of one arm: thin lines of one colour, and
their mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import ConfigError
from ..files import atomic_write
from .plots import colour, finish, picture
from .report.curves import find_runs, read_curves

FIGURE = "score"
"""What is drawn by default: what the best checkpoint was chosen by."""

Points = Sequence[tuple[float, float]]
Arms = Mapping[str, Sequence[Points]]
"""The runs of each arm, in the order in which they were given."""


def read_arms(folders: Sequence[Path], figure: str = FIGURE) -> tuple[Arms, str]:
    """Read one figure of runs, and what counts its steps.

    Args:
        folders: Run folders, or folders of several.
        figure: Its name, as `hopgym report` has it.

    Raises:
        DataError: If there is no run, or one is damaged.
        ConfigError: If no run has the figure, or the runs count by different clocks.
    """
    curves = read_curves(find_runs(folders))
    having = [curve for curve in curves if figure in curve["series"]]
    if not having:
        known = sorted({name for curve in curves for name in curve["series"]})
        raise ConfigError(f"No run has the figure {figure!r}. There are: {', '.join(known)}.")
    clocks = sorted({curve["series"][figure]["clock"] for curve in having})
    if len(clocks) > 1:
        raise ConfigError(f"These runs count by {' and by '.join(clocks)}; draw them apart.")
    arms: dict[str, list[Points]] = {}
    for curve in having:
        arms.setdefault(arm_of(curve["name"]), []).append(curve["series"][figure]["points"])
    return arms, clocks[0]


def arm_of(name: str) -> str:
    """Return a run's name without its seed: a number at the end, told apart from the name.

    >>> [arm_of(name) for name in ("heads-0", "a/new_seed12", "b/new-s1", "runs/3", "t5")]
    ['heads', 'a/new', 'b/new', 'runs', 't5']
    """
    return re.sub(r"([-_./]?seed[-_]?|[-_./]s?)\d+$", "", name) or name


def mean_points(runs: Sequence[Points]) -> list[tuple[float, float]]:
    """Return the mean at the steps that all runs have.

    >>> mean_points([[(0, 1.0), (5, 2.0)], [(0, 3.0), (9, 9.0)]])
    [(0, 2.0)]
    """
    tables = [dict(run) for run in runs]
    shared = sorted(set.intersection(*(set(table) for table in tables)))
    return [(step, sum(table[step] for table in tables) / len(tables)) for step in shared]


def curves_svg(arms: Arms, clock: str, figure: str = FIGURE, target: float | None = None) -> str:
    """Draw arms, as an SVG file of its own.

    Args:
        arms: As `read_arms` returns them.
        clock: What counts the steps.
        figure: What the axis says.
        target: A value that a dashed line shows, such as an oracle's.
    """

    def draw(drawing: Any) -> None:
        axes = drawing.subplots()
        for place, (arm, runs) in enumerate(arms.items()):
            _draw_arm(axes, arm, runs, colour(place))
        if target is not None:
            axes.axhline(target, color=colour(len(arms)), linestyle="--", linewidth=1.2)
            axes.lines[-1].set_label("target")
        axes.set_xlabel(f"{clock}s")
        axes.set_ylabel(figure)
        finish(axes)

    return picture(draw, (7.2, 3.6), "curves")


def _draw_arm(axes: Any, arm: str, runs: Sequence[Points], look: str) -> None:
    if len(runs) > 1:
        for run in runs:
            axes.plot(*zip(*run, strict=True), color=look, linewidth=0.8, alpha=0.5)
    mean = mean_points(runs)
    told = f"{arm} ({len(runs)} seeds)" if len(runs) > 1 else arm
    if mean:
        line = zip(*mean, strict=True)
        axes.plot(*line, color=look, linewidth=1.8, marker="o", markersize=3, label=told)


def main(
    folders: Annotated[list[Path], typer.Argument(help="Run folders, or folders of several.")],
    figure: Annotated[str, typer.Option(help="Which figure of theirs.")] = FIGURE,
    target: Annotated[float | None, typer.Option(help="A value to compare with.")] = None,
    svg: Annotated[Path, typer.Option(help="The file to write.")] = Path("curves.svg"),
) -> None:
    """Draw how runs learnt: one line for each arm, thin ones for its seeds."""
    arms, clock = read_arms(folders, figure)
    with atomic_write(svg) as stream:
        stream.write(curves_svg(arms, clock, figure, target).encode())
    print(f"Wrote {svg}")


if __name__ == "__main__":
    typer.run(main)
