"""What retrievers ask of an encoder: vectors for queries that say something, each content once.

Whatever an encoder does wrong becomes one error that names it. Used by every retriever that
compares vectors; knows no index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core import Document
from ...errors import HopgymError, RetrievalError
from .base import Encoder, Vectors, checked


def query_vectors(encoder: Encoder, queries: Sequence[str]) -> tuple[list[int], Vectors]:
    """Return the places of the queries that say anything, and their vectors.

    A blank query says nothing, nor does one whose vector is all zeros.

    Raises:
        RetrievalError: If the encoder fails.
    """
    asked = [place for place, query in enumerate(queries) if query.strip()]
    if not asked:
        return [], np.zeros((0, encoder.dim), dtype=np.float32)
    texts = [queries[place] for place in asked]
    vectors = _encoded(encoder, encoder.encode_queries, texts, "queries")
    said = np.flatnonzero(vectors.any(axis=1))
    if len(said) == len(asked):
        return asked, vectors
    return [asked[place] for place in said.tolist()], vectors[said]


def document_vectors(encoder: Encoder, documents: Sequence[Document]) -> Vectors:
    """Return a vector for each document.

    Raises:
        RetrievalError: If the encoder fails.
    """
    return _encoded(encoder, encoder.encode_documents, documents, "documents")


def distinct(documents: Sequence[Document]) -> tuple[list[Document], list[int]]:
    """Return each content once, and for each document which of them is its own.

    What is equal must tie, not differ by a rounding, and need not be encoded twice.

    >>> twins = [Document("a", "T", "x"), Document("b", "T", "y"), Document("c", "T", "x")]
    >>> contents, places = distinct(twins)
    >>> [content.text for content in contents], places
    (['x', 'y'], [0, 1, 0])
    """
    known: dict[tuple[str, str], int] = {}
    places = [known.setdefault((d.title, d.text), len(known)) for d in documents]
    return [Document("", title, text) for title, text in known], places


def _encoded(
    encoder: Encoder, encode: Callable[[Any], Vectors], texts: Sequence[Any], noun: str
) -> Vectors:
    try:
        return checked(encode(texts), len(texts), encoder)
    except HopgymError:
        raise
    except Exception as error:
        raise RetrievalError(
            f"The encoder {encoder!r:.80} failed on {len(texts)} {noun} "
            f"({type(error).__name__}: {error!s:.200})."
        ) from error
