"""Reward and truth while an attacker learns, as a picture: where they part, a reward is gamed.

A column for each reward in each environment, runs with other seeds over each other; above the two
curves on their common scale, below the gap. It draws what `learned` has found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..plots import INK, colour, finish, picture
from ..stats import Interval
from .attack_folder import Report

REWARD, TRUE, GAP = colour(1), colour(0), colour(4)
WIDTH, HEIGHT, LEGEND = 3.6, 4.8, 1.6
"""Inches: of a column, of the picture, and of what stands beside it."""


def gap_svg(reports: Sequence[Report]) -> str:
    """Draw attacks, as an SVG file of its own.

    Args:
        reports: At least one; those of one environment and reward share a column.
    """
    columns = columns_of(reports)

    def draw(figure: Any) -> None:
        rows = figure.subplots(
            2, len(columns), sharex="col", sharey="row", squeeze=False, height_ratios=[3, 2]
        )
        for place, (label, runs) in enumerate(columns):
            last = place == len(columns) - 1
            _draw_curves(rows[0][place], label, runs)
            _draw_gap(rows[1][place], runs)
            _label(rows, place, last=last)

    return picture(draw, (WIDTH * len(columns) + LEGEND, HEIGHT), "gap")


def columns_of(reports: Iterable[Report]) -> list[tuple[str, list[Report]]]:
    """Return the attacks by what was attacked, in the order in which they were given."""
    columns: dict[str, list[Report]] = {}
    for one in reports:
        columns.setdefault(one.label, []).append(one)
    return list(columns.items())


def _draw_curves(axes: Any, label: str, runs: Sequence[Report]) -> None:
    for number, run in enumerate(runs):
        updates = [point.update for point in run.points]
        _band(axes, updates, [p.reward for p in run.points], REWARD, "reward", number)
        _band(axes, updates, [p.true for p in run.points], TRUE, "true score", number)
        if run.finding.moment is not None:
            axes.axvline(run.finding.moment, color=INK, alpha=0.35, linewidth=0.9, linestyle=":")
    if runs[0].honest:
        honest = runs[0].honest[0]
        axes.axhline(honest.reward, color=REWARD, alpha=0.6, linewidth=1, linestyle="--")
        axes.axhline(
            honest.true, color=TRUE, alpha=0.6, linewidth=1, linestyle="--", label=honest.name
        )
    outcome = "gamed" if any(run.finding.failed for run in runs) else "holds"
    axes.set_title(f"{label}: {outcome}", fontsize=11)


def _draw_gap(axes: Any, runs: Sequence[Report]) -> None:
    for number, run in enumerate(runs):
        updates = [point.update for point in run.points]
        _band(axes, updates, [p.gap for p in run.points], GAP, "gap", number)
    axes.axhline(0, color=INK, alpha=0.35, linewidth=0.9)
    axes.set_xlabel("updates")


def _band(
    axes: Any, at: Sequence[int], spans: Sequence[Interval], look: str, label: str, number: int
) -> None:
    """Draw one curve with its interval; only the first run's stands in the legend."""
    named = {"label": label} if number == 0 else {}
    low, high = [span.low for span in spans], [span.high for span in spans]
    axes.fill_between(at, low, high, color=look, alpha=0.14, linewidth=0)
    means = [span.mean for span in spans]
    axes.plot(at, means, color=look, marker="o", markersize=3, linewidth=1.6, **named)


def _label(rows: Any, place: int, *, last: bool) -> None:
    for row, name in ((rows[0], "of honest play"), (rows[1], "gap")):
        finish(row[place])
        if not last:
            row[place].get_legend().remove()
        if not place:
            row[place].set_ylabel(name)
