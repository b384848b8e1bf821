"""`trained_on.json`: which questions a model was trained on, as hashes in its folder.

For each question 64 bits of its id, its normalised text and its chain of gold facts: 3.2 MB of text
for 100,000 questions with ids, texts and facts. So an evaluation can tell years later, without the training
data, which of its questions were trained on. What a model was trained on before, by its own such
file, counts as well.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ...core import Question
from ...envs.contamination import EXACT, Asked
from ...envs.contamination.keys import exact_keys, hashed
from ...errors import DataError
from ...files import atomic_write, parse_json, read_text

FILE = "trained_on.json"
VERSION = 1

_ABOUT = (
    "Hashes of the questions that this model was trained on (64 bits each, sorted, little-endian, "
    "base64), so that an evaluation can tell which of its questions it has seen."
)


@dataclass(frozen=True, eq=False)
class TrainedOn:
    """The questions that a model was trained on, as hashes."""

    sources: tuple[Mapping[str, Any], ...]
    """Each: the `name` of what was trained on, and how many `questions` it had."""
    hashes: Mapping[str, NDArray[np.uint64]]
    """By kind (id, text, facts), sorted, each once."""

    def __repr__(self) -> str:
        names = ", ".join(f"{each['name']} ({each['questions']})" for each in self.sources)
        return f"TrainedOn({names})"

    def seen(self, questions: Iterable[Question], scope: str = "") -> dict[str, str]:
        """Return by what each question that was trained on is known: id, text or facts.

        Args:
            questions: Questions of one set.
            scope: The fingerprint of that set, within which ids count.
        """
        found: dict[str, str] = {}
        for question in questions:
            for kind, key in exact_keys(question):
                if self._has(kind, hashed(kind, key, scope)):
                    found.setdefault(question.id, kind)
        return found

    def joined(self, before: TrainedOn | None) -> TrainedOn:
        """Return this and what a model was trained on before it."""
        if before is None:
            return self
        sources = [*before.sources, *(s for s in self.sources if s not in before.sources)]
        hashes = {kind: np.union1d(before.hashes[kind], self.hashes[kind]) for kind in EXACT}
        return TrainedOn(tuple(sources), hashes)

    def _has(self, kind: str, value: int) -> bool:
        held = self.hashes[kind]
        place = int(np.searchsorted(held, np.uint64(value)))
        return place < len(held) and int(held[place]) == value


def trained_on(*parts: Asked) -> TrainedOn:
    """Return what is kept of questions."""
    values: dict[str, set[int]] = {kind: set() for kind in EXACT}
    for part in parts:
        for question in part.questions:
            for kind, key in exact_keys(question):
                if kind != "id" or part.scope:
                    values[kind].add(hashed(kind, key, part.scope))
    hashes = {kind: np.array(sorted(each), np.uint64) for kind, each in values.items()}
    sources = tuple({"name": part.name, "questions": len(part.questions)} for part in parts)
    return TrainedOn(sources, hashes)


def write_trained_on(folder: str | Path, told: TrainedOn) -> Path:
    """Leave in a model's folder what it was trained on; return the file."""
    held = {
        kind: base64.b64encode(each.astype("<u8").tobytes()) for kind, each in told.hashes.items()
    }
    said = {
        "about": _ABOUT, "version": VERSION, "sources": list(told.sources),
        **{kind: text.decode() for kind, text in held.items()},
    }  # fmt: skip
    file = Path(folder) / FILE
    with atomic_write(file) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n")
    return file


def read_trained_on(folder: str | Path) -> TrainedOn | None:
    """Return what the model of a folder was trained on; None where that is not known.

    The best model of a run that has not ended lies in a folder of its own, below the run's.

    Raises:
        DataError: If what the folder says cannot be read.
    """
    place = Path(folder).absolute()
    files = [place / FILE, *([place.parent / FILE] if place.name == "best" else [])]
    file = next((file for file in files if file.is_file()), None)
    return None if file is None else _read(file)


def _read(file: Path) -> TrainedOn:
    said = parse_json(read_text(file), str(file))
    if not isinstance(said, dict) or said.get("version") != VERSION:
        raise _bad(file, f"it is no record of version {VERSION}")
    sources = said.get("sources")
    if not isinstance(sources, list) or not all(map(_is_source, sources)):
        raise _bad(file, "its sources have no names and counts")
    return TrainedOn(tuple(sources), {kind: _array(file, kind, said.get(kind)) for kind in EXACT})


def _is_source(value: Any) -> bool:
    known = isinstance(value, dict) and isinstance(value.get("name"), str)
    return known and isinstance(value.get("questions"), int)


def _array(file: Path, kind: str, text: Any) -> NDArray[np.uint64]:
    try:
        data = base64.b64decode(text, validate=True)
        return np.unique(np.frombuffer(data, "<u8").astype(np.uint64))
    except (TypeError, ValueError, binascii.Error) as error:
        raise _bad(file, f"its {kind} is no list of hashes: {error}") from error


def _bad(file: Path, why: str) -> DataError:
    return DataError(
        f"{file} does not say what the model was trained on ({why}). Fetch the model again, or "
        "remove the file: then it is not known what it was trained on."
    )


def joined(parts: Sequence[TrainedOn | None]) -> TrainedOn | None:
    """Return several records as one; None of none."""
    known = [part for part in parts if part is not None]
    whole = known[0] if known else None
    for part in known[1:]:
        whole = part.joined(whole)
    return whole
