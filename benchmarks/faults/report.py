"""What kills came to, as a console table, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from .kills import Outcome

HEAD = ("Recipe", "Alone, s", "Kills", "Start", "Work", "Writing", "Runs", "Files", "Result")
LEGEND = (
    "Alone: the undisturbed run. Kills: dealt in all; before a life wrote anything (start), later "
    "(work), and with a file half written (writing). Runs: killed runs that went on to their end. "
    "Files: compared in each with those of the undisturbed run."
)


def console_parts(outcomes: Sequence[Outcome]) -> Iterator[Table | Text]:
    """Yield what `hopgym faults kill` prints: the table, what was left out, and the findings."""
    table = Table()
    for place, name in enumerate(HEAD):
        table.add_column(name, justify="left" if place in (0, len(HEAD) - 1) else "right")
    for outcome in outcomes:
        *cells, result = row(outcome)
        colour = "red" if outcome.problems else "green"
        table.add_row(*map(escape, cells), f"[{colour}]{result}[/]")
    yield table
    yield Text(LEGEND, "dim")
    for line in left_out(outcomes):
        yield Text(line, "dim")
    for line in findings(outcomes):
        yield Text(line, "red")


def markdown(outcomes: Sequence[Outcome]) -> bytes:
    """Return the table as Markdown, with what was left out and the findings."""
    lines = [HEAD, ["---", *["--:"] * (len(HEAD) - 2), "---"], *map(row, outcomes)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    said = [f"- {line}" for line in [*left_out(outcomes), *findings(outcomes)]]
    return ("\n\n".join([table, LEGEND, *(["\n".join(said)] if said else [])]) + "\n").encode()


def as_json(outcomes: Sequence[Outcome]) -> bytes:
    """Return all that is known of each recipe's kills as JSON."""
    return msgspec.json.format(msgspec.json.encode([_plain(one) for one in outcomes])) + b"\n"


def row(outcome: Outcome) -> list[str]:
    """Return an outcome's cells."""
    return [
        outcome.recipe.name,
        f"{outcome.seconds:.1f}",
        str(len(outcome.kills)),
        *(str(outcome.hits(where)) for where in ("start", "work", "writing")),
        str(outcome.runs),
        str(outcome.files),
        "DIFFERS" if outcome.problems else "same",
    ]


def left_out(outcomes: Sequence[Outcome]) -> list[str]:
    """Say what was not compared, and why."""
    return [
        f"{one.recipe.name}: not compared: {omission.said}."
        for one in outcomes
        for omission in one.recipe.omissions
    ]


def findings(outcomes: Sequence[Outcome]) -> list[str]:
    """Return a line for each problem."""
    return [f"{one.recipe.name}: {problem}" for one in outcomes for problem in one.problems]


def _plain(outcome: Outcome) -> dict[str, Any]:
    recipe = outcome.recipe
    return {
        "recipe": recipe.name,
        "command": list(recipe.command),
        "resume": list(recipe.resume),
        "omissions": [omission.said for omission in recipe.omissions],
        "seconds": round(outcome.seconds, 3),
        "start": round(outcome.start, 3),
        "files": outcome.files,
        "runs": outcome.runs,
        "lives": outcome.lives,
        "kills": [kill._asdict() for kill in outcome.kills],
        "problems": outcome.problems,
    }
