r"""The documents that an episode showed, read off what the environment wrote.

A reward sees the question and the trajectory alone, and rewards may not import grammars, so the
forms in which documents stand are known here a second time; a test compares both. Only text of the
environment is read: what an agent writes never counts as shown, whatever it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..core import Trajectory
from ..errors import ConfigError

_DOC = re.compile(r"^\[DOC_([0-9]+)\]\nTitle: (.*)\nContent: (.*)\n\[/DOC_\1\]$", re.MULTILINE)
_BLOCKS = ("\n[RETRIEVAL_START]\n", "\n[MULTI_HOP_RETRIEVAL_START]\n")
_ASKED = re.compile(r"^(\[HOP_[0-9]+\]\n)Query: .*\n", re.MULTILINE)
_R3 = "\nThe retrieval documents:\n"
_R3_END = re.compile(r"^(?:Step \d+:|The environment note:)", re.MULTILINE)
_R1 = re.compile(r"^(?:<information>)?Doc \d+\(Title: (.*?)\) (.*)$", re.MULTILINE)
_NODE = re.compile(r"^Node [A-Z] \([^()\n]*\): \[(.*?)\](?: (.*))?$", re.MULTILINE)

_TEXTS = ("text", "content", "contents")


class Shown(NamedTuple):
    """A document that was shown."""

    number: int
    """What it is cited by: its place among all that were shown, from 1."""
    title: str
    text: str
    """As it was shown, so perhaps cut."""
    id: str | None = None
    """None where it cannot be told."""


def shown_documents(trajectory: Trajectory) -> tuple[Shown, ...]:
    """Return the documents that an episode showed, in order.

    The forms of the built-in grammars are known. Of another one each line of a reply that brought
    documents is one, without a title.
    """
    numbered: dict[int, tuple[str, str]] = {}
    plain: list[tuple[str, str]] = []
    for text in shown_texts(trajectory):
        if _is_rag(text):
            numbered |= {int(number): (title, body) for number, title, body in _DOC.findall(text)}
        else:
            plain += _read(text)
    found = [*sorted(numbered.items()), *enumerate(plain, len(numbered) + 1)]
    new = [hit.document_id for step in trajectory.steps for hit in step.hits if hit.new]
    ids: Sequence[str | None] = new if len(new) == len(found) else [None] * len(found)
    return tuple(
        Shown(number, title, text, id)
        for (number, (title, text)), id in zip(found, ids, strict=True)
    )


def shown_texts(trajectory: Trajectory) -> list[str]:
    """Return what the environment wrote that has documents: its replies, and such an opening."""
    texts = [step.observation for step in trajectory.steps if step.hits]
    spans = trajectory.spans
    if not spans or spans[0].author != "env":
        return texts
    places = [trajectory.transcript.find(block, 0, spans[0].end) for block in _BLOCKS]
    start = max(places)  # only one of them is written
    if start < 0:
        return texts
    # The question stands before it, and queries of the environment's own are no documents; what
    # was found for it is recorded with step 1, whose reply may be a mere note.
    opening = _ASKED.sub(r"\1", trajectory.transcript[start : spans[0].end])
    return [text for text in (opening, *texts) if _is_rag(text)]


def as_shown(documents: Sequence[Any]) -> tuple[Shown, ...]:
    """Return any documents, numbered from 1 in their order.

    Args:
        documents: Texts, pairs of title and text, or anything with `text` or `content`, or such a
            dict, with `title` and `id` if they are known; what is numbered keeps its number.

    Raises:
        ConfigError: If one is no document, or they are one text.

    >>> as_shown(["By Ada.", {"id": "d1", "title": "Vel", "content": "A film."}])[1]
    Shown(number=2, title='Vel', text='A film.', id='d1')
    """
    if isinstance(documents, str) or not isinstance(documents, Sequence):
        raise ConfigError(
            f"The documents are {documents!r:.60}; give a list of documents, or of their texts."
        )
    return tuple(_as_one(number, document) for number, document in enumerate(documents, 1))


def full_text(document: Shown) -> str:
    """Return title and text as one."""
    return f"{document.title}\n{document.text}" if document.title else document.text


def _as_one(number: int, document: Any) -> Shown:
    if isinstance(document, Shown):
        return document
    if isinstance(document, str):
        return Shown(number, "", document)
    if type(document) is tuple and len(document) == 2 and all(isinstance(d, str) for d in document):
        return Shown(number, *document)
    text = _field(document, *_TEXTS)
    if text is None:
        raise ConfigError(
            f"{document!r:.100} is no document: it has no text or content that is a str. Give "
            "texts, pairs of title and text, documents, or dicts with these keys."
        )
    return Shown(number, _field(document, "title") or "", text, _field(document, "id", "_id"))


def _field(document: Any, *names: str) -> str | None:
    is_dict = isinstance(document, Mapping)
    values = (document.get(n) if is_dict else getattr(document, n, None) for n in names)
    return next((value for value in values if isinstance(value, str)), None)


def _is_rag(text: str) -> bool:
    return "\n[DOC_" in text and any(block in text for block in _BLOCKS)


def _read(text: str) -> list[tuple[str, str]]:
    """Read a reply by the marker that it begins with: documents may have any other in them."""
    if text.startswith(_R3):
        lines = _R3_END.split(text[len(_R3) :], maxsplit=1)[0].split("\n")
        split = [line.partition(" | ") for line in lines]
        return [(title, body) for title, separator, body in split if separator]
    if text.startswith("\n\n<information>"):
        return _R1.findall(text.partition("</information>")[0])
    if text.startswith("\n<result>\n"):
        return _NODE.findall(text.partition("\n</result>")[0])
    return [("", line) for line in text.split("\n") if line.strip()]
