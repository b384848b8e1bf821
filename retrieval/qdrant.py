"""Vectors on a Qdrant server, for what outgrows one machine.

    make_retriever("qdrant?url=http://127.0.0.1:6333&encoder=minilm", documents)
    make_retriever("qdrant?url=https://vectors:6333&collection=wiki&api_key_env=QDRANT_KEY")
    make_retriever("qdrant?url=:memory:&encoder=hashing", documents)

The encoder works here, the search there, by the official client; ":memory:" is the client's own
stand-in for a server, for trying things out. A collection of ours says which encoder filled it and
refuses another. A reply that is short is an error, never an empty row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import numpy as np

from ..core import Document
from ..errors import ConfigError, DataError, RetrievalError, require
from ..files import fingerprint
from .base import Hits, Immutable, check_k, check_queries, check_whole
from .corpus import Corpus
from .dense_saved import differences
from .encoders import CachedEncoder, Encoder, Vectors, make_encoder
from .encoders.batches import distinct, document_vectors, query_vectors
from .engines import (
    NOTE,
    PREFIX,
    best,
    check_count,
    check_name,
    chunks,
    needed,
    restored,
    stored,
)
from .qdrant_calls import IN_MEMORY, connected, status_of, translated
from .remote import Caller, PerProcess, Secret, check_numbers, check_url

SPARE = 16
"""How many hits beyond `k` are asked for, to see whether the last place is shared."""
MOST_SHARED = 4096
"""How many hits are asked for at most to learn all that share the last place."""

_SIMILAR = ("Dot", "Cosine")
_Row = list[tuple[Document, float]]


class QdrantRetriever(Immutable):
    """Ranks documents by inner products that Qdrant computes.

    Args:
        documents: What to search. They are put into a collection of ours, once: the same documents
            and encoder find it again. Not needed with `collection`.
        encoder: What makes vectors (see `hopgym.retrieval.encoders.make_encoder`).
        url: Where the server is, or ":memory:".
        collection: A collection that is there already, searched as it is, whoever filled it.
        vector: The name of its vectors, where they have one.
        exact: Compare with every vector; else the server's graph proposes some, which is faster
            and may differ from one build of the graph to another.
        ef: How widely the graph is searched, if not exact; None as the server has it.
        api_key_env: The environment variable that holds an API key, if one is wanted.
        timeout: Seconds for a request, in the client rounded up to whole ones.
        batch: How many queries, or documents, go into one request.
        cache: A folder that keeps the documents' vectors for the next time.
        retries: How many times a failed request is repeated.
        backoff: Seconds before the first repetition; then they double.
        failures: How many requests in a row may fail before the server is left alone.
        pause: For how many seconds it then is.

    Raises:
        ConfigError: If an option is not allowed.
        DataError: If there are no documents and no collection, or the collection does not exist,
            or holds vectors of another encoder.
        RetrievalError: If the server cannot be reached or refuses.
        MissingExtraError: If its client is not installed.
    """

    def __init__(
        self,
        documents: Iterable[Document] = (),
        *,
        encoder: str | Path | Encoder = "minilm",
        url: str = "http://127.0.0.1:6333",
        collection: str | None = None,
        vector: str | None = None,
        exact: bool = True,
        ef: int | None = None,
        api_key_env: str | None = None,
        timeout: float = 30.0,
        batch: int = 64,
        cache: str | Path | None = None,
        retries: int = 3,
        backoff: float = 0.25,
        failures: int = 5,
        pause: float = 10.0,
    ) -> None:
        check_numbers({"batch": batch}, {"timeout": timeout})
        check_name("collection", collection)
        if ef is not None:
            check_whole("ef", ef)
        if vector is not None and collection is None:
            raise ConfigError("vector names the vectors of a collection; name that too.")
        self._url = url if url == IN_MEMORY else check_url(url, "http://127.0.0.1:6333")
        self._vector, self._exact, self._ef, self._batch = vector, bool(exact), ef, batch
        require("qdrant_client", "engines")
        made = make_encoder(encoder)
        self.encoder: Encoder = made if cache is None else CachedEncoder(made, cache)
        """What makes vectors."""
        secret = Secret(api_key_env, "api_key_env")
        self._clients = PerProcess(partial(connected, self._url, secret, timeout))
        self._call = Caller(
            f"Qdrant at {self._url}",
            partial(translated, self._url, secret),
            retries=retries,
            backoff=backoff,
            failures=failures,
            pause=pause,
        )
        how = [self.encoder.fingerprint, self._exact, ef]
        self._size: int | None = None
        if collection is None:
            corpus = needed(Corpus.of(documents), "Qdrant", "collection")
            content = fingerprint(["qdrant", corpus.fingerprint, self.encoder.fingerprint])
            self._collection = f"{PREFIX}{content}"
            self._make(corpus.by_rank())
            self._size = len(corpus)
            self.fingerprint = fingerprint(["qdrant", content, *how])
        else:
            self._collection = collection
            self._check_collection()
            self.fingerprint = fingerprint(["qdrant", self._url, collection, vector, *how])

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query.

        Raises:
            RetrievalError: If the encoder or the server fails.
        """
        check_k(k)
        check_queries(queries)
        documents: list[list[Document]] = [[] for _ in queries]
        scores: list[list[float]] = [[] for _ in queries]
        places, vectors = query_vectors(self.encoder, queries)
        if places and k > MOST_SHARED:
            k = min(k, max(1, self._count()))  # no server should make room for hits there are not
        for part in chunks(range(len(places)), self._batch):
            rows = self._rows(vectors[part], int(k))
            for place, row in zip(part, rows, strict=True):
                documents[places[place]], scores[places[place]] = best(row, int(k))
        return Hits(documents, scores)

    def _rows(self, vectors: Vectors, k: int) -> list[_Row]:
        """Ask for hits until the last place is settled: Qdrant lets ties fall anyhow."""
        rows: list[_Row] = [[] for _ in vectors]
        open_rows, limit = list(range(len(vectors))), k + SPARE
        while open_rows:
            found = self._call(self._asked, vectors[open_rows], limit)
            for place, row in zip(open_rows, found, strict=True):
                rows[place] = row
            shared = [row for row in open_rows if _shares_last(rows[row], k, limit)]
            open_rows = shared if limit < MOST_SHARED else []
            limit *= 4
        return rows

    def _asked(self, vectors: Vectors, limit: int) -> list[_Row]:
        models = require("qdrant_client.models", "engines")
        params = models.SearchParams(exact=self._exact, hnsw_ef=self._ef)
        requests = [
            models.QueryRequest(
                query=vector,
                using=self._vector,
                limit=limit,
                with_payload=True,
                params=None if self._url == IN_MEMORY else params,
            )
            for vector in vectors.tolist()
        ]
        replies = self._clients.get().query_batch_points(self._collection, requests=requests)
        if len(replies) != len(requests):
            raise RetrievalError(
                f"{self._url} sent {len(replies)} rows for {len(requests)} queries."
            )
        return [self._row(reply.points, limit) for reply in replies]

    def _row(self, points: Sequence[Any], limit: int) -> _Row:
        least = min(limit, self._size) if self._size and self._exact else 0
        if len(points) < least or not all(np.isfinite(point.score) for point in points):
            raise RetrievalError(
                f"{self._url} sent {len(points)} hits of the collection {self._collection!r}, "
                f"which must give {least}, each with a finite score. Remove the collection, and "
                "let it be made again."
            )
        return [(restored(point.payload, str(point.id)), float(point.score)) for point in points]

    def _make(self, documents: Sequence[Document]) -> None:
        """Make the collection unless it is there, whole; a killed upload is done again."""
        client = self._clients.get()
        if not self._call(client.collection_exists, self._collection):
            self._call(self._create)
        elif self._count() == len(documents):
            return
        contents, places = distinct(documents)
        held: list[list[Document]] = [[] for _ in contents]
        for document, place in zip(documents, places, strict=True):
            held[place].append(document)
        for part in chunks(range(len(contents)), self._batch):
            vectors = document_vectors(self.encoder, [contents[place] for place in part])
            points = [
                (document, vector)
                for place, vector in zip(part, vectors.tolist(), strict=True)
                for document in held[place]
            ]
            for some in chunks(points, self._batch):
                self._call(self._put, some)
        check_count(self._count(), documents, f"The collection {self._collection}")

    def _create(self) -> None:
        models = require("qdrant_client.models", "engines")
        note = {
            "encoder_fingerprint": self.encoder.fingerprint,
            "encoder_settings": dict(self.encoder.settings),
        }
        try:
            self._clients.get().create_collection(
                self._collection,
                vectors_config=models.VectorParams(
                    size=self.encoder.dim, distance=models.Distance.DOT
                ),
                metadata={NOTE: note},
            )
        except Exception as error:
            if status_of(error) != 409:  # another process was faster
                raise

    def _put(self, points: Sequence[tuple[Document, list[float]]]) -> None:
        models = require("qdrant_client.models", "engines")
        batch = models.Batch(
            ids=[str(uuid5(NAMESPACE_OID, document.id)) for document, _ in points],
            vectors=[vector for _, vector in points],
            payloads=[stored(document) for document, _ in points],
        )
        self._clients.get().upsert(self._collection, points=batch, wait=True)

    def _count(self) -> int:
        return int(self._call(self._clients.get().count, self._collection, exact=True).count)

    def _check_collection(self) -> None:
        """Refuse a collection whose vectors are not this encoder's, as far as it tells."""
        client = self._clients.get()
        if not self._call(client.collection_exists, self._collection):
            raise DataError(
                f"{self._url} has no collection {self._collection!r}. Give the name of one that "
                "is there, or leave the collection out and give documents."
            )
        config = self._call(client.get_collection, self._collection).config
        size, distance = self._vectors_of(config.params.vectors)
        where = f"The collection {self._collection!r} at {self._url}"
        if size != self.encoder.dim:
            raise DataError(
                f"{where} holds vectors of {size} dimensions; the encoder {self.encoder!r} makes "
                f"{self.encoder.dim}. Give the encoder that filled it."
            )
        if distance not in _SIMILAR:
            raise DataError(
                f"{where} compares by {distance}; make one that compares by one of: "
                f"{', '.join(_SIMILAR)}."
            )
        note = (config.metadata or {}).get(NOTE)
        if isinstance(note, Mapping):
            self._check_note(note, where)

    def _vectors_of(self, vectors: Any) -> tuple[int, str]:
        """Return the dimensions and the distance of the vectors that are searched."""
        if isinstance(vectors, Mapping) or self._vector is not None:
            named = vectors if isinstance(vectors, Mapping) else {}
            if self._vector not in named:
                raise ConfigError(
                    f"vector is {self._vector!r}; the collection {self._collection!r} has "
                    f"{', '.join(sorted(named)) or 'vectors without a name: leave it out'}."
                )
            vectors = named[self._vector]
        return int(vectors.size), str(vectors.distance.value)

    def _check_note(self, note: Mapping[str, Any], where: str) -> None:
        if note.get("encoder_fingerprint") != self.encoder.fingerprint:
            raise DataError(
                f"{where} was filled with another encoder than {self.encoder!r}; they differ in "
                f"{differences(note.get('encoder_settings'), self.encoder.settings)}. Give the "
                "encoder that filled it, or leave the collection out and give documents."
            )

    def __repr__(self) -> str:
        return f"QdrantRetriever({self._url!r}, {self._collection!r})"


def _shares_last(row: _Row, k: int, limit: int) -> bool:
    """Tell whether hits that were not sent may tie with the last of the first `k`."""
    return len(row) == limit > k and row[-1][1] == row[k - 1][1]
