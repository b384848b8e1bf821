"""The server as an ASGI application: `/retrieve`, `/health`, `/info` and `/metrics`.

Every refusal is `{"detail": "..."}` with a status that says whose fault it is: 4xx is the
client's, 502 the retriever's, and 503 asks to come back after `Retry-After` seconds.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, Coroutine, Sized
from contextlib import asynccontextmanager
from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import ConfigError, HopgymError, require
from ..base import Retriever
from .batcher import Batcher, OverloadedError
from .limits import Limits
from .metrics import Metrics
from .protocol import RequestError, read_request, write_reply

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

T = TypeVar("T")

GONE = 499
"""Noted in the metrics where a client left before its answer; nginx's number for it."""
_DRAIN = 16
"""A body that is too large is read, and dropped, up to so many times the limit: a client that is
cut off while it sends does not get to see why."""
_LOG = logging.getLogger("hopgym.server")


def make_app(
    retriever: Retriever, limits: Limits | None = None, token: str | None = None
) -> FastAPI:
    """Return the application that serves a retriever.

    Args:
        retriever: What is searched.
        limits: What clients may ask for.
        token: If given, `/retrieve`, `/info` and `/metrics` want it as a bearer token.

    Raises:
        MissingExtraError: If FastAPI is not installed.
        ConfigError: If the token cannot stand in a header.
    """
    if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
        raise ConfigError("The token is empty or has characters that no header can hold.")
    service = _Service(retriever, limits or Limits(), token)
    app: FastAPI = require("fastapi", "serve").FastAPI(
        title="hopgym retriever", lifespan=service.lifespan, openapi_url=None
    )
    # added as plain routes: the body must not be parsed before it was measured
    app.add_route("/retrieve", service.retrieve, methods=["POST"])
    app.add_route("/health", service.health)
    app.add_route("/info", service.info)
    app.add_route("/metrics", service.metrics)
    return app


class _Service:
    """The endpoints and what they share."""

    def __init__(self, retriever: Retriever, limits: Limits, token: str | None) -> None:
        self._responses = require("starlette.responses", "serve")
        self._gone = require("starlette.requests", "serve").ClientDisconnect
        self._retriever, self._limits = retriever, limits
        self._token = None if token is None else token.encode()
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
            name = type(error).__name__
            response = self._error(500, f"The retriever failed ({name}); see the server's log.")
        return response, response.status_code

    async def _searched(self, request: Request) -> Response:
        asked = read_request(await self._body(request), self._limits)
        if self._batcher is None:
            raise OverloadedError("The server is starting or stopping.")
        hits = await _unless_gone(request, self._batcher.search(asked.queries, asked.k), self._gone)
        kind = "application/msgpack" if asked.packed else "application/json"
        reply = write_reply(hits, asked.scores, asked.packed)
        response: Response = self._responses.Response(reply, media_type=kind)
        return response

    async def _body(self, request: Request) -> bytes:
        """Read the body, no longer than allowed in bytes and seconds."""
        limit = self._limits.max_body
        body, size = bytearray(), 0
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size <= limit:
                        body += chunk
                    elif size > _DRAIN * limit:
                        break
        except TimeoutError as error:
            raise RequestError(
                408, f"The body did not arrive within {self._limits.body_seconds:g} s."
            ) from error
        if size > limit:
            raise RequestError(
                413, f"The body has more than {limit} bytes. Send fewer queries at a time."
            )
        return bytes(body)

    def _refusal(self, request: Request) -> Response | None:
        if self._token is None:
            return None
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), self._token)
        if right and kind.lower() == "bearer":
            return None
        return self._error(
            401,
            "This server wants its token: send 'Authorization: Bearer ...'.",
            {"WWW-Authenticate": "Bearer"},
        )

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
