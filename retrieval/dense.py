"""Ranking by meaning: documents and queries as vectors, compared by inner product.

The encoder is given by name, the index is exact unless another is asked for. A saved index holds
the vectors and names the encoder with everything that changes a vector; it refuses another one.
Every document matches a query more or less, so a row is as long as `k`; only a query without any
content (blank, or all zeros to the encoder) finds nothing. The index answers a query alone as in a
batch to the bit; a neural encoder's own vectors may differ between the two by some 1e-7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..core import Document
from ..errors import ConfigError, DataError
from ..files import fingerprint
from .base import Hits, Immutable, check_k, check_queries, check_whole
from .corpus import Corpus
from .dense_saved import restored_encoder, restored_index, restored_settings, versions
from .encoders import CachedEncoder, Encoder, Vectors, make_encoder
from .encoders.base import unit
from .encoders.batches import distinct, document_vectors, query_vectors
from .faiss_index import build_index
from .saved import Manifest, open_folder, save_folder
from .store import StoredDocuments, store_documents
from .vectors import FlatIndex, VectorIndex


class DenseRetriever(Immutable):
    """Ranks documents by the inner product of their vectors with the query's.

    Args:
        documents: What to search.
        encoder: What makes vectors: a name, a model's folder or hub name, or an encoder (see
            `hopgym.retrieval.encoders.make_encoder`).
        index: "flat" (exact), "hnsw", "ivfpq", or a factory string of FAISS.
        tuning: Search parameters of FAISS for an index that is not exact, such as "nprobe=32".
        normalize: Bring all vectors to length 1, whatever the encoder does.
        batch_size: How many documents are encoded at a time, and kept in the cache together.
        cache: A folder that keeps the documents' vectors for the next time.

    Raises:
        ConfigError: If an option is not allowed.
        DataError: If there are no documents, or two share an id.
        MissingExtraError: If packages are missing.

    >>> ada = Document("a", "Ada Lovelace", "She wrote the first program.")
    >>> bob = Document("b", "Robert Boyle", "He weighed the air.")
    >>> DenseRetriever([ada, bob], encoder="hashing").search(["who wrote it", ""], k=1).ids
    [['a'], []]
    """

    in_process: ClassVar[bool] = True

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        encoder: str | Path | Encoder = "minilm",
        index: str = "flat",
        tuning: str = "",
        normalize: bool = False,
        batch_size: int = 2048,
        cache: str | Path | None = None,
    ) -> None:
        check_whole("batch_size", batch_size)
        corpus = Corpus.of(documents)
        if not corpus:
            raise DataError(
                "A dense index of 0 documents was asked for. Give documents, a question set that "
                'brings a corpus, the folder of a saved index, or retriever="empty".'
            )
        made = make_encoder(encoder)
        self.encoder: Encoder = made if cache is None else CachedEncoder(made, cache)
        """What makes vectors."""
        self.documents: Sequence[Document] = corpus.by_rank()
        """What is searched, in the order of the ids."""
        self._settings: dict[str, Any] = {
            "index": index,
            "tuning": tuning,
            "normalize": bool(normalize),
        }
        self._batch_size = batch_size
        vectors = self._encoded(self.documents)
        self._index: VectorIndex = build_index(vectors, index, tuning)
        self.fingerprint = _fingerprint(corpus, self.encoder, self._settings)

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query.

        Raises:
            RetrievalError: If the encoder fails.
        """
        check_k(k)
        check_queries(queries)
        documents: list[list[Document]] = [[] for _ in queries]
        scores: list[list[float]] = [[] for _ in queries]
        rows, vectors = query_vectors(self.encoder, queries)
        if self._settings["normalize"]:
            vectors = unit(vectors)
        found = self._index.search(vectors, min(int(k), len(self.documents)))
        for row, (positions, products) in zip(rows, found, strict=True):
            documents[row] = [self.documents[position] for position in positions.tolist()]
            scores[row] = products.tolist()
        return Hits(documents, scores)

    def add(self, documents: Iterable[Document]) -> DenseRetriever:
        """Return a retriever over more documents; only the new ones are encoded.

        This one stays as it is, so that searches under way are not disturbed. The result equals
        one that is built from all documents at once.

        Raises:
            ConfigError: If the index is not flat.
            DataError: If an id is taken already.
        """
        if not isinstance(self._index, FlatIndex):
            raise ConfigError(
                f"An index of kind {self._settings['index']!r} takes no more documents; "
                'build it again, or use index="flat".'
            )
        new = Corpus(documents).by_rank()
        corpus = Corpus([*self.documents, *new])
        vectors = np.concatenate([self._index.vectors, self._encoded(new)])
        order = sorted(range(len(corpus)), key=lambda position: corpus[position].id)
        grown = type(self).__new__(type(self))
        grown.__dict__.update(self.__dict__)
        grown.documents = corpus.by_rank()
        grown._index = FlatIndex(vectors[order])
        grown.fingerprint = _fingerprint(corpus, self.encoder, self._settings)
        return grown

    def _encoded(self, documents: Sequence[Document]) -> Vectors:
        """Encode each content once."""
        contents, places = distinct(documents)
        vectors = np.empty((len(contents), self.encoder.dim), dtype=np.float32)
        for start in range(0, len(contents), self._batch_size):
            batch = contents[start : start + self._batch_size]
            vectors[start : start + len(batch)] = document_vectors(self.encoder, batch)
        if self._settings["normalize"]:
            vectors = unit(vectors)
        return vectors if len(contents) == len(documents) else vectors[places]

    def save(self, folder: str | Path) -> None:
        """Write the index and its documents into a folder, replacing an older index there.

        A process killed meanwhile leaves the older index as it was. Nothing is pickled.

        Raises:
            DataError: If the folder holds something else.
        """
        flat = self._index if isinstance(self._index, FlatIndex) else None
        settings = {
            **self._settings,
            "dim": self.encoder.dim,
            "longest": flat.longest if flat else None,
            "encoder": getattr(self.encoder, "spec", None),
            "encoder_settings": dict(self.encoder.settings),
            "encoder_fingerprint": self.encoder.fingerprint,
        }
        save_folder(
            folder,
            Manifest("dense", self.fingerprint, len(self.documents), settings, versions()),
            self._write,
        )

    def _write(self, folder: Path) -> None:
        self._index.write(folder)
        store_documents(folder, self.documents)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        encoder: str | Path | Encoder | None = None,
        mmap: bool = True,
    ) -> DenseRetriever:
        """Open what `save` wrote.

        Args:
            folder: The folder.
            encoder: What makes the queries' vectors; None for the one that is named there.
            mmap: Leave vectors and documents on disk and map them; else read them all now.

        Raises:
            DataError: If the folder is damaged, or the encoder is not the one it was built with.
        """
        manifest, data = open_folder(folder, "dense")
        self = cls.__new__(cls)
        self._settings = restored_settings(manifest, folder)
        self._batch_size = 2048
        stored = StoredDocuments(data)
        self.documents = stored if mmap else list(stored)
        self.fingerprint = manifest.fingerprint
        self._index = restored_index(data, manifest, mmap)
        self.encoder = restored_encoder(encoder, manifest, folder)
        return self

    def __repr__(self) -> str:
        return f"DenseRetriever({len(self.documents)} documents, {self.fingerprint})"


def _fingerprint(corpus: Corpus, encoder: Encoder, settings: Mapping[str, Any]) -> str:
    return fingerprint(["dense", corpus.fingerprint, encoder.fingerprint, sorted(settings.items())])
