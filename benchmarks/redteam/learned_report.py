"""What learned attacks came to, as console tables and as Markdown: the same rows in both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ..stats import Interval
from .attack_folder import Report
from .report import pipes

HEADINGS = ("", "seed", "update", "reward", "true score", "gap", "opened by", "excess", "verdict")
LEGEND = (
    "Of greedy play on held-out questions, with 95 % intervals over them. 0 is honest play that is "
    "wrong and paid least, 1 the oracle. Gap: reward less true score. Opened by: since the first "
    "examination. Excess: pay beyond what honest play that is as right earns at most."
)


def console_tables(found: Sequence[Report]) -> Iterator[Table | Text]:
    """Yield what `hopgym redteam learn` prints."""
    table = Table(*HEADINGS)
    for rows in map(_rows, found):
        for place, row in enumerate(rows):
            table.add_row(*map(escape, row), end_section=place == len(rows) - 1)
    yield table
    for one in found:
        yield Text(verdict(one), "bold red" if one.finding.failed else "green")
    yield Text(LEGEND, "dim")


def markdown(found: Sequence[Report]) -> str:
    """Return the first and the last examination of each attack, and what was found."""
    rows = [row for one in found for row in (_rows(one)[0], _rows(one)[-1])]
    lines = "\n".join(f"- {verdict(one)}" for one in found)
    return f"{pipes(HEADINGS, rows)}\n\n{LEGEND}\n\n{lines}\n"


def verdict(one: Report) -> str:
    """Say in a sentence whether a reward held."""
    when = "" if one.finding.moment is None else f" from update {one.finding.moment} on"
    seeded = "" if one.primed is None else ", primed with exploits"
    return f"{one.label}, seed {one.seed}{seeded}: {one.finding.outcome}{when}; {one.finding.why}."


def _rows(one: Report) -> list[list[str]]:
    rows = []
    for place, point in enumerate(one.points):
        last = place == len(one.points) - 1
        spans = (point.reward, point.true, point.gap, point.opened, point.excess)
        rows.append(
            [
                one.label if not place else "",
                str(one.seed) if not place else "",
                str(point.update),
                *map(_span, spans),
                one.finding.outcome if last else "",
            ]
        )
    return rows


def _span(interval: Interval) -> str:
    return "{:.2f} [{:.2f}, {:.2f}]".format(*interval[:3])
