r"""The `/retrieve` protocol: bytes to a request, hits to bytes.

    {"queries": ["..."], "topk": 3, "return_scores": true}
    {"result": [[{"document": {"id": "0", "contents": "\"Title\"\ntext"}, "score": 0.83}]]}

Without scores a row lists the bare documents. This is the protocol of Search-R1's retrieval server
(github.com/PeterGriffinJin/Search-R1, `search_r1/search/retrieval_server.py`), where leaving the
scores out was meant but fails. SkyRL-gym sends one `query`; GEM speaks MessagePack instead of JSON.
Knows nothing of HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from ...core import Document
from ...errors import ConfigError
from ..base import Hits
from ..wire import to_wire
from .limits import Limits


class RequestError(ConfigError):
    """A request that cannot be served; `status` is the HTTP status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """A request that keeps all limits."""

    queries: tuple[str, ...]
    k: int
    scores: bool
    packed: bool
    """Whether it came as MessagePack, and the reply goes so."""


class _Body(msgspec.Struct):
    queries: list[str] | None = None
    query: str | None = None
    topk: float | None = None  # JSON has one kind of number: 3.0 is 3
    return_scores: bool = False


def read_request(body: bytes, limits: Limits) -> Request:
    """Read a request.

    Raises:
        RequestError: With status 400 if it is not JSON, and 422 if a field is missing, of the
            wrong type or beyond a limit.

    >>> read_request(b'{"queries": ["Who?"]}', Limits())
    Request(queries=('Who?',), k=3, scores=False, packed=False)
    """
    packed = _is_packed(body)
    fields = _decode(body, packed)
    queries = _queries(fields, limits)
    k = _k(fields, limits)
    if k * len(queries) > limits.max_hits:
        raise RequestError(
            422,
            f"{len(queries)} queries with {k} hits each are more than {limits.max_hits} hits. "
            "Send fewer queries at a time.",
        )
    return Request(queries, k, fields.return_scores, packed)


def write_reply(hits: Hits, scores: bool, packed: bool = False) -> bytes:
    """Write the hits of a request, with or without their scores.

    >>> write_reply(Hits([[]], [[]]), scores=True)
    b'{"result":[[]]}'
    """
    if scores:
        rows: list[Any] = [[_scored(*hit) for hit in row] for row in hits]
        if hits.components is not None:
            for row, components in zip(rows, hits.components, strict=True):
                for record, parts in zip(row, components, strict=True):
                    record["components"] = dict(parts)
    else:
        rows = [[to_wire(document) for document in row] for row in hits.documents]
    encode = msgspec.msgpack.encode if packed else msgspec.json.encode
    return encode({"result": rows})


def _scored(document: Document, score: float) -> dict[str, Any]:
    return {"document": to_wire(document), "score": float(score)}


def _is_packed(body: bytes) -> bool:
    """Whether a body begins as a MessagePack map, which no JSON does."""
    return bool(body) and (0x80 <= body[0] <= 0x8F or body[0] in (0xDE, 0xDF))


def _decode(body: bytes, packed: bool) -> _Body:
    decode = msgspec.msgpack.decode if packed else msgspec.json.decode
    try:
        return decode(body, type=_Body)
    except msgspec.ValidationError as error:
        raise RequestError(
            422,
            f'{error}. Send {{"queries": ["..."], "topk": 3, "return_scores": true}}.',
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestError(400, f"The body is not JSON ({error}).") from error


def _k(fields: _Body, limits: Limits) -> int:
    k = limits.default_k if fields.topk is None else fields.topk
    if not 1 <= k <= limits.max_k or k != int(k):
        raise RequestError(
            422, f"topk is {k:.15g}; ask for 1 to {limits.max_k} hits, in a whole number."
        )
    return int(k)


def _queries(fields: _Body, limits: Limits) -> tuple[str, ...]:
    if (fields.queries is None) == (fields.query is None):
        raise RequestError(422, 'Send either "queries", a list of strings, or "query", a string.')
    queries = (fields.query,) if fields.query is not None else tuple(fields.queries or ())
    if len(queries) > limits.max_queries:
        raise RequestError(
            422,
            f"{len(queries)} queries; this server takes {limits.max_queries} at a time.",
        )
    for position, query in enumerate(queries):
        if len(query) > limits.max_chars:
            raise RequestError(
                422,
                f"Query {position} has {len(query)} characters; this server takes "
                f"{limits.max_chars}.",
            )
    return queries
