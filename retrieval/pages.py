"""Web pages as documents: what a search API found, cleaned, cut and ranked.

Whoever wrote a page may write anything, so that nothing of it is believed: not its length, not
that a title is a text, nor that a score is a number. Used by exa; it asks nobody.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ..core import Document
from ..files import fingerprint

SOURCE = "Web"
"""What the documents have as their source."""

_TITLE, _ADDRESS = 300, 2000

Row = list[tuple[Document, float]]


def ranked(results: Iterable[Any], length: int) -> Row:
    """Return results as documents with scores: each address once, and none without words.

    Where all have a finite score, that ranks them, and equal ones fall by their id. Else they stay
    as they came, and the n-th has the score 1/n.

    Args:
        results: What was found, best first, with `url`, `title`, `text`, `score`,
            `published_date` and `author`, any of which may be None or nonsense.
        length: How many characters of a text are kept.
    """
    found: dict[str, tuple[Document, float | None]] = {}
    for result in results:
        document = _document(result, length)
        if document.title or document.text:
            found.setdefault(document.id, (document, _number(result.score)))
    documents = [document for document, _ in found.values()]
    scores = [score for _, score in found.values() if score is not None]
    if len(scores) < len(documents):
        return [(document, 1 / place) for place, document in enumerate(documents, 1)]
    row = zip(documents, scores, strict=True)
    return sorted(row, key=lambda hit: (-hit[1], hit[0].id))


def line(value: object, limit: int) -> str:
    r"""Return a text as one line, cleaned and cut; "" if it is none.

    >>> line(" two\n words \ud800", 99), line(None, 99)
    ('two words', '')
    """
    return " ".join(_text(value, limit).split())


def _document(result: Any, length: int) -> Document:
    title, text = line(result.title, _TITLE), _text(result.text, length)
    about = {
        "url": line(result.url, _ADDRESS),
        "published": line(result.published_date, _TITLE),
        "author": line(result.author, _TITLE),
    }
    id = about["url"] or fingerprint([title, text])
    return Document(id, title, text, SOURCE, {name: said for name, said in about.items() if said})


def _text(value: object, limit: int) -> str:
    """Cut a text and drop its lone surrogates, which no file can hold."""
    if not isinstance(value, str):
        return ""
    return value[:limit].encode("utf-8", "ignore").decode().strip()


def _number(score: object) -> float | None:
    if isinstance(score, bool) or not isinstance(score, int | float):
        return None
    return float(score) if abs(score) <= sys.float_info.max else None
