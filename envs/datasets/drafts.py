"""From records to a question set: what all loaders of real sets share.

A loader turns one record into a `Draft`: the question, its paragraphs, and its gold passages by
title. Here drafts become questions over one corpus: the paragraphs of all, or a pool that the user
names, in which gold passages are found again by title and text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ...core import Document, Question
from ...errors import DataError
from ...retrieval.corpus import Corpus, read_documents
from .hub import rows
from .loaded import LoadedQuestions
from .records import CURE, Record, check_limit, read_values, warn_skipped


class Passage(NamedTuple):
    """A paragraph; a gold passage may be known by its title alone."""

    title: str
    text: str = ""


class Draft(NamedTuple):
    """One record, read."""

    question: Question
    contexts: Sequence[Passage] = ()
    gold: Sequence[Passage] = ()
    hop_gold: Sequence[Passage | None] = ()
    """The gold passage of each hop, where hops are known."""


Convert = Callable[[Record], Draft]


def load(
    name: str,
    convert: Convert,
    values: Iterable[tuple[str, Any]],
    *,
    split: str = "train",
    documents: str | Path | None = None,
    strict: bool = True,
    limit: int | None = None,
) -> LoadedQuestions:
    """Build a question set from raw records.

    Args:
        name: The set's name.
        convert: Reads one record.
        values: `(place, value)` pairs; a value may be the error that kept it from being read.
        split: What to call the split that the records form.
        documents: A corpus file to search instead of the records' own paragraphs.
        strict: Whether a bad record raises; otherwise it is skipped, and a
            warning says how many were.
        limit: Read no more records than this.

    Raises:
        DataError: If a record is bad, or none is left.
    """
    drafts, skipped = _read(convert, values, strict, check_limit(limit))
    if not drafts:
        raise DataError(
            f"{name}: no question could be read{f'; first: {skipped[0]}' if skipped else ''}."
        )
    warn_skipped(name, skipped)
    corpus = Corpus(_own(drafts)) if documents is None else Corpus(read_documents(documents))
    finder = _Finder(corpus)
    return LoadedQuestions(
        name, {split: [finder.place(draft) for draft in drafts]}, corpus, skipped
    )


def load_file(name: str, convert: Convert, path: str | Path, **options: Any) -> LoadedQuestions:
    """Build a question set from a JSON list or JSON-lines file, gzipped or not."""
    return load(name, convert, read_values(path), **options)


def load_any(
    name: str,
    convert: Convert,
    path: str | Path | None,
    *,
    split: str,
    hub: tuple[str, str | None],
    **options: Any,
) -> LoadedQuestions:
    """Build a question set from a file, or where none is given, from the hub.

    Args:
        name: The set's name.
        convert: Reads one record.
        path: A JSON list or JSON-lines file, gzipped or not; None asks the hub.
        split: What to call the file's split, or the hub's split to load.
        hub: The data set's name on the hub, or a local folder of it, and its configuration.
        **options: `documents`, `strict` and `limit`, as in `load`.
    """
    values = rows(*hub, split) if path is None else read_values(path)
    return load(name, convert, values, split=split, **options)


def passage_id(title: str, text: str) -> str:
    """Return the id of a passage: the same passage in two sets has one id."""
    return hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()[:16]


def _read(
    convert: Convert, values: Iterable[tuple[str, Any]], strict: bool, limit: int | None
) -> tuple[list[Draft], list[str]]:
    drafts: dict[str, tuple[str, Draft]] = {}
    skipped: list[str] = []
    for where, value in islice(values, limit):
        try:
            if isinstance(value, DataError):
                raise value
            draft = convert(Record(value, where))
            if draft.question.id in drafts:
                first = drafts[draft.question.id][0]
                raise DataError(
                    f"{where}: id {draft.question.id!r} stands at {first} already. {CURE}"
                )
            drafts[draft.question.id] = (where, draft)
        except DataError as error:
            if strict:
                raise
            skipped.append(str(error))
    return [draft for _, draft in drafts.values()], skipped


def _own(drafts: Iterable[Draft]) -> Iterator[Document]:
    passages = dict.fromkeys(passage for draft in drafts for passage in draft.contexts)
    return (Document(passage_id(*passage), *passage) for passage in passages)


class _Finder:
    """Finds gold passages in a corpus by title, and by text where titles are shared."""

    def __init__(self, corpus: Corpus) -> None:
        self.by_title: dict[str, list[Document]] = {}
        for document in corpus:
            self.by_title.setdefault(_key(document.title), []).append(document)

    def place(self, draft: Draft) -> Question:
        """Return the draft's question with its gold documents in this corpus."""
        question = draft.question
        if not draft.gold and not draft.hop_gold:  # its gold, if any, is named by id already
            return question
        hops = tuple(
            replace(hop, document_ids=(self.find(passage),)) if passage else hop
            for hop, passage in zip(question.hops, draft.hop_gold, strict=True)
        )
        ids = tuple(dict.fromkeys(self.find(passage) for passage in draft.gold))
        titles = list(dict.fromkeys(passage.title for passage in draft.gold))
        metadata = {**question.metadata, "gold_titles": titles} if titles else question.metadata
        return replace(question, hops=hops, document_ids=ids, metadata=metadata)

    def find(self, passage: Passage) -> str:
        """Return the passage's id here; one that is not here stays gold, and out of reach."""
        found = self.by_title.get(_key(passage.title), [])
        if not found:
            return f"missing:{passage.title}"
        words = _key(passage.text)
        return max(found, key=lambda document: _likeness(words, _key(document.text))).id


def _likeness(one: str, other: str) -> float:
    """Say how alike two texts are, to tell passages of one title apart; the first of equals wins.

    A pool may hold a passage cut short or in other marks: one within the other is alike.
    """
    if one and other and (one in other or other in one):
        return 2.0
    ours, theirs = (set(re.findall(r"\w+", text)) for text in (one, other))
    return len(ours & theirs) / max(1, len(ours | theirs))


def _key(text: str) -> str:
    return " ".join(text.casefold().split())
