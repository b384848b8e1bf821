"""What a run has left: a digest for each file, and how two runs differ.

All is compared, byte by byte, but for what an [`Omission`][hopgym.benchmarks.faults.artefact.Omission]
names with its reason. The run's own folder, where a file tells it, is read as `{out}`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ...errors import DataError


class Omission(NamedTuple):
    """Something that two equal runs may differ in."""

    files: str
    """A pattern of paths inside the run's folder; `*` crosses folders."""
    why: str
    fields: tuple[str, ...] = ()
    """Patterns of names: only these are left out, at any depth of JSON or JSON lines. Without them,
    and without `any_order`, the whole file is."""
    any_order: bool = False
    """Whether the lines may stand in any order."""

    @property
    def said(self) -> str:
        """What is left out, in words.

        >>> Omission("*.jsonl", "clock times", ("*_s",), any_order=True).said
        '*_s and the order of lines in *.jsonl (clock times)'
        """
        parts = [", ".join(self.fields)] if self.fields else []
        parts += ["the order of lines"] if self.any_order else []
        what = f"{' and '.join(parts)} in {self.files}" if parts else self.files
        return f"{what} ({self.why})"


def artefact(
    folder: Path, omissions: Sequence[Omission] = (), aliases: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the digest of every file that is compared, by its path.

    Args:
        folder: The run's folder.
        omissions: What is left out.
        aliases: Regular expressions of random names, and what they are read as.

    Raises:
        DataError: If a file of which fields are left out is no JSON.
    """
    found = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = _alias(file.relative_to(folder).as_posix(), aliases or {})
        told = [each for each in omissions if fnmatch(name, each.files)]
        if any(not each.fields and not each.any_order for each in told):
            continue
        content = file.read_bytes().replace(str(folder).encode(), b"{out}")
        if told:
            content = _without(content, told, file)
        if aliases:
            content = _alias(content.decode("latin-1"), aliases).encode("latin-1")
        found[name] = hashlib.sha256(content).hexdigest()[:16]
    return found


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Say how what a run left differs from what it should have left, a line for each file.

    >>> differences({"a": "1", "b": "2"}, {"a": "3", "c": "4"})
    ['a differs', 'b is missing', 'c is too much']
    """
    lines = []
    for name in sorted({*expected, *found}):
        if name not in found:
            lines.append(f"{name} is missing")
        elif name not in expected:
            lines.append(f"{name} is too much")
        elif found[name] != expected[name]:
            lines.append(f"{name} differs")
    return lines


def _without(content: bytes, omissions: Iterable[Omission], file: Path) -> bytes:
    """Return JSON, or JSON lines, without the fields that are left out."""
    patterns = tuple(field for each in omissions for field in each.fields)
    lines = content.splitlines() if ".jsonl" in file.name else [content]
    try:
        told = [msgspec.json.encode(_strip(msgspec.json.decode(line), patterns)) for line in lines]
    except msgspec.DecodeError as error:
        raise DataError(
            f"{file}: not JSON ({error}), so no field can be left out of it. Was its run cut short?"
        ) from error
    return b"\n".join(sorted(told) if any(each.any_order for each in omissions) else told)


def _strip(value: Any, patterns: Sequence[str]) -> Any:
    if isinstance(value, dict):
        kept = {n: v for n, v in value.items() if not any(fnmatch(n, each) for each in patterns)}
        return {name: _strip(inner, patterns) for name, inner in kept.items()}
    if isinstance(value, list):
        return [_strip(inner, patterns) for inner in value]
    return value


def _alias(text: str, aliases: Mapping[str, str]) -> str:
    for pattern, name in aliases.items():
        text = re.sub(pattern, name, text)
    return text
