"""What retrieval servers speak: one small object for each dialect.

A dialect turns queries into the body of a request and a reply into rows of what was found. It
knows nothing of HTTP, retries or documents. Used by `HttpRetriever`.

The dialects are those of the public search-agent trainers: Search-R1 (and verl, Tree-GRPO,
StepSearch, whose servers are its clones), SkyRL-gym, GEM, ZeroSearch, ReSearch, R1-Searcher, R3-RAG
and David-GRPO, each as in its repository.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from ..errors import ConfigError, RetrievalError, unknown_name
from .wire import title_and_text

Body = Callable[[Sequence[str], int], dict[str, Any]]


class Found(NamedTuple):
    """One result, as far as its server tells."""

    title: str
    text: str
    id: str | None = None
    score: float | None = None
    source: str = "General"
    components: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one family of servers is asked and answers."""

    name: str
    path: str
    """Where it is asked, unless the URL says."""
    body: Body
    """Queries and `k` to the fields of a request."""
    rows: Callable[[Any], Any] = lambda reply: reply
    """The rows of a reply, still as they came."""
    single: bool = False
    """Whether a request holds one query."""
    packed: bool = False
    """Whether it speaks MessagePack instead of JSON."""
    asks_scores: bool = False
    """Whether it asks for scores, so that one that is null is a fault, and not left out."""

    def __reduce__(self) -> tuple[Any, ...]:
        return dialect_of, (self.name,)

    def write(self, queries: Sequence[str], k: int) -> bytes:
        """Write a request."""
        encode = msgspec.msgpack.encode if self.packed else msgspec.json.encode
        return encode(self.body(queries, k))

    def read(self, reply: bytes, queries: int) -> list[list[Found]]:
        """Read a reply.

        Args:
            reply: The bytes.
            queries: How many were asked.

        Raises:
            RetrievalError: If it is not what this dialect promises, or has another number of rows.
        """
        decode = msgspec.msgpack.decode if self.packed else msgspec.json.decode
        try:
            rows = self.rows(decode(reply))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise RetrievalError(f"The reply cannot be read ({error}).") from error
        except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
            raise RetrievalError(f"The reply has another form ({error!r}).") from error
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise RetrievalError("The reply has another form: its rows are no lists.")
        if len(rows) != queries:
            raise RetrievalError(f"The reply has {len(rows)} rows for {queries} queries.")
        found = [[_found(item, row) for item in items] for row, items in enumerate(rows)]
        if self.asks_scores:
            _check_scores(rows)
        return found


def _found(item: Any, row: int) -> Found:
    """Read one result: a document, alone or beside its score, as a record or as a string."""
    outer = item if isinstance(item, Mapping) else {}
    record = outer.get("document", item)
    if isinstance(record, str):
        record = {"contents": record}
    words = title_and_text(record) if isinstance(record, Mapping) else None
    if words is None:
        raise RetrievalError(f"A result of row {row} has no text: {item!r:.100}.")
    source = record.get("source")
    return Found(
        *words,
        _id(record.get("id", record.get("_id")), row),
        _score(outer.get("score"), row),
        source if isinstance(source, str) and source else "General",
        _components(outer.get("components"), row),
    )


def _check_scores(rows: Sequence[Sequence[Any]]) -> None:
    """Refuse scores that are null: what a server makes of NaN."""
    for row, items in enumerate(rows):
        for item in items:
            if isinstance(item, Mapping) and "score" in item and item["score"] is None:
                raise RetrievalError(
                    f"A result of row {row} has the score null, though scores were asked for: its "
                    "retriever gives numbers that are not finite. Mend the server's retriever."
                )


def _id(value: Any, row: int) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RetrievalError(f"A result of row {row} has the id {value!r:.100}.")
    return str(value)


def _score(value: Any, row: int) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RetrievalError(f"A result of row {row} has the score {value!r:.100}.")
    return float(value)


def _components(value: Any, row: int) -> dict[str, float] | None:
    if not isinstance(value, Mapping):
        return None
    return {str(name): _score(part, row) or 0.0 for name, part in value.items()}


def _result(reply: Any) -> Any:
    return reply["result"]


def _with_scores(reply: Any) -> list[list[Any]]:
    """Join the two lists of David-GRPO."""
    rows = zip(reply["documents"], reply["scores"], strict=True)
    return [
        [{"document": one, "score": score} for one, score in zip(documents, scores, strict=True)]
        for documents, scores in rows
    ]


def _search_r1(queries: Sequence[str], k: int) -> dict[str, Any]:
    return {"queries": list(queries), "topk": k, "return_scores": True}


SEARCH_R1 = Dialect("search_r1", "/retrieve", _search_r1, _result, asks_scores=True)

_OTHERS = (
    Dialect("gem", "/retrieve", _search_r1, _result, packed=True, asks_scores=True),
    Dialect(
        "skyrl_gym",
        "/retrieve",
        lambda queries, k: {"query": queries[0], "topk": k, "return_scores": True},
        _result,
        single=True,
        asks_scores=True,
    ),
    Dialect(
        "zerosearch",
        "/retrieve",
        lambda queries, k: {"query": queries[0], "top_k": k},
        lambda reply: [reply],
        single=True,
    ),
    Dialect(
        "research",
        "/batch_search",
        lambda queries, k: {"query": list(queries), "top_n": k},
    ),
    Dialect(
        "r1_searcher",
        "/queries",
        lambda queries, k: {"queries": list(queries), "k": k},
        lambda reply: reply["answers"],
    ),
    Dialect("r3_rag", "/search", lambda queries, k: {"querys": list(queries)}),
    Dialect(
        "david_grpo",
        "/retrieve",  # the typing error in its second field is the server's
        lambda queries, k: {"query": list(queries), "tok_k": k, "return_score": True},
        _with_scores,
        asks_scores=True,
    ),
)

DIALECTS: Mapping[str, Dialect] = {
    "search_r1": SEARCH_R1,
    "verl": SEARCH_R1,
    **{dialect.name: dialect for dialect in _OTHERS},
}
"""The dialects by name."""


def dialect_of(name: str) -> Dialect:
    """Return the dialect of a name.

    Raises:
        UnknownNameError: If there is none.
    """
    if not isinstance(name, str):
        raise ConfigError(f"dialect is {name!r}; it is one of: {', '.join(DIALECTS)}.")
    if name not in DIALECTS:
        raise unknown_name("dialect", name, DIALECTS, "hopgym.retrieval.dialects.DIALECTS")
    return DIALECTS[name]
