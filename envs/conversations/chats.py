"""Chats to put documents into: of questions, of files and of published chat data.

Anything with a length whose items are `{"messages": [...]}` will do as the base of a task;
`make_chats` makes one of whatever names chats or questions. Knows nothing of retrieval, but passes
on the documents that a question set brings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, overload, runtime_checkable

from ...core import Document, Question
from ...errors import ConfigError, DataError
from ..datasets import make_questions
from ..datasets.base import QuestionSet, default_split
from ..datasets.hub import table
from ..datasets.records import check_limit, first_record, read_values
from .converters import Chat, Converter, convert, shape_of

HUB = "datasets:"
"""Begins the name of a set of the library `datasets`: a hub's name, or a local folder."""

_FILES = (".json", ".jsonl", ".gz")


@runtime_checkable
class Base(Protocol):
    """What a task can be made over: chats by place."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


class Chats(Sequence[Chat]):
    """Records that become chats when they are asked for. Immutable.

    Args:
        records: The records.
        make: Makes a chat of a record and its place.
        documents: What to search for these chats, if they bring any.
        places: Which of the records are meant, in order; None means all.

    >>> chats = Chats(["Who?", "Where?"], lambda asked, n: {"messages": [], "asked": asked})
    >>> len(chats), chats[-1]["asked"], [chat["asked"] for chat in chats[:1]]
    (2, 'Where?', ['Who?'])
    """

    def __init__(
        self,
        records: Any,
        make: Callable[[Any, int], Chat],
        documents: Sequence[Document] = (),
        places: Sequence[int] | None = None,
    ) -> None:
        self.documents = documents
        """The corpus of these chats; empty where they bring none."""
        self._records = records
        self._make = make
        self._places = range(len(records)) if places is None else places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Chat: ...

    @overload
    def __getitem__(self, index: slice) -> Chats: ...

    def __getitem__(self, index: int | slice) -> Chat | Chats:
        if isinstance(index, slice):
            return Chats(self._records, self._make, self.documents, self._places[index])
        place = self._places[index]
        return self._make(self._records[place], place)


def make_chats(
    source: Any,
    split: str | None = None,
    *,
    system: str | None = None,
    converter: str | Converter | None = None,
    limit: int | None = None,
) -> Any:
    """Return the chats of a source.

    Args:
        source: What `make_questions` takes (a name, a file, a folder, a question set), a file of
            chats (JSON lines or a list), `datasets:NAME` or `datasets:NAME?config=C` of the library
            `datasets`, or anything with a length whose items are chats, which is returned as it is.
        split: Of questions and published sets; the train split, or the only one.
        system: What a chat made of a question begins with.
        converter: How records become chats; told by their fields, usually (see `converters`).
        limit: How many are taken, at most.

    Raises:
        ConfigError: If this names no chats, or there is no such split.
        DataError: If the data cannot be read.
    """
    check_limit(limit)
    made = _made(source, split, system, converter)
    if limit is None:
        return made
    if isinstance(made, Chats):
        return made[:limit]
    # A slice of somebody's own base may be anything: one of the library `datasets` is a dict.
    documents = getattr(made, "documents", ())
    return Chats(made, lambda chat, place: chat, documents, range(min(limit, len(made))))


def _made(
    source: Any, split: str | None, system: str | None, converter: str | Converter | None
) -> Any:
    if isinstance(source, str) and source.startswith(HUB):
        return _published(source.removeprefix(HUB), split or "train", converter)
    if isinstance(source, str | Path) and _is_chat_file(source, converter):
        return _filed(source, converter)
    if isinstance(source, str | Path) or _has_questions(source):
        return _asked(make_questions(source), split, system)
    if not isinstance(source, Base):
        raise ConfigError(
            f"{source!r:.80} are no chats: give a question set, a file, {HUB}NAME, or anything "
            'with a length whose items are {"messages": [...]}.'
        )
    return source


def _has_questions(source: Any) -> bool:
    return isinstance(source, QuestionSet) and not isinstance(source, Chats)


def _asked(question_set: QuestionSet, split: str | None, system: str | None) -> Chats:
    """Return questions as chats: the question asks, the first accepted answer is said."""
    chosen = split or default_split(question_set, "train")
    questions = question_set.questions(chosen)
    begin = [{"role": "system", "content": system}] if system else []

    def make(question: Question, place: int) -> Chat:
        messages = [
            *begin,
            {"role": "user", "content": question.text},
            {"role": "assistant", "content": question.answers[0]},
        ]
        return {
            "messages": [dict(message) for message in messages],
            "question_id": question.id,
            "answers": list(question.answers),
        }

    return Chats(questions, make, question_set.documents)


def _is_chat_file(source: str | Path, converter: str | Converter | None) -> bool:
    path = Path(source)
    if path.suffix not in _FILES or not path.is_file():
        return False
    return converter is not None or shape_of(first_record(path)) is not None


def _filed(source: str | Path, converter: str | Converter | None) -> Chats:
    """Read a file of chats; each is converted at once, so that a bad line is told at once."""
    chats = []
    for where, value in read_values(source):
        if isinstance(value, DataError):
            raise value
        chats.append(convert(value, converter, where))
    return Chats(chats, lambda chat, place: _copy(chat))


def _copy(chat: Mapping[str, Any]) -> Chat:
    return {**chat, "messages": [dict(message) for message in chat["messages"]]}


def _published(spec: str, split: str, converter: str | Converter | None) -> Chats:
    """Return a published set; its rows stay in their file until they are asked for."""
    name, _, config = spec.partition("?config=")
    rows = table(name, config or None, split)
    for place, row in enumerate(islice(rows, 1)):
        convert(row, converter, f"{name} {split} row {place}")  # told before a run, not within
    return Chats(rows, lambda row, place: convert(row, converter, f"{name} {split} row {place}"))
