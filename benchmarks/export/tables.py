"""Rows as a file: Parquet or JSON lines, by its name. The same rows give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import ConfigError, DataError, require
from ...files import atomic_write, write_jsonl

_LINES = (".jsonl", ".jsonl.gz")
_PARQUET = ".parquet"


def check_name(path: Path, *, parquet_only: bool = False) -> None:
    """Refuse a name whose format is none of ours, before any work is done.

    Raises:
        ConfigError: If it ends otherwise.
        MissingExtraError: If it is Parquet and pyarrow is not installed.
    """
    if path.name.endswith(_PARQUET):
        require("pyarrow.parquet", "hub")
    elif parquet_only or not path.name.endswith(_LINES):
        ends = _PARQUET if parquet_only else f"{_PARQUET}, {' or '.join(_LINES)}"
        raise ConfigError(f"--out is {str(path)!r}; its name must end in {ends}.")


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> int:
    """Write rows, all of the same columns; return how many.

    Raises:
        DataError: If there are none.
        ConfigError: If the file's name says no format.
    """
    check_name(path)
    if not rows:
        raise DataError(f"There is no row to write to {path}.")
    if path.name.endswith(_LINES):
        return write_jsonl(path, rows)
    pyarrow, parquet = require("pyarrow", "hub"), require("pyarrow.parquet", "hub")
    table = pyarrow.Table.from_pylist(list(rows))
    with atomic_write(path) as stream:
        parquet.write_table(table, stream)
    return len(rows)
