"""A leaderboard as a console table, as Markdown and as JSON.

All three show the same rows; names come from users and are escaped. The page with plots and
trajectories is [`report`][hopgym.benchmarks.report].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from rich.table import Table
from rich.text import Text

from .leaderboard import Board, Group
from .published import NOTE, published_for
from .rows import ALPHA, LISTED, PRIMARY, SCORED, SCORES, Row
from .stats import Interval

APART = "–"  # noqa: RUF001
"""Marks a row that is not ranked among the others."""

LEGEND = (
    "Scores are percentages with 95 % intervals over questions: bootstrap (BCa), or, where all "
    "questions score alike, exact binomial (at 0 and 100) and Hoeffding's (in between). Ranked by "
    f"{PRIMARY.label}, or, where answers are lists, by {LISTED.label}, or by an environment's own {SCORED.label}; "
    f"≈ marks agents that do not differ significantly from the best (paired permutation test, "
    f"Holm-corrected, p ≥ {ALPHA}); {APART} those that lack questions which the others share; a ceiling was "
    "shown the gold, and an agent that was trained on questions which it played is marked; neither is "
    "ranked. Reachable: questions whose answer "
    "/ whose gold documents are in the corpus. Failed episodes are in no mean. "
    "Words are those that the agent wrote; ms is the time of an episode in its batch."
)


LEAST = (
    "Words",
    "Steps",
    "ms",
    "Format",
    "Reachable",
    "Cover-EM",
    "Reward",
    "Queries",
    "Gold recall",
    "EM",
    "Answer recall",
    "Hits@1",
)
"""Columns that a narrow terminal has no room for; the first goes first."""

WIDE = 200


class Cell(NamedTuple):
    """One value as text, and the number to sort it by."""

    text: str
    sort: float | str
    detail: str = ""
    """What follows it in small print, such as an interval."""
    bar: tuple[float, float, float] | None = None
    """A share's interval and mean on a track from 0 to 100: left, width, mean."""


def header(group: Group) -> list[str]:
    """Return the column titles of a group's table."""
    return [
        "Agent",
        "n",
        *(column.label for column in _columns(group)),
        "Reward",
        "Reachable",
        "Queries",
        "Steps",
        "Words",
        "ms",
        "Errors",
    ]


def cells(group: Group, row: Row) -> list[Cell]:
    """Return a row's cells, in the order of `header`."""
    return [
        Cell(row.label, row.label, mark(row)),
        Cell(str(row.questions), row.questions),
        *(percent(row.scores.get(column.name)) for column in _columns(group)),
        _reward(row.reward),
        _reachable(row),
        *(Cell(f"{value:.1f}", value) for value in (row.queries, row.steps, row.tokens)),
        Cell(f"{row.milliseconds:.2f}", row.milliseconds),
        Cell(str(row.errors), row.errors),
    ]


def hops_header(group: Group) -> list[str]:
    """Return the column titles of the table by hops; empty if no hops are known."""
    hops = _hops(group)
    return (
        ["Agent", *(f"{n} hop{'s' * (n > 1)} ({_questions(group, n)})" for n in hops)]
        if hops
        else []
    )


def hops_cells(group: Group, row: Row) -> list[Cell]:
    """Return a row of the table by hops."""
    return [Cell(row.label, row.label), *(percent(row.by_hops.get(n)) for n in _hops(group))]


def mark(row: Row) -> str:
    """Say in a word how the row stands."""
    if row.ceiling:
        return "ceiling"
    if row.trained_on:
        return f"trained on {row.trained_on} of {row.questions}"
    if row.best:
        return "best"
    if row.apart:
        return APART
    return "" if row.comparison is None or row.differs else "≈"


def percent(interval: Interval | None) -> Cell:
    """Return a share as a percentage with its interval.

    >>> percent(Interval(0.5, 0.25, 0.75, 8))
    Cell(text='50.0', sort=0.5, detail='[25.0, 75.0]', bar=(25.0, 50.0, 50.0))
    """
    if interval is None:
        return Cell("-", -1.0)
    low, high = 100 * interval.low, 100 * interval.high
    mean = 100 * interval.mean
    bar = (round(low, 1), round(high - low, 1), round(mean, 1))
    return Cell(f"{mean:.1f}", interval.mean, f"[{low:.1f}, {high:.1f}]", bar)


def console_tables(board: Board, width: int = WIDE) -> Iterator[Table | Text]:
    """Yield what `hopgym leaderboard` prints, top to bottom.

    Args:
        board: The leaderboard.
        width: The terminal's. What does not fit is left out, by columns and never within a number.
    """
    for group in board.groups:
        rows = [_main_row(group, row) for row in group.rows]
        yield _console(group.title, header(group), rows, width)
        if hops_header(group):
            yield _console_hops(group, width)
        yield from (Text(note, "yellow") for note in group.notes)
        if published_for(group.questions):
            told = f"Published by others for {group.questions}: see --html, --md or --json."
            yield Text(told, "dim")
    if board.others:
        yield Text(f"Left out, no results: {', '.join(board.others)}", "yellow")
    yield Text(LEGEND, "dim")


def markdown(board: Board) -> str:
    """Return the leaderboard as Markdown."""
    parts = ["# Leaderboard", LEGEND]
    for group in board.groups:
        parts.append(f"## {_plain(group.title)}")
        parts.append(_markdown_table(header(group), [cells(group, row) for row in group.rows]))
        if hops_header(group):
            parts.append(f"{group.ranked_by.label} by the question's number of hops:")
            parts.append(
                _markdown_table(hops_header(group), [hops_cells(group, r) for r in group.rows])
            )
        parts.extend(f"> {_plain(note)}" for note in group.notes)
        parts.append("\n".join(f"- {name}: {_code(value)}" for name, value in protocol(group)))
        if published_for(group.questions):
            parts += [NOTE, _published(group.questions)]
    return "\n\n".join(parts) + "\n"


def as_json(board: Board) -> bytes:
    """Return the leaderboard as JSON: every group's conditions and rows, without the episodes."""
    data = {"groups": [_group_json(group) for group in board.groups]}
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"


def protocol(group: Group) -> list[tuple[str, str]]:
    """Return what a reader must know to repeat or compare a table."""
    return [
        ("Environment", " @ ".join(filter(None, (group.env_id, group.env_fingerprint)))),
        ("Keywords", msgspec.json.encode(group.env_kwargs, order="sorted").decode()),
        ("Questions", f"{group.questions}, split {group.split}"),
        ("Dataset fingerprint", group.dataset_fingerprint or "unknown"),
        ("Retriever fingerprint", group.retriever_fingerprint or "no retriever"),
        ("hopgym", group.hopgym_version),
        *(("Command", command) for command in group.commands),
    ]


def _columns(group: Group) -> list[Any]:
    return [c for c in SCORES if any(c.name in row.scores for row in group.rows)]


def _hops(group: Group) -> list[int]:
    return sorted({n for row in group.rows for n in row.by_hops})


def _questions(group: Group, hops: int) -> str:
    """Return how many questions of these hops were played: one number, or the least and most."""
    counts = sorted({row.by_hops[hops].n for row in group.rows if hops in row.by_hops})
    return f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]} to {counts[-1]}"


def _reward(interval: Interval | None) -> Cell:
    if interval is None:
        return Cell("-", -1e9)
    known = interval.low < interval.high  # no spread: an interval without a width would boast
    detail = f"[{interval.low:.2f}, {interval.high:.2f}]" if known else ""
    return Cell(f"{interval.mean:.2f}", interval.mean, detail)


def _reachable(row: Row) -> Cell:
    shares = (row.reachable.answers, row.reachable.documents)
    text = " / ".join("-" if share is None else f"{100 * share:.0f}" for share in shares)
    return Cell(text, -1.0 if shares[0] is None else shares[0])


def _main_row(group: Group, row: Row) -> list[Text]:
    # A terminal is narrow: intervals only for what ranks, and the rest in the other outputs.
    detailed = ("Agent", group.ranked_by.label)
    pairs = zip(header(group), cells(group, row), strict=True)
    return [_text(cell, title in detailed) for title, cell in pairs]


def _console_hops(group: Group, width: int) -> Table:
    # on two lines, for terminals of 80 columns
    titles = [title.replace(" (", "\n").removesuffix(")") for title in hops_header(group)]
    rows = [hops_cells(group, row) for row in group.rows]
    full = [[_text(cell, True) for cell in row] for row in rows]
    if _width(range(len(titles)), titles, full) > width:
        full = [[_text(cell, False) for cell in row] for row in rows]
    return _console(
        f"{group.ranked_by.label} by the question's number of hops", titles, full, width
    )


def _console(
    title: str, titles: Sequence[str], rows: Sequence[Sequence[Text]], width: int
) -> Table:
    kept = _fitting(titles, rows, width)
    table = Table(title=Text(title, "italic"), title_justify="left", caption_justify="left")
    for n in kept:
        table.add_column(
            Text(titles[n]), justify="right" if n else "left", no_wrap=n > 0, overflow="fold"
        )
    for row in rows:
        table.add_row(*(row[n] for n in kept))
    if len(kept) < len(titles):
        table.caption = Text("A wider terminal, --html, --md and --json show more columns.", "dim")
    return table


def _fitting(titles: Sequence[str], rows: Sequence[Sequence[Text]], width: int) -> list[int]:
    """Return the columns that a terminal has room for."""
    kept = list(range(len(titles)))
    for name in LEAST:
        if _width(kept, titles, rows) <= width:
            break
        kept = [n for n in kept if titles[n] != name]
    return kept


def _width(columns: Iterable[int], titles: Sequence[str], rows: Sequence[Sequence[Text]]) -> int:
    """Return how wide a table of these columns is; each has a blank on both sides and a line."""
    return 1 + sum(_column_width(titles[n], [row[n] for row in rows]) + 3 for n in columns)


def _column_width(title: str, cells: Iterable[Text]) -> int:
    return max(*map(len, title.split("\n")), 0, *(cell.cell_len for cell in cells))


def _text(cell: Cell, detailed: bool) -> Text:
    text = Text(cell.text)
    return text.append(f" {cell.detail}", "dim") if cell.detail and detailed else text


def _markdown_table(titles: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    lines = [titles, ["---", *("---:" for _ in titles[1:])]]
    lines += [[_plain(f"{c.text} {c.detail}" if c.detail else c.text) for c in r] for r in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _published(questions: str) -> str:
    rows = [
        [*map(_plain, (*row[1:4], f"{row.value:.1f}", *row[5:]))]
        for row in published_for(questions)
    ]
    titles = ["System", "Size", "Metric", "Value", "Setting", "Source"]
    lines = [titles, ["---"] * 3 + ["---:"] + ["---"] * 2, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Escape what Markdown or the HTML inside it would read as markup."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]|>])", r"\\\1", text)


def _code(text: str) -> str:
    return f"`{' '.join(text.split()).replace('`', chr(39))}`"


def _group_json(group: Group) -> dict[str, Any]:
    names = [n for n in Group.__dataclass_fields__ if n != "records"]
    data = {name: msgspec.to_builtins(getattr(group, name)) for name in names}
    published = [row._asdict() for row in published_for(group.questions)]
    return {
        "title": group.title,
        "ranked_by": group.ranked_by.name,
        **data,
        "published": published,
    }
