"""The protocol as an OpenAPI document, for clients to be made from and fuzzers to read."""

from __future__ import annotations

from typing import Any

from .limits import Limits
from .schemas import ERROR, NULL, NUMBER, REFUSED, TEXT, get, make_document, record, reply


def describe(limits: Limits, *, guarded: bool) -> dict[str, Any]:
    """Return the document, OpenAPI 3.1.

    Args:
        limits: What clients may ask for; the request's schema says so.
        guarded: Whether a token is wanted.
    """
    paths = {
        "/retrieve": {"post": _retrieve(limits)},
        "/health": {"get": get("Whether it is up.", record({"status": {"const": "ok"}}), {})},
        "/info": {"get": get("What it serves.", _INFO, REFUSED)},
        "/metrics": {"get": get("For Prometheus.", TEXT, REFUSED, "text/plain")},
    }
    closed = ("/retrieve", "/info", "/metrics") if guarded else ()
    return make_document("hopgym retriever", paths, guarded=closed)


def _retrieve(limits: Limits) -> dict[str, Any]:
    query = {"type": "string", "maxLength": limits.max_chars}
    rest = {
        "topk": {"type": ["integer", "null"], "minimum": 1, "maximum": limits.max_k},
        "return_scores": {"type": "boolean"},
    }
    many = {"type": "array", "items": query, "maxItems": limits.max_queries}
    body = {
        "oneOf": [
            {"type": "object", "required": [name], "properties": {name: kind, other: NULL, **rest}}
            for name, kind, other in (("queries", many, "query"), ("query", query, "queries"))
        ]
    }
    errors = {
        **REFUSED,
        **{str(n): reply(words, ERROR) for n, words in _ERRORS.items()},
    }
    return {
        "summary": "Search for queries.",
        "operationId": "retrieve",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": reply("A row for each query.", _FOUND), **errors},
    }


_ERRORS = {
    400: "The body is not JSON.",
    408: "The body did not come in time.",
    413: "The body is too large.",
    422: "A field is missing, wrong or beyond a limit.",
    500: "The retriever failed.",
    502: "The retriever could not answer.",
    503: "Too many wait, or the memory is full.",
    507: "The disk is full.",
}
_DOCUMENT = record({"id": TEXT, "contents": TEXT}, {"source": TEXT})
_SCORED = record(
    {"document": _DOCUMENT, "score": NUMBER},
    {"components": {"type": "object", "additionalProperties": NUMBER}},
)
_FOUND = record(
    {
        "result": {
            "type": "array",
            "items": {"type": "array", "items": {"anyOf": [_SCORED, _DOCUMENT]}},
        }
    }
)
_INFO = record(
    {
        "retriever": TEXT,
        "fingerprint": TEXT,
        "documents": {"type": ["integer", "null"], "minimum": 0},
        "limits": {"type": "object", "additionalProperties": NUMBER},
    }
)
