"""Bamboogle (arXiv 2210.03350): 125 two-hop questions that no search answers at once.

Reads the original TSV, and JSON or JSON lines in the plain shape.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import DataError
from ...files import read_text
from .drafts import load
from .hub import rows
from .loaded import LoadedQuestions
from .plain import convert
from .records import read_values

HUB = "chiayewken/bamboogle"


def load_bamboogle(
    path: str | Path | None = None,
    *,
    split: str = "train",
    hub_name: str = HUB,
    hub_split: str = "test",
    **options: Any,
) -> LoadedQuestions:
    """Load Bamboogle from a file, or by name through `datasets`.

    Args:
        path: The TSV, or JSON, or JSON lines; None asks the hub.
        split: What to call the one split.
        hub_name: The data set's name on the hub, or a local folder of it.
        hub_split: Which of the hub's splits to load; it has but this one.
        **options: `documents`, `strict` and `limit`, as in `hopgym.envs.datasets.drafts.load`.
    """
    if path is None:
        values = rows(hub_name, None, hub_split)
    else:
        values = _table(path) if Path(path).suffix == ".tsv" else read_values(path)
    return load("bamboogle", convert, values, split=split, **options)


class _Tabs(csv.excel_tab):
    quoting = csv.QUOTE_NONE  # a quote that opens a cell is part of it, and need not be closed


def _cell(text: str) -> str:
    """Return a cell without the quotes that a spreadsheet puts around one that has quotes."""
    inside = text[1:-1]
    quoted = len(text) > 1 and text[0] == text[-1] == '"' and '"' in inside
    return inside.replace('""', '"') if quoted and '"' not in inside.replace('""', "") else text


def _table(path: str | Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of the TSV, whose header also carries the canary string."""
    table = io.StringIO(read_text(path), newline="")
    lines = [list(map(_cell, row)) for row in csv.reader(table, _Tabs)]
    header = lines[0] if lines else []
    if "Question" not in header or "Answer" not in header:
        raise DataError(f"{path}:1: the header needs `Question` and `Answer`, not {header!r:.80}.")
    columns = [n for n, name in enumerate(header) if name.startswith("Answer")]
    text = header.index("Question")
    for number, row in enumerate(lines[1:], 2):
        if any(row):
            answers = [row[n] for n in columns if n < len(row) and row[n].strip()]
            yield (
                f"{path}:{number}",
                {
                    "id": str(number - 1),
                    "question": "".join(row[text : text + 1]),
                    "answer": answers,
                },
            )
