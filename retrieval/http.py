"""A retriever that is somewhere else: any server that speaks one of the known dialects.

    make_retriever("http?url=http://127.0.0.1:8000")
    make_retriever("http?url=http://10.0.0.7:5003&dialect=r1_searcher")

Every failure ends as a `RetrievalError` that says what to do, never as an empty row: a server that
is out of reach after all retries, one that refuses, and a reply that is malformed or short. After
several failures in a row it is left alone for a while (see `hopgym.retrieval.breaker`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..core import Document
from ..errors import ConfigError, RetrievalError, require
from ..files import fingerprint
from .backoff import TemporaryError, retry_after
from .base import Hits, Immutable, check_k, check_queries
from .corpus import Corpus
from .dialects import Dialect, Found, dialect_of
from .remote import Caller, PerProcess, Secret, check_numbers, check_url, is_local

if TYPE_CHECKING:
    import httpx

MAX_HITS = 50_000
"""How many hits one request asks for, of all its queries together."""

_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}
_CURES = {
    401: "Name the environment variable that holds its token: token_env=...",
    403: "Name the environment variable that holds its token: token_env=...",
    404: "Check the path of the url and the dialect.",
    405: "Check the path of the url and the dialect.",
    413: "Set a smaller batch (batch=...), or ask for fewer hits (k).",
    422: "Ask for fewer hits (k), set a smaller batch (batch=...), or check the dialect.",
}
_AT_A_TIME = re.compile(r"queries; this server takes (\d+)")


class HttpRetriever(Immutable):
    """Asks a retrieval server.

    Args:
        documents: The documents that are known here. A result with the very title and text of one
            of them becomes it, with its id, source and metadata. Nothing else is searched in them.
        url: Where the server is, such as `http://127.0.0.1:8000`. With a path, that is asked, and
            else the dialect's. There is no default.
        dialect: What it speaks, one of `hopgym.retrieval.dialects.DIALECTS`.
        timeout: Seconds for connecting, and for each part of a reply.
        retries: How many times a failed request is repeated.
        token_env: The environment variable that holds the bearer token, if one is wanted.
        batch: How many queries go into one request.
        connections: How many requests of one search are under way at once.
        backoff: Seconds before the first repetition; then they double.
        failures: How many searches in a row may fail before the server is left alone.
        pause: For how many seconds it then is.

    A document without an id is named by its content. Without scores, or with only some, the n-th
    of a row has the score 1/n.

    Raises:
        ConfigError: If there is no url, an option is out of its range, or the token's variable is
            not set.
        UnknownNameError: If there is no such dialect.
        MissingExtraError: If httpx is not installed.
    """

    def __init__(
        self,
        documents: Iterable[Document] = (),
        *,
        url: str | None = None,
        dialect: str = "search_r1",
        timeout: float = 10.0,
        retries: int = 3,
        token_env: str | None = None,
        batch: int = 256,
        connections: int = 8,
        backoff: float = 0.25,
        failures: int = 5,
        pause: float = 10.0,
    ) -> None:
        check_numbers({"batch": batch, "connections": connections}, {"timeout": timeout})
        self._dialect = dialect_of(dialect)
        self._url = _full_url(url, self._dialect)
        self._batch, self._connections = batch, connections
        self._token, self._token_env = Secret(token_env), token_env
        require("httpx", "serve")
        self._clients = PerProcess(partial(_client, timeout, is_local(self._url)))
        self._call = Caller(
            f"The retriever at {self._url}",
            partial(_translated, self._url, timeout),
            retries=retries,
            backoff=backoff,
            failures=failures,
            pause=pause,
        )
        corpus = Corpus.of(documents)
        self._known = _by_content(corpus)
        here = corpus.fingerprint if corpus else None
        self.fingerprint = fingerprint(["http", self._url, dialect, here])

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return what the server finds, up to `k` hits for each query.

        Raises:
            ConfigError: If `k` is below 1.
            RetrievalError: If the server did not answer as it must.
        """
        check_k(k)
        check_queries(queries)
        size = 1 if self._dialect.single else max(1, min(self._batch, MAX_HITS // int(k)))
        parts = [queries[start : start + size] for start in range(0, len(queries), size)]
        if len(parts) < 2:
            replies = [self._ask(part, int(k)) for part in parts]
        else:
            with ThreadPoolExecutor(min(len(parts), self._connections)) as pool:
                replies = list(pool.map(lambda part: self._ask(part, int(k)), parts))
        return _hits([self._row(row, int(k)) for reply in replies for row in reply])

    def _ask(self, queries: Sequence[str], k: int) -> list[list[Found]]:
        body = self._dialect.write(queries, k)
        reply = self._call(self._post, body)
        try:
            return self._dialect.read(reply, len(queries))
        except RetrievalError as error:
            raise RetrievalError(
                f"{error} It came from {self._url}: check the url and the dialect."
            ) from error

    def _post(self, body: bytes) -> bytes:
        kind = "application/msgpack" if self._dialect.packed else "application/json"
        headers = {"Content-Type": kind}
        if token := self._token.read():
            headers["Authorization"] = f"Bearer {token}"
        response = self._clients.get().post(self._url, content=body, headers=headers)
        if response.status_code != 200:
            raise _refused(self._url, response, self._token_env)
        return response.content

    def _row(self, found: Sequence[Found], k: int) -> _Row:
        """Turn results into hits, each document once."""
        hits: dict[str, tuple[Document, Found]] = {}
        for one in found[:k]:
            document = self._document(one)
            hits.setdefault(document.id, (document, one))
        results = [one for _, one in hits.values()]
        scores = [one.score for one in results if one.score is not None]
        if len(scores) < len(results):
            scores = [1 / place for place in range(1, len(results) + 1)]
        parts = [one.components for one in results if one.components is not None]
        return [document for document, _ in hits.values()], scores, parts

    def _document(self, found: Found) -> Document:
        same = self._known.get((found.title.strip(), found.text.strip()), ())
        for document in same:
            if found.id in (None, document.id):
                return document
        if same:
            return same[0]
        id = found.id or fingerprint([found.title, found.text])
        return Document(id, found.title, found.text, found.source)

    def __repr__(self) -> str:
        return f"HttpRetriever({self._url!r})"


_Row = tuple[list[Document], list[float], list[Any]]


def _hits(rows: Sequence[_Row]) -> Hits:
    whole = all(len(parts) == len(row) for row, _, parts in rows) and any(p for _, _, p in rows)
    return Hits(
        [documents for documents, _, _ in rows],
        [scores for _, scores, _ in rows],
        [parts for _, _, parts in rows] if whole else None,
    )


def _client(timeout: float, local: bool) -> httpx.Client:
    library = require("httpx", "serve")
    client: httpx.Client = library.Client(
        timeout=timeout,
        limits=library.Limits(max_connections=None, max_keepalive_connections=64),
        trust_env=not local,  # a proxy leads away from this machine
    )
    return client


def _translated(url: str, timeout: float, error: Exception) -> RetrievalError:
    library = require("httpx", "serve")
    why = f"({type(error).__name__}: {error})"
    if isinstance(error, library.TimeoutException):
        return TemporaryError(
            f"The retriever at {url} did not answer within {timeout:g} s {why}. Start it, or check "
            "the url and the timeout."
        )
    if isinstance(error, library.ConnectError):
        return TemporaryError(
            f"No server can be reached at {url} {why}. Start it, or check the url."
        )
    if isinstance(error, library.TransportError):
        return TemporaryError(
            f"The connection to {url} broke before it answered {why}. See what the server logged."
        )
    return RetrievalError(f"The reply of {url} cannot be read ({error!r:.200}).")


def _refused(url: str, response: httpx.Response, token_env: str | None) -> RetrievalError:
    status = response.status_code
    message = f"The retriever at {url} answered {status}: {_detail(response)}."
    if status in _TEMPORARY:
        return TemporaryError(message, _later(response))
    return RetrievalError(f"{message} {_cure(status, message, token_env)}")


def _later(response: httpx.Response) -> float | None:
    return retry_after(response.headers.get("retry-after"), response.headers.get("date"))


def _cure(status: int, message: str, token_env: str | None) -> str:
    if status in (401, 403) and token_env is not None:
        return f"It refused the token that token_env={token_env} names: put its own in there."
    if limit := _AT_A_TIME.search(message):
        return f"Set batch={limit[1]}."
    return _CURES.get(status, "Check the url and the dialect.")


def _detail(response: httpx.Response) -> str:
    """What a refusal says of itself, cut short."""
    try:
        said = response.json()["detail"]
    except (ValueError, KeyError, TypeError, RecursionError):
        said = response.text
    return f"{str(said)[:200]!r}"


def _full_url(url: str | None, dialect: Dialect) -> str:
    if url is None:
        raise ConfigError(
            "The retriever http needs the url of a server: "
            "retriever='http?url=http://127.0.0.1:8000', or HttpRetriever(url=...)."
        )
    parts = urlsplit(check_url(url, "http://127.0.0.1:8000"))
    path = parts.path.rstrip("/") or dialect.path
    return parts._replace(path=path, fragment="").geturl()


def _by_content(corpus: Corpus) -> dict[tuple[str, str], list[Document]]:
    known: dict[tuple[str, str], list[Document]] = {}
    for document in corpus.by_rank():
        known.setdefault((document.title.strip(), document.text.strip()), []).append(document)
    return known
