"""What the adapters to search engines share: how documents are stored, and how hits are ordered.

An index is either *ours*, made from documents under a name that tells its content, so that the same
documents and settings find it again and others make another; or it is *named*, and searched as it
is, whoever made it. Knows no engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from ..core import Document
from ..errors import ConfigError, DataError, RetrievalError
from .corpus import Corpus
from .wire import title_and_text

T = TypeVar("T")

PREFIX = "hopgym-"
"""What our indexes' names begin with."""
NOTE = "hopgym"
"""Where an engine keeps our note about an index: its fingerprint and number of documents."""


def stored(document: Document) -> dict[str, Any]:
    """Return the record that an engine keeps of a document.

    >>> stored(Document("a", "Ada", "A mathematician."))["title"]
    'Ada'
    """
    return {
        "id": document.id,
        "title": document.title,
        "text": document.text,
        "source": document.source,
        "metadata": dict(document.metadata),
    }


def restored(record: Any, key: str) -> Document:
    """Return the document of a record, ours or another's with its text in a usual field.

    Args:
        record: What the engine keeps.
        key: The engine's own id, for records that hold none.

    Raises:
        RetrievalError: If there is no text.
    """
    words = title_and_text(record) if isinstance(record, Mapping) else None
    if words is None:
        raise RetrievalError(
            f"The record {key!r:.100} has no text under 'text', 'contents' or 'content'. Name an "
            "index of such records."
        )
    id, source, metadata = (record.get(name) for name in ("id", "source", "metadata"))
    return Document(
        str(id) if isinstance(id, str | int) and id != "" else key,
        *words,
        source if isinstance(source, str) and source else "General",
        metadata if isinstance(metadata, Mapping) else {},
    )


def best(hits: Iterable[tuple[Document, float]], k: int) -> tuple[list[Document], list[float]]:
    """Order hits by score, then by id, and return the first `k`."""
    ordered = sorted(hits, key=lambda hit: (-hit[1], hit[0].id))[:k]
    return [document for document, _ in ordered], [score for _, score in ordered]


def needed(corpus: Corpus, engine: str, option: str) -> Corpus:
    """Return a corpus that is not empty.

    Raises:
        DataError: If it is.
    """
    if not corpus:
        raise DataError(
            f"An index of 0 documents was asked for in {engine}. Give documents, or the name of "
            f"an index that is there: {option}=..."
        )
    return corpus


def check_name(option: str, name: object) -> None:
    """Refuse what cannot name an index.

    Raises:
        ConfigError: If it cannot.
    """
    if name is None or (isinstance(name, str) and name and not set(name) & set(' /\\*?"<>|,#:')):
        return
    raise ConfigError(f"{option} is {name!r}; give the name of one index, without '/', '*' or ','.")


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut into lists of one size; the last may be shorter.

    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def check_count(found: int, documents: Sequence[Document], name: str) -> None:
    """Refuse an index that does not hold what was just put in.

    Raises:
        RetrievalError: If it does not.
    """
    if found != len(documents):
        raise RetrievalError(
            f"{name} holds {found} documents after {len(documents)} were put in. Remove it, and "
            "let it be made again."
        )
