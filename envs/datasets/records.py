"""Records of a data file, each with the place where it stands, so that errors can name it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import ConfigError, DataError
from ...files import parse_json, read_lines, read_text

CURE = "Mend it, or pass strict=False (after a name: `?strict=false`) to skip bad records."


class Record:
    """One JSON object of a file; its fields are checked as they are asked for."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise DataError(f"{where}: a record must be a JSON object, not {value!r:.60}. {CURE}")
        self.value = value
        self.where = where

    def __contains__(self, field: str) -> bool:
        return self.value.get(field) is not None

    def get(self, field: str, default: Any = None) -> Any:
        """Return an optional field; null is as good as left out."""
        value = self.value.get(field)
        return default if value is None else value

    def text(self, *fields: str) -> str:
        """Return the first of these fields that is there, as text that is not blank.

        Raises:
            DataError: If none is there, or it is no text.
        """
        value = self._first(fields)
        if not isinstance(value, str) or not value.strip():
            raise self.bad(self._name(fields), f"must be text, not {value!r:.60}")
        return value.strip()

    def id(self, *fields: str) -> str:
        """Return the first of these fields that is there, as an id: a text or a whole number."""
        id = _id(self._first(fields))
        if id is None:
            found = self._first(fields)
            raise self.bad(self._name(fields), f"must be text or a whole number, not {found!r:.60}")
        return id

    def texts(self, *fields: str) -> tuple[str, ...]:
        """Return the first of these fields that is there, as one or more texts."""
        value = self._first(fields)
        values = value if isinstance(value, list | tuple) else [value]
        kept = tuple(dict.fromkeys(v.strip() for v in values if isinstance(v, str)))
        if not kept or not all(kept) or not all(isinstance(v, str) for v in values):
            raise self.bad(
                self._name(fields), f"must be text or a list of texts, not {value!r:.60}"
            )
        return kept

    def ids(self, field: str) -> tuple[str, ...]:
        """Return an optional list of ids, each once."""
        value = self.get(field, ())
        ids = [_id(v) for v in value] if isinstance(value, list | tuple) else [None]
        if None in ids:
            raise self.bad(field, f"must be a list of ids, not {value!r:.60}")
        return tuple(dict.fromkeys(id for id in ids if id is not None))

    def aliases(self, field: str = "answer_aliases") -> tuple[str, ...]:
        """Return an optional field of more answers, which may be left out, null or empty."""
        return self.texts(field) if self.get(field) else ()

    def list(self, field: str, kind: str = "a list") -> Sequence[Any]:
        """Return a field that must be a list."""
        value = self._first((field,))
        if not isinstance(value, list | tuple):
            raise self.bad(field, f"must be {kind}, not {value!r:.60}")
        return value

    def bad(self, field: str, problem: str) -> DataError:
        """Return the error for a field."""
        return DataError(f"{self.where}: field `{field}` {problem}. {CURE}")

    def _name(self, fields: Sequence[str]) -> str:
        """Return which of these fields is there."""
        return next(field for field in fields if field in self)

    def _first(self, fields: Sequence[str]) -> Any:
        for field in fields:
            if self.value.get(field) is not None:
                return self.value[field]
        others = f" (or {', '.join(f'`{f}`' for f in fields[1:])})" if fields[1:] else ""
        raise DataError(f"{self.where}: field `{fields[0]}`{others} is missing. {CURE}")


def check_limit(limit: Any) -> int | None:
    """Return how many records to read: None for all.

    Raises:
        ConfigError: If it is no whole number from 1.
    """
    if limit is None or (isinstance(limit, int) and not isinstance(limit, bool) and limit > 0):
        return limit
    raise ConfigError(f"limit is {limit!r}; it must be a whole number from 1.")


def read_values(path: str | Path) -> Iterator[tuple[str, Any]]:
    """Yield `(place, value)` for each record of a JSON list or a JSON-lines file.

    Raises:
        DataError: If the file is not there, or a list is broken. A broken line is yielded as the
            error itself, for the caller to raise or to skip.
    """
    first = next((line for line in read_lines(path) if line.strip()), "")
    if first.lstrip().startswith("["):
        values = parse_json(read_text(path), str(path))
        yield from ((f"{path} record {n}", value) for n, value in enumerate(values, 1))
        return
    for number, line in enumerate(read_lines(path), 1):
        if line.strip():
            where = f"{path}:{number}"
            try:
                yield where, parse_json(line, where)
            except DataError as error:
                yield where, error


def first_record(path: str | Path) -> Mapping[str, Any]:
    """Return the first JSON object of a file, to tell its shape by; broken lines are passed over.

    Raises:
        DataError: If there is none.
    """
    broken = None
    for _, value in read_values(path):
        if isinstance(value, Mapping):
            return value
        if broken is None and isinstance(value, DataError):
            broken = value
    raise broken or DataError(
        f"{path} holds no JSON objects. Questions are JSON objects, one a line or in a list."
    )


def warn_skipped(name: str, skipped: Sequence[str]) -> None:
    """Say how many records were left out, if any, and why the first was."""
    if skipped:
        records = "record was" if len(skipped) == 1 else "records were"
        first = skipped[0].removesuffix(CURE).rstrip()
        warnings.warn(
            f"{name}: {len(skipped)} bad {records} skipped; the first: {first}", stacklevel=3
        )


def _id(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None
