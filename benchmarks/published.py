"""What others published for a question set: reference rows, which stand apart from measured ones.

They were measured on full sets, over other corpora and by other code, and rank among no rows of
ours. Each says its metric, its corpus and its source.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ..errors import ConfigError

FILE = "published.tsv"
"""One value a line. To add one, add a line; keep the lines of a set together."""

NOTE = (
    "Published by others, over other corpora and question files: for orientation, not for "
    "comparison with the rows above."
)


class Published(NamedTuple):
    """One published value."""

    questions: str
    """The question set, by the name that it has here."""
    system: str
    size: str
    """Parameters of the language model."""
    metric: str
    value: float
    """In percent."""
    setting: str
    """The corpus or the graphs, and the questions."""
    source: str


@cache
def every() -> tuple[Published, ...]:
    """Return all published values.

    Raises:
        ConfigError: If the file holds a line that is none.
    """
    text = files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    return tuple(
        _row(fields, f"{FILE}:{number}")
        for number, fields in enumerate(csv.DictReader(text.splitlines(), delimiter="\t"), 2)
    )


def published_for(questions: str) -> list[Published]:
    """Return what was published for a question set, the best of each metric first.

    >>> published_for("musique")[0].system
    'Search-R1 base PPO'
    """
    rows = [row for row in every() if row.questions == questions]
    metrics = list(dict.fromkeys(row.metric for row in rows))
    return sorted(rows, key=lambda row: (metrics.index(row.metric), -row.value))


def _row(fields: dict[str, str], where: str) -> Published:
    try:
        value = float(fields["value"])
        return Published(**{**fields, "value": value})  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{where}: {error}. Write {', '.join(Published._fields)}, between tabs."
        ) from error
