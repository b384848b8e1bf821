"""The server as an ASGI application: `/retrieve`, `/health`, `/info`, `/metrics`, `/openapi.json`.

Every refusal is `{"detail": "..."}` with a status that says whose fault it is: 4xx is the
client's, 502 the retriever's, 503 asks to come back after `Retry-After` seconds, and 507 says that
the disk is full.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Coroutine, Sized
from contextlib import asynccontextmanager
from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import ConfigError, HopgymError, is_out_of_memory, require
from ...files import why_not_written
from ..base import Retriever
from .batcher import Batcher, OverloadedError
from .body import read_body
from .guard import Guard
from .limits import Limits
from .metrics import Metrics
from .openapi import describe
from .protocol import RequestError, read_request, write_reply

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

T = TypeVar("T")

GONE = 499
"""Noted in the metrics where a client left before its answer; nginx's number for it."""
_LOG = logging.getLogger("hopgym.server")


def make_app(
    retriever: Retriever,
    limits: Limits | None = None,
    token: str | None = None,
    names: Collection[str] | None = None,
) -> FastAPI:
    """Return the application that serves a retriever.

    Args:
        retriever: What is searched.
        limits: What clients may ask for.
        token: If given, `/retrieve`, `/info` and `/metrics` want it as a bearer token.
        names: By which names they may be asked where no token is wanted (see `Guard`); None for any.

    Raises:
        MissingExtraError: If FastAPI is not installed.
        ConfigError: If the token cannot stand in a header.
    """
    limits = limits or Limits()
    service = _Service(retriever, limits, Guard(token, names))
    app: FastAPI = require("fastapi", "serve").FastAPI(
        title="hopgym retriever", lifespan=service.lifespan, docs_url=None, redoc_url=None
    )
    document = describe(limits, guarded=token is not None)
    app.openapi = lambda: document  # type: ignore[method-assign]
    # added as plain routes: the body must not be parsed before it was measured
    app.add_route("/retrieve", service.retrieve, methods=["POST"])
    app.add_route("/health", service.health)
    app.add_route("/info", service.info)
    app.add_route("/metrics", service.metrics)
    return app


class _Service:
    """The endpoints and what they share."""

    def __init__(self, retriever: Retriever, limits: Limits, guard: Guard) -> None:
        self._responses = require("starlette.responses", "serve")
        self._gone = require("starlette.requests", "serve").ClientDisconnect
        self._retriever, self._limits = retriever, limits
        self._guard = guard
        self._metrics = Metrics()
        self._batcher: Batcher | None = None

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        batcher = Batcher(self._retriever, self._limits, self._metrics)
        batcher.start()
        self._batcher = batcher
        try:
            yield
        finally:
            self._batcher = None
            await batcher.close()

    async def retrieve(self, request: Request) -> Response:
        start = perf_counter()
        response, status = await self._answered(request)
        self._metrics.request(status, perf_counter() - start)
        return response

    async def health(self, _: Request) -> Response:
        return self._json({"status": "ok"})

    async def info(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        documents = getattr(self._retriever, "documents", None)
        count = len(documents) if isinstance(documents, Sized) else None
        return self._json(
            {
                "retriever": type(self._retriever).__name__,
                "fingerprint": self._retriever.fingerprint,
                "documents": count,
                "limits": asdict(self._limits),
            }
        )

    async def metrics(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        waiting = self._batcher.waiting if self._batcher else 0
        response: Response = self._responses.PlainTextResponse(
            self._metrics.text(waiting), media_type="text/plain; version=0.0.4"
        )
        return response

    async def _answered(self, request: Request) -> tuple[Response, int]:
        try:
            response = self._refusal(request) or await self._searched(request)
        except RequestError as error:
            response = self._error(error.status, error)
        except OverloadedError as error:
            response = self._error(503, error, {"Retry-After": "1"})
        except asyncio.CancelledError:  # by the server, that stops and has waited long enough
            response = self._error(503, "The server is stopping.", {"Retry-After": "1"})
        except ConfigError as error:
            response = self._error(422, error)
        except HopgymError as error:
            _LOG.warning("The retriever could not answer: %s", error)
            response = self._error(502, error)
        except self._gone:
            return self._error(400, "The client has gone."), GONE
        except Exception as error:
            _LOG.exception("The retriever failed.")
            response = self._broken(error)
        return response, response.status_code

    def _broken(self, error: Exception) -> Response:
        """Say what the machine refused, or that the retriever has a mistake; the server lives on."""
        if is_out_of_memory(error):
            told = "The server is out of memory. Come back, or ask for fewer queries or hits."
            return self._error(503, told, {"Retry-After": "1"})
        if why_not_written(error) is not None:
            return self._error(507, "The server's disk is full, or refuses.")
        name = type(error).__name__
        return self._error(500, f"The retriever failed ({name}); see the server's log.")

    async def _searched(self, request: Request) -> Response:
        limits = self._limits
        body = await read_body(request, limits.max_body, limits.body_seconds)
        asked = read_request(body, limits)
        if self._batcher is None:
            raise OverloadedError("The server is starting or stopping.")
        hits = await _unless_gone(request, self._batcher.search(asked.queries, asked.k), self._gone)
        kind = "application/msgpack" if asked.packed else "application/json"
        reply = write_reply(hits, asked.scores, asked.packed)
        response: Response = self._responses.Response(reply, media_type=kind)
        return response

    def _refusal(self, request: Request) -> Response | None:
        refused = self._guard.refusal(request.headers)
        return None if refused is None else self._error(*refused)

    def _error(
        self, status: int, detail: object, headers: dict[str, str] | None = None
    ) -> Response:
        response: Response = self._responses.JSONResponse(
            {"detail": str(detail)}, status_code=status, headers=headers
        )
        return response

    def _json(self, content: Any) -> Response:
        response: Response = self._responses.JSONResponse(content)
        return response


async def _unless_gone(request: Request, work: Coroutine[Any, Any, T], gone: type[Exception]) -> T:
    """Return what the work gives, or give it up when the client hangs up."""
    task = asyncio.ensure_future(work)
    watch = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise gone
        return task.result()
    finally:
        task.cancel()
        watch.cancel()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
