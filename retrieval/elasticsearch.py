"""BM25 in Elasticsearch or OpenSearch, for what outgrows one machine.

    make_retriever("elasticsearch?url=http://127.0.0.1:9200", documents)
    make_retriever("elasticsearch?url=https://search:9200&index=wiki&field=text&api_key_env=KEY")
    make_retriever("elasticsearch?url=http://127.0.0.1:9200&product=opensearch", documents)

The official client speaks to the engine. A shard that failed, a search that timed out and a reply
that is short are errors, though the engine itself would answer with the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..core import Document
from ..errors import ConfigError, DataError, RetrievalError, require
from ..files import fingerprint
from .backoff import TemporaryError, retry_after
from .base import Hits, Immutable, check_k, check_number, check_queries
from .corpus import Corpus
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
from .opensearch import opensearch_node
from .remote import Caller, PerProcess, Secret, check_numbers, check_url

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

MAX_QUERY_WORDS = 512
"""How many words of a query are sent; the engine refuses queries of more than 1024 terms."""
PRODUCTS = ("elasticsearch", "opensearch")

_KEPT = ("id", "title", "text", "source", "metadata")

_TEMPORARY = {408, 429, 500, 502, 503, 504}
_CURES = {
    401: "Name the environment variable that holds an API key: api_key_env=...",
    403: "Give the API key the right to read, and to write where documents are put in.",
    404: "Check the index.",
}


class ElasticsearchRetriever(Immutable):
    """Ranks documents by an engine's BM25.

    Args:
        documents: What to search. They are put into an index of ours, once: the same documents
            and settings find it again. Not needed with `index`.
        url: Where the engine is.
        index: An index that is there already, searched as it is, whoever filled it.
        field: The field that is searched; ours is "contents", a title and its text.
        analyzer: The engine's analyzer for an index of ours.
        k1: How soon a repeated term stops counting, in an index of ours.
        b: How much long documents are held back, in an index of ours.
        product: "elasticsearch" or "opensearch".
        api_key_env: The environment variable that holds an API key, if one is wanted.
        timeout: Seconds for a request.
        batch: How many queries, or documents, go into one request.
        retries: How many times a failed request is repeated.
        backoff: Seconds before the first repetition; then they double.
        failures: How many requests in a row may fail before the engine is left alone.
        pause: For how many seconds it then is.

    Raises:
        ConfigError: If an option is not allowed.
        DataError: If there are no documents and no index, or the index does not exist.
        RetrievalError: If the engine cannot be reached or refuses.
        MissingExtraError: If its client is not installed.
    """

    def __init__(
        self,
        documents: Iterable[Document] = (),
        *,
        url: str = "http://127.0.0.1:9200",
        index: str | None = None,
        field: str = "contents",
        analyzer: str = "english",
        k1: float = 1.2,
        b: float = 0.75,
        product: str = "elasticsearch",
        api_key_env: str | None = None,
        timeout: float = 30.0,
        batch: int = 128,
        retries: int = 3,
        backoff: float = 0.25,
        failures: int = 5,
        pause: float = 10.0,
    ) -> None:
        check_numbers({"batch": batch}, {"timeout": timeout})
        check_name("index", index)
        if product not in PRODUCTS:
            raise ConfigError(f"product is {product!r}; it is one of: {', '.join(PRODUCTS)}.")
        self._url = check_url(url, "http://127.0.0.1:9200")
        self._field, self._batch = field, batch
        require("elasticsearch", "engines")
        secret = Secret(api_key_env, "api_key_env")
        self._clients = PerProcess(partial(_client, self._url, secret, product, timeout))
        self._call = Caller(
            f"The engine at {self._url}",
            partial(_translated, self._url),
            retries=retries,
            backoff=backoff,
            failures=failures,
            pause=pause,
        )
        if index is None:
            _check_field(field)
            check_number("k1", k1, example=1.2)
            check_number("b", b, most=1.0, example=0.75)
            corpus = needed(Corpus.of(documents), "Elasticsearch", "index")
            settings = [field, analyzer, float(k1), float(b)]
            self.fingerprint = fingerprint(["elasticsearch", corpus.fingerprint, *settings])
            self._index = f"{PREFIX}{self.fingerprint}"
            self._make(corpus.by_rank(), _index_body(field, analyzer, k1, b))
            self._ours = True
        else:
            self.fingerprint = fingerprint(["elasticsearch", self._url, index, field])
            self._index = index
            self._ours = self._note() is not None

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query; a query without a known term has none."""
        check_k(k)
        check_queries(queries)
        documents: list[list[Document]] = []
        scores: list[list[float]] = []
        for part in chunks(queries, self._batch):
            for hits in self._call(self._searched, part, int(k)):
                row, row_scores = best(hits, int(k))
                documents.append(row)
                scores.append(row_scores)
        return Hits(documents, scores)

    def _searched(self, queries: Sequence[str], k: int) -> list[list[tuple[Document, float]]]:
        searches: list[dict[str, Any]] = []
        for query in queries:
            searches += [{"index": self._index}, self._search_body(query, k)]
        responses = self._clients.get().msearch(searches=searches)["responses"]
        if len(responses) != len(queries):
            raise RetrievalError(
                f"{self._url} sent {len(responses)} rows for {len(queries)} queries."
            )
        return [_hits(response, self._index) for response in responses]

    def _search_body(self, query: str, k: int) -> dict[str, Any]:
        words = " ".join(query.split()[:MAX_QUERY_WORDS])
        body = {"query": {"match": {self._field: {"query": words}}}, "size": k}
        if self._ours:  # or ties at the last place would fall anyhow
            body |= {"sort": [{"_score": "desc"}, {"id": "asc"}], "track_scores": True}
        return {**body, "track_total_hits": False}

    def _make(self, documents: Sequence[Document], body: Mapping[str, Any]) -> None:
        """Make the index unless it is there, whole; a killed upload is done again."""
        indices = self._clients.get().indices
        if not self._call(lambda: bool(indices.exists(index=self._index))):
            self._call(self._create, body)
        elif self._count() == len(documents):
            return
        for part in chunks(documents, self._batch):
            self._call(self._put, part)
        check_count(self._count(), documents, f"The index {self._index}")

    def _create(self, body: Mapping[str, Any]) -> None:
        from elasticsearch import BadRequestError

        meta = {NOTE: {"fingerprint": self.fingerprint}}
        mappings = {**body["mappings"], "_meta": meta}
        try:
            self._clients.get().indices.create(
                index=self._index, settings=body["settings"], mappings=mappings
            )
        except BadRequestError as error:
            if "resource_already_exists" not in str(error):  # another process was faster
                raise

    def _put(self, documents: Sequence[Document]) -> None:
        operations: list[dict[str, Any]] = []
        for document in documents:
            record = stored(document)
            words = f"{document.title}\n{document.text}"
            operations += [{"index": {"_id": _key(document)}}, {**record, self._field: words}]
        response = self._clients.get().bulk(index=self._index, operations=operations)
        if response["errors"]:
            failed = [item["index"] for item in response["items"] if "error" in item["index"]]
            _raise_for(failed[0].get("status", 500), self._url, failed[0]["error"])

    def _count(self) -> int:
        client = self._clients.get()
        self._call(client.indices.refresh, index=self._index)
        return int(self._call(client.count, index=self._index)["count"])

    def _note(self) -> Mapping[str, Any] | None:
        """Return our note about the index, or None if another filled it."""
        client = self._clients.get()
        if not self._call(lambda: bool(client.indices.exists(index=self._index))):
            raise DataError(
                f"{self._url} has no index {self._index!r}. Give the name of one that is there, "
                "or leave the index out and give documents."
            )
        mappings = self._call(client.indices.get_mapping, index=self._index)
        notes = [one["mappings"].get("_meta", {}).get(NOTE) for one in mappings.values()]
        return notes[0] if len(notes) == 1 else None

    def __repr__(self) -> str:
        return f"ElasticsearchRetriever({self._url!r}, {self._index!r})"


def _check_field(field: str) -> None:
    """Refuse a field for an index of ours that its records need for something else."""
    if not isinstance(field, str) or not field or field in _KEPT:
        raise ConfigError(
            f"field is {field!r}; an index of ours keeps the documents under {', '.join(_KEPT)}. "
            'Give another name, such as "contents".'
        )


def _index_body(field: str, analyzer: str, k1: float, b: float) -> dict[str, Any]:
    kept = {"type": "text", "index": False}
    properties = {
        "title": kept,
        "text": kept,
        "source": kept,
        "metadata": {"type": "object", "enabled": False},
        "id": {"type": "keyword"},
        field: {"type": "text", "analyzer": analyzer},
    }
    similarity = {"default": {"type": "BM25", "k1": float(k1), "b": float(b)}}
    return {
        "settings": {"index": {"similarity": similarity}},
        "mappings": {
            "dynamic": False,
            "_source": {"excludes": [field]},
            "properties": properties,
        },
    }


def _key(document: Document) -> str:
    """Return the engine's id of a document: of any id, however long, one of 16 characters."""
    return fingerprint([document.id])


def _hits(response: Mapping[str, Any], index: str) -> list[tuple[Document, float]]:
    if "error" in response:
        _raise_for(response.get("status", 500), index, response["error"])
    if response.get("timed_out") or response.get("_shards", {}).get("failed"):
        raise TemporaryError(f"A part of the index {index!r} did not answer.")
    return [
        (restored(hit["_source"], str(hit["_id"])), float(hit["_score"]))
        for hit in response["hits"]["hits"]
    ]


def _raise_for(status: int, where: str, reason: Any) -> None:
    message = f"{where} answered {status}: {str(reason)[:300]!r}."
    if status in _TEMPORARY:
        raise TemporaryError(message)
    raise RetrievalError(f"{message} {_CURES.get(status, 'Check the index and the field.')}")


def _translated(url: str, error: Exception) -> RetrievalError:
    library = require("elasticsearch", "engines")
    if isinstance(error, library.UnsupportedProductError):
        return RetrievalError(f'{url} is not Elasticsearch. Try product="opensearch".')
    if isinstance(error, library.ApiError):
        status, headers = error.meta.status, error.meta.headers
        message = f"{url} answered {status}: {str(error.body)[:300]!r}."
        if status in _TEMPORARY:
            return TemporaryError(
                message, retry_after(headers.get("retry-after"), headers.get("date"))
            )
        return RetrievalError(f"{message} {_CURES.get(status, 'Check the index and the field.')}")
    if isinstance(error, library.ConnectionError | library.ConnectionTimeout):
        return TemporaryError(
            f"The engine at {url} did not answer ({error!s:.200}). Start it, or check the url."
        )
    return RetrievalError(f"The reply of {url} cannot be read ({error!r:.200}).")


def _client(url: str, secret: Secret, product: str, timeout: float) -> Elasticsearch:
    library = require("elasticsearch", "engines")
    client: Elasticsearch = library.Elasticsearch(
        url,
        api_key=secret.read(),
        request_timeout=timeout,
        max_retries=0,  # the caller repeats, and knows Retry-After
        **({"node_class": opensearch_node()} if product == "opensearch" else {}),
    )
    return client
