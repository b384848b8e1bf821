"""The environment's server as an ASGI application.

`POST /sessions`, `/reset`, `/step` and `/close`, `GET /info`, `/health` and `/openapi.json`, and
`/ws` for clients of OpenEnv. Every refusal is `{"detail": "...", "error": "..."}`: the status says
whose fault it is, and `error` is the name of the exception that the environment would have raised.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ... import errors
from ...errors import (
    ConfigError,
    DataError,
    EpisodeError,
    HopgymError,
    UnknownNameError,
    is_out_of_memory,
    require,
)
from ...retrieval.server.body import read_body
from ...retrieval.server.guard import Guard
from ...retrieval.server.protocol import RequestError
from . import protocol
from .game import Game
from .openapi import describe
from .openenv import Talk
from .sessions import FullError, UnknownSessionError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

T = TypeVar("T", protocol.Open, protocol.Reset, protocol.Step, protocol.Close)
_LOG = logging.getLogger("hopgym.server")
_STATUS: tuple[tuple[type[HopgymError], int], ...] = (
    (UnknownSessionError, 404),
    (FullError, 503),
    (EpisodeError, 409),
    (DataError, 422),
    (UnknownNameError, 422),
    (ConfigError, 422),
)
"""What is none of these is a failure behind the environment: 502."""


def make_app(game: Game, token: str | None = None, names: Collection[str] | None = None) -> FastAPI:
    """Return the application that serves an environment.

    Args:
        game: The environment and its sessions.
        token: If given, everything but `/health` wants it as a bearer token.
        names: By which names it may be asked where no token is wanted (see `Guard`); None for any.

    Raises:
        MissingExtraError: If FastAPI is not installed.
        ConfigError: If the token cannot stand in a header.
    """
    service = _Service(game, Guard(token, names))
    app: FastAPI = require("fastapi", "serve").FastAPI(
        title="hopgym environment", lifespan=service.lifespan, docs_url=None, redoc_url=None
    )
    document = describe(game, guarded=token is not None)
    app.openapi = lambda: document  # type: ignore[method-assign]
    for path in ("sessions", "reset", "step", "close"):
        app.add_route(f"/{path}", getattr(service, path), methods=["POST"])
    app.add_route("/info", service.info)
    app.add_route("/health", service.health)
    app.router.add_websocket_route("/ws", service.talk)
    return app


class _Service:
    """The endpoints and what they share."""

    def __init__(self, game: Game, guard: Guard) -> None:
        self._responses = require("starlette.responses", "serve")
        self._in_thread = require("starlette.concurrency", "serve").run_in_threadpool
        self._gone = require("starlette.requests", "serve").ClientDisconnect
        self._game, self._guard = game, guard

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        yield
        self._game.sessions.close_all()

    async def health(self, _: Request) -> Response:
        return self._json({"status": "healthy"})

    async def info(self, request: Request) -> Response:
        return self._refusal(request) or self._json(self._game.info)

    async def sessions(self, request: Request) -> Response:
        return await self._answer(request, protocol.Open, self._open, 201)

    async def reset(self, request: Request) -> Response:
        return await self._answer(request, protocol.Reset, self._reset)

    async def step(self, request: Request) -> Response:
        return await self._answer(request, protocol.Step, self._step)

    async def close(self, request: Request) -> Response:
        return await self._answer(request, protocol.Close, self._close)

    async def talk(self, socket: WebSocket) -> None:
        refused = self._guard.refusal(socket.headers)
        if refused is not None:
            await socket.close(1008, refused.detail[:120])
        else:
            await Talk(self._game, socket).run()

    def _open(self, _: protocol.Open) -> dict[str, Any]:
        return {"session": self._game.sessions.open()}

    def _reset(self, asked: protocol.Reset) -> dict[str, Any]:
        return self._game.reset(asked.session, protocol.seed_of(asked), protocol.options_of(asked))

    def _step(self, asked: protocol.Step) -> dict[str, Any]:
        return self._game.step(asked.session, asked.action)

    def _close(self, asked: protocol.Close) -> dict[str, Any]:
        self._game.sessions.close(asked.session)
        return {}

    async def _answer(
        self,
        request: Request,
        kind: type[T],
        act: Callable[[T], dict[str, Any]],
        status: int = 200,
    ) -> Response:
        if refusal := self._refusal(request):
            return refusal
        limits = self._game.limits
        try:
            asked = protocol.read(
                await read_body(request, limits.max_body, limits.body_seconds), kind
            )
            return self._json(await self._in_thread(act, asked), status)
        except RequestError as error:
            return self._error(error.status, error)
        except HopgymError as error:
            code = next((code for kind, code in _STATUS if isinstance(error, kind)), 502)
            return self._error(code, error)
        except self._gone as error:
            return self._error(400, error)
        except Exception as error:
            _LOG.exception("The environment failed.")
            if is_out_of_memory(error):
                return self._error(503, MemoryError("The server is out of memory. Come back."))
            told = f"The environment failed ({type(error).__name__}); see the server's log."
            return self._error(500, RuntimeError(told))

    def _refusal(self, request: Request) -> Response | None:
        refused = self._guard.refusal(request.headers)
        if refused is None:
            return None
        return self._json({"detail": refused.detail, "error": ""}, refused.status, refused.headers)

    def _error(self, status: int, error: Exception) -> Response:
        headers = {"Retry-After": "1"} if status == 503 else None
        public = (kind.__name__ for kind in type(error).__mro__ if hasattr(errors, kind.__name__))
        told = {"detail": str(error), "error": next(public, "EnvError")}
        return self._json(told, status, headers)

    def _json(
        self, content: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        response: Response = self._responses.Response(
            msgspec.json.encode(content), status, headers, "application/json"
        )
        return response
