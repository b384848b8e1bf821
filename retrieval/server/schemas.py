"""What the OpenAPI documents of our servers are made of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
NULL: Schema = {"type": "null"}


def make_document(
    title: str, paths: dict[str, Any], *, guarded: Collection[str] = ()
) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document.

    Args:
        title: What the server is.
        paths: Its paths; each has one method.
        guarded: The paths that want the token.
    """
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
    }
    if guarded:
        document["components"] = {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}
        }
        for path in guarded:
            next(iter(paths[path].values()))["security"] = [{"token": []}]
    return document


def get(
    summary: str, schema: Schema, refused: dict[str, Any], kind: str = "application/json"
) -> dict[str, Any]:
    """Return an operation without a body."""
    return {"summary": summary, "responses": {"200": reply(summary, schema, kind), **refused}}


def reply(words: str, schema: Schema, kind: str = "application/json") -> dict[str, Any]:
    """Return a response."""
    return {"description": words, "content": {kind: {"schema": schema}}}


def record(properties: dict[str, Any], optional: dict[str, Any] | None = None) -> Schema:
    """Return the schema of an object with these fields and no others."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": {**properties, **(optional or {})},
        "additionalProperties": False,
    }


ERROR = record({"detail": TEXT}, {"error": TEXT})
REFUSED = {
    "401": reply("The token is missing or wrong.", ERROR),
    "403": reply("It was asked by the name of another machine.", ERROR),
}
