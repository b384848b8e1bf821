"""What an encoder is: texts in, vectors out, the nearer in meaning the larger the inner product.

Queries and documents go in by different doors, since many models want different words before
them. Whatever changes a vector stands in the encoder's settings, and so in its fingerprint: an
index says which encoder it was built with and refuses another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote, urlencode

import numpy as np
from numpy.typing import NDArray

from ...core import Document
from ...errors import RetrievalError
from ...files import fingerprint

Vectors = NDArray[np.float32]
"""One row for each text."""

MAX_CHARACTERS = 20_000
"""How much of a text is read; no model here reads as many tokens."""

PLACES = ("model", "question", "context")
"""The settings that say where a model's files are, not what they hold."""


@runtime_checkable
class Encoder(Protocol):
    """Anything that turns texts into vectors. Safe to call from several threads."""

    @property
    def dim(self) -> int:
        """How long the vectors are."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Everything that changes a vector, as JSON values."""

    @property
    def fingerprint(self) -> str:
        """A name of these settings; a model that was moved keeps it."""

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return a vector for each query."""

    def encode_documents(self, documents: Sequence[Document]) -> Vectors:
        """Return a vector for each document."""


def settings_fingerprint(settings: Mapping[str, Any]) -> str:
    """Return the fingerprint of an encoder's settings; where its files lie does not count."""
    return fingerprint(
        [sorted((name, value) for name, value in settings.items() if name not in PLACES)]
    )


def spec_of(name: str, options: Mapping[str, Any]) -> str:
    """Return what `make_encoder` makes an encoder of: its name, and the options that are set.

    >>> spec_of("e5", {"model": "a/b", "device": None, "batch_size": 8})
    'e5?model=a%2Fb&batch_size=8'
    """
    told = {key: value for key, value in options.items() if value is not None}
    texts = {key: v if isinstance(v, str) else json.dumps(v) for key, v in told.items()}
    return f"{name}?{urlencode(texts, quote_via=quote)}" if texts else name


def passage(document: Document) -> str:
    r"""Return the text of a document that an encoder reads: the title in a line of its own.

    >>> passage(Document("a", "Ada", "A mathematician."))
    'Ada\nA mathematician.'
    """
    return f"{document.title}\n{document.text}" if document.title else document.text


def readable(text: str) -> str:
    r"""Cut a text to a length and mend what a tokenizer would refuse.

    >>> readable("half a pair: \ud800")
    'half a pair: ?'
    """
    text = text[:MAX_CHARACTERS]
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def unit(vectors: Vectors) -> Vectors:
    """Bring vectors to length 1; a zero stays a zero.

    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32)).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return scaled


def checked(vectors: Any, count: int, encoder: Encoder) -> Vectors:
    """Return what an encoder gave as float32, refusing what is not one finite row for each text.

    Raises:
        RetrievalError: If there are too few rows, or of another length, or not finite.
    """
    array = np.asarray(vectors, dtype=np.float32)
    if array.shape != (count, encoder.dim):
        raise RetrievalError(
            f"The encoder {encoder!r:.80} gave an array of shape {array.shape} for {count} texts; "
            f"it must give ({count}, {encoder.dim})."
        )
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise RetrievalError(
            f"The encoder {encoder!r:.80} gave numbers that are not finite for text {row} of "
            f"{count}. Its weights are damaged or its precision is too low."
        )
    return array
