"""Any encoder as a reranker: the inner product of a query's vector and a document's.

Cheaper than a cross-encoder, since each text is read once, whatever it is compared with, and it
puts meaning behind a search by words without an index of vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...files import fingerprint
from ..encoders import Encoder, make_encoder
from ..encoders.base import checked, passage, unit
from .base import Pair


class BiEncoderReranker:
    """Scores with the vectors of an encoder.

    Args:
        encoder: An encoder by name, with options if any, a model's folder, or one.
        normalize: Whether vectors are brought to length 1 first, which makes it the cosine; some
            models' are already.

    Raises:
        UnknownNameError: If there is no such encoder.
        ConfigError: If it takes no such option.

    >>> from hopgym.core import Document
    >>> vel, ada = Document("a", "Vel", "A film."), Document("b", "Ada", "She made the film Vel.")
    >>> reranker = BiEncoderReranker(encoder="hashing?dim=256", normalize=True)
    >>> scores = reranker.score([("who made it?", vel), ("who made it?", ada)])
    >>> bool(scores[0] < scores[1])
    True
    """

    def __init__(
        self, *, encoder: str | Path | Encoder = "minilm", normalize: bool = False
    ) -> None:
        self.encoder = make_encoder(encoder)
        """What makes the vectors."""
        self._normalize = bool(normalize)

    @property
    def fingerprint(self) -> str:
        """A name of the encoder and of what is done with its vectors."""
        return fingerprint(["bi_encoder", self.encoder.fingerprint, self._normalize])

    def score(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Return the product of each pair; equal texts are encoded once."""
        queries = {query: n for n, query in enumerate(dict.fromkeys(q for q, _ in pairs))}
        documents = {passage(document): document for _, document in pairs}
        places = {text: n for n, text in enumerate(documents)}
        left = self._vectors(self.encoder.encode_queries([*queries]), len(queries))
        right = self._vectors(self.encoder.encode_documents([*documents.values()]), len(documents))
        rows = [queries[query] for query, _ in pairs]
        columns = [places[passage(document)] for _, document in pairs]
        found: NDArray[np.float32] = np.einsum("pd,pd->p", left[rows], right[columns])
        return found

    def _vectors(self, vectors: object, count: int) -> NDArray[np.float32]:
        array = checked(vectors, count, self.encoder)
        return unit(array) if self._normalize else array

    def __repr__(self) -> str:
        return f"BiEncoderReranker({self.encoder!r})"
