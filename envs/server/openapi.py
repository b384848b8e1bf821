"""The environment's protocol as an OpenAPI document, for clients to be made from and fuzzers to read."""

from __future__ import annotations

from typing import Any

from gymnasium import spaces

from ...retrieval.server.schemas import (
    ERROR,
    NUMBER,
    REFUSED,
    TEXT,
    get,
    make_document,
    record,
    reply,
)
from ..spaces import UnicodeText
from .game import Game

_ANYTHING: dict[str, Any] = {}
_OBJECT: dict[str, Any] = {"type": "object"}
_FLAG = {"type": "boolean"}
_BEGUN = {"observation": _ANYTHING, "info": _OBJECT}
_STEPPED = {**_BEGUN, "reward": NUMBER, "terminated": _FLAG, "truncated": _FLAG}
_SEED = {"type": ["integer", "null"], "minimum": 0}
_OPTIONS = {
    "type": ["object", "null"],
    "properties": {
        "question_id": {"type": ["string", "null"]},
        "index": {"type": ["integer", "null"], "minimum": 0},
    },
    "additionalProperties": False,
}
_ERRORS = {
    400: "The body is not JSON.",
    404: "There is no such session.",
    408: "The body did not come in time.",
    409: "The episode's state does not allow it, or the session is busy.",
    413: "The body is too large.",
    422: "A field is missing, wrong or beyond a limit.",
    500: "The environment failed.",
    502: "A retriever or a judge behind the environment failed.",
    503: "Too many sessions are open.",
}


def describe(game: Game, *, guarded: bool) -> dict[str, Any]:
    """Return the document, OpenAPI 3.1.

    Args:
        game: What is served: an action's schema is its action space.
        guarded: Whether a token is wanted.
    """
    session = {"session": TEXT}
    paths = {
        "/sessions": _sessions(record(session)),
        "/reset": _post(
            "Begin an episode.",
            record(session, {"seed": _SEED, "options": _OPTIONS}),
            record(_BEGUN),
        ),
        "/step": _post(
            "Take an action.", record({**session, "action": _action(game)}), record(_STEPPED)
        ),
        "/close": _post("Close a session.", record(session), record({})),
        "/info": {"get": get("What is served.", _OBJECT, REFUSED)},
        "/health": {"get": get("Whether it is up.", record({"status": {"const": "healthy"}}), {})},
    }
    closed = [path for path in paths if path != "/health"] if guarded else []
    return make_document("hopgym environment", paths, guarded=closed)


def _sessions(opened: dict[str, Any]) -> Any:
    """Opening wants no body, and its reply leads to what may be asked of the session."""
    path = _post("Open a session.", record({}), opened, "201")
    path["post"]["requestBody"]["required"] = False
    path["post"]["responses"]["201"]["links"] = {
        name: {
            "operationRef": f"#/paths/~1{name}/post",
            "requestBody": {"session": "$response.body#/session"},
        }
        for name in ("reset", "step", "close")
    }
    return path


def _post(summary: str, body: dict[str, Any], found: dict[str, Any], status: str = "200") -> Any:
    errors = {str(n): reply(words, ERROR) for n, words in _ERRORS.items()}
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {status: reply(summary, found), **REFUSED, **errors},
        }
    }


def _action(game: Game) -> dict[str, Any]:
    space = game.action_space
    if isinstance(space, spaces.Discrete):
        least = int(space.start)
        return {"type": "integer", "minimum": least, "maximum": least + int(space.n) - 1}
    if isinstance(space, spaces.MultiBinary):
        size = int(space.shape[0])
        bits = {"enum": [0, 1, False, True]}
        return {"type": "array", "items": bits, "minItems": size, "maxItems": size}
    if isinstance(space, UnicodeText):
        return {**TEXT, "minLength": space.min_length, "maxLength": space.max_length}
    return _ANYTHING
