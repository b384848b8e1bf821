"""The first step of a build: inputs to passages, in parts that are finished one by one.

Reading, cutting and sorting out duplicates happen here, in one pass; memory holds one part and
what is remembered of earlier passages, never the passages themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ...core import Document
from ...errors import DataError
from ..content import ContentHash
from .chunking import Chunking
from .dedupe import Dropped, Seen
from .manifest import Recipe
from .reading import Problem, Record, read_records
from .staging import Part, Position, Staging

PART = 5_000
"""How many records make a part."""

_TOLD = 20  # problems that are told in words; all are counted


@dataclass(slots=True)
class Collected:
    """What the parts add up to."""

    content: ContentHash
    """Of the passages, with those that were there before."""
    passages: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    next: Position = field(default_factory=Position)

    def take(self, part: Part, passages: Iterable[Document]) -> None:
        """Count a part in."""
        for passage in passages:
            self.content.add(passage)
        self.passages += part.passages
        self.counts.update(part.counts)
        self.problems = [*self.problems, *part.problems][:_TOLD]
        self.next = part.next

    def __str__(self) -> str:
        return ", ".join(f"{count} {what}" for what, count in self.counts.items()) or "no records"


def collect(
    place: Staging,
    recipe: Recipe,
    inputs: Sequence[str | Path],
    *,
    base: Iterable[Document] = (),
    strict: bool = True,
    progress: Callable[[int, int], None] = lambda file, done: None,
) -> Collected:
    """Turn inputs into parts, from where the last run stopped.

    Args:
        place: Where the parts are, and go.
        recipe: How documents become passages.
        inputs: The files.
        base: Passages that are there already, and are not collected again.
        strict: Whether a bad record is an error; else it is skipped and counted.
        progress: Called with the number of a file and the bytes of it read so far.

    Raises:
        DataError: If a file cannot be read, or a record cannot be used and `strict` is set.
    """
    seen = Seen(recipe.dedupe, recipe.near_duplicates)
    collected = Collected(ContentHash())
    for passage in base:
        collected.content.add(passage)
        seen.keep([passage])
    for part, stored in place.parts():
        passages = list(stored)
        seen.keep(passages)
        collected.take(part, passages)
    work = _Work(Chunking(recipe.chunk_tokens, recipe.overlap), seen, strict)
    records = _records(inputs, collected.next, progress)
    while not collected.next.done:
        part, passages = work.part(list(islice(records, PART)), collected.next)
        place.write(part, passages)
        collected.take(part, passages)
    return collected


def _records(
    inputs: Sequence[str | Path], start: Position, progress: Callable[[int, int], None]
) -> Iterator[tuple[Position, str, Record]]:
    """Yield the records from a position on, each with the position behind it and its place."""
    number = start.records
    for file, path in enumerate(inputs[start.file :], start.file):
        records = read_records(
            path,
            after=start.line if file == start.file else 0,
            named_from=number,
            progress=lambda done, file=file: progress(file, done),  # type: ignore[misc]
        )
        for record in records:
            number += 1
            yield Position(file, record.line, number), f"{path}:{record.line}", record


@dataclass(frozen=True, slots=True)
class _Work:
    """What is done with each record."""

    chunking: Chunking
    seen: Seen
    strict: bool

    def part(
        self, batch: Sequence[tuple[Position, str, Record]], start: Position
    ) -> tuple[Part, list[Document]]:
        """Return the passages of a batch of records, and what is to be said of them."""
        end = batch[-1][0] if batch else start
        counts = Counter(records=len(batch))
        kept: list[Document] = []
        dropped: list[Dropped] = []
        problems: list[str] = []
        for _, where, record in batch:
            fresh, duplicates, problem = self._passages(record, where)
            if problem is not None:
                if self.strict:
                    raise DataError(
                        f"{problem.message} Or skip such records with strict=False (--no-strict)."
                    )
                counts[f"skipped: {problem.kind}"] += 1
                problems.append(problem.message)
            kept += fresh
            dropped += duplicates
        near = sum(duplicate.near for duplicate in dropped)
        counts.update({"duplicates": len(dropped) - near, "near-duplicates": near})
        done = len(batch) < PART
        position = Position(end.file, end.line, end.records, done)
        part = Part(position, len(kept), dict(+counts), dropped, problems[:_TOLD])
        return part, kept

    def _passages(
        self, record: Record, where: str
    ) -> tuple[list[Document], list[Dropped], Problem | None]:
        if isinstance(record.found, Problem):
            return [], [], record.found
        fresh, dropped = self.seen.sort_out(self.chunking(record.found))
        if taken := self.seen.conflict(record.found, fresh):
            message = (
                f"{where}: the id {taken!r} is taken by an earlier document that says something "
                "else. Ids name documents: give each its own."
            )
            return [], [], Problem("id taken", message)
        self.seen.keep(fresh)
        return fresh, dropped, None
