"""Question sets whose graphs are too many to hold: a question is completed when it is asked for.

All but the facts is read and checked at once; the facts are looked up, or expanded, one question at
a time. So 28,000 graphs of 4,500 facts need not fit into memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from ...core import Document, Question
from ...errors import DataError
from ...files import fingerprint, read_lines
from ...retrieval.corpus import Corpus
from .base import check_questions, check_split

KEPT = 64
"""How many completed questions a split remembers."""


class LazyQuestions(Sequence[Question]):
    """Questions that get their facts when they are asked for.

    Args:
        outlines: The questions without their facts.
        complete: Returns the whole question of a place among the outlines and its outline. It must
            give the same every time, and be picklable where environments run in other processes.
        places: Which of the outlines are meant, in order; None means all.

    >>> outlines = [Question("a", "Who?", ("Ada",)), Question("b", "Where?", ("Ull",))]
    >>> lazy = LazyQuestions(outlines, lambda place, outline: outline)
    >>> len(lazy), lazy[-1].id, list(lazy.ids), [q.id for q in lazy[1:]]
    (2, 'b', ['a', 'b'], ['b'])
    """

    def __init__(
        self,
        outlines: Sequence[Question],
        complete: Callable[[int, Question], Question],
        places: Sequence[int] | None = None,
    ) -> None:
        self._outlines = outlines
        self._complete = complete
        self._places = range(len(outlines)) if places is None else places
        self._made: OrderedDict[int, Question] = OrderedDict()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids, for which no question has to be completed."""
        return tuple(outline.id for outline in self.outlines)

    @property
    def outlines(self) -> tuple[Question, ...]:
        """The questions without their facts."""
        return tuple(self._outlines[place] for place in self._places)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Question: ...

    @overload
    def __getitem__(self, index: slice) -> LazyQuestions: ...

    def __getitem__(self, index: int | slice) -> Question | LazyQuestions:
        if isinstance(index, slice):
            return LazyQuestions(self._outlines, self._complete, self._places[index])
        place = self._places[index]
        question = self._made.get(place)
        if question is None:
            question = self._made[place] = self._complete(place, self._outlines[place])
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return question

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_made": OrderedDict()}

    def __repr__(self) -> str:
        return f"LazyQuestions({len(self)} questions)"


class SplitQuestions:
    """A question set without documents, whose splits are read when first asked for.

    Args:
        name: What to call it in tables.
        splits: Reads each split, and says why records were left out.
        identify: Returns the fingerprint.
    """

    def __init__(
        self,
        name: str,
        splits: Mapping[str, Callable[[], tuple[Sequence[Question], Sequence[str]]]],
        identify: Callable[[], str],
    ) -> None:
        self.name = name
        self.documents: Sequence[Document] = Corpus(())
        self._readers = dict(splits)
        self._identify = identify
        self._read: dict[str, tuple[Sequence[Question], Sequence[str]]] = {}

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits it has."""
        return tuple(self._readers)

    @property
    def skipped(self) -> tuple[str, ...]:
        """Why records of the splits read so far were left out, one line each."""
        return tuple(line for _, skipped in self._read.values() for line in skipped)

    @cached_property
    def fingerprint(self) -> str:
        """Names the exact questions and facts."""
        return self._identify()

    def questions(self, split: str) -> Sequence[Question]:
        """Return one split."""
        check_split(split, self._readers, self.name)
        if split not in self._read:
            questions, skipped = self._readers[split]()
            outlines = questions.outlines if isinstance(questions, LazyQuestions) else questions
            check_questions(outlines, f"{self.name} {split}")
            self._read[split] = questions, skipped
        return self._read[split][0]

    def __repr__(self) -> str:
        return f"SplitQuestions({self.name!r}, {', '.join(self.splits)})"


def named_by_files(files: Iterable[str | Path], *options: Any) -> str:
    """Return a fingerprint of what files say, zipped or not, and how they are to be read."""

    def parts() -> Iterator[Any]:
        yield list(options)
        for file in map(Path, files):
            yield file.name.removesuffix(".gz")
            yield from read_lines(file)

    return fingerprint(parts())


def find_file(folder: Path, *names: str) -> Path | None:
    """Return the first of these files that a folder has, as named or with `.gz` behind."""
    tried = (folder / f"{name}{zipped}" for name in names for zipped in ("", ".gz"))
    return next((file for file in tried if file.is_file()), None)


def must_find(folder: Path, *names: str) -> Path:
    """Return a file that a folder must have.

    Raises:
        DataError: If it has none of these.
    """
    found = find_file(folder, *names)
    if found is None:
        raise DataError(f"{folder} has no {' or '.join(names)} (or .gz of it); {_has(folder)}.")
    return found


def _has(folder: Path) -> str:
    if not folder.is_dir():
        return f"it is {'a file' if folder.exists() else 'not there'}, and must be a folder"
    names = sorted(file.name for file in folder.iterdir())[:8]
    return f"it has: {', '.join(names) or 'nothing'}"
