"""Running the server: in the foreground for the command, or beside the caller for tests."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError, RetrievalError, require
from ..base import Retriever
from .app import make_app
from .connections import make_protocol
from .guard import LOCAL_NAMES, check_open, is_this_machine
from .limits import Limits

if TYPE_CHECKING:
    import uvicorn

HOST = "127.0.0.1"
PORT = 8000
_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 60  # longer than clients keep idle connections, so that none meets its end
_START_SECONDS = 30.0


def serve(
    retriever: Retriever,
    *,
    host: str = HOST,
    port: int = PORT,
    token: str | None = None,
    anyone: bool = False,
    limits: Limits | None = None,
    ready: Callable[[str], object] = print,
) -> None:
    """Serve a retriever until SIGINT or SIGTERM; requests under way are answered first.

    Args:
        retriever: What is searched.
        host: Whom to listen to; by default this machine alone.
        port: Where; 0 takes a free one.
        token: The bearer token that clients must send, if any. Without one, other machines are not
            listened to, and requests by another name than this machine's are refused.
        anyone: Listen to other machines without a token.
        limits: What clients may ask for.
        ready: Called with the URL once it accepts connections.

    Raises:
        ConfigError: If the address cannot be listened on, or lets other machines in without a token.
        MissingExtraError: If FastAPI or uvicorn is not installed.
    """
    check_open(host, token, anyone)
    limits = limits or Limits()
    app = make_app(retriever, limits, token, names_of(host))
    serve_app(app, limits, host=host, port=port, ready=ready)


def serve_app(
    app: Any,
    limits: Any,
    *,
    host: str,
    port: int,
    ready: Callable[[str], object] = print,
    sockets: bool = False,
) -> None:
    """Serve an application until SIGINT or SIGTERM; requests under way are answered first.

    Args:
        app: An ASGI application.
        limits: What clients may ask for; of it, how many connections and how slow ones.
        host: Whom to listen to.
        port: Where; 0 takes a free one.
        ready: Called with the URL once it accepts connections.
        sockets: Whether it has routes for WebSockets.

    Raises:
        ConfigError: If the address cannot be listened on.
        MissingExtraError: If uvicorn is not installed.
    """
    with _listening(host, port) as listener:
        server = _server(app, limits, sockets)
        ready(_url(listener))
        server.run(sockets=[listener])


@contextmanager
def running(
    retriever: Retriever,
    *,
    host: str = HOST,
    port: int = 0,
    token: str | None = None,
    anyone: bool = False,
    limits: Limits | None = None,
) -> Iterator[str]:
    """Serve a retriever from a thread of this process; the value is the URL.

    Raises:
        ConfigError: If the address cannot be listened on, or lets other machines in without a token.
        RetrievalError: If the server does not start.
    """
    check_open(host, token, anyone)
    limits = limits or Limits()
    with running_app(make_app(retriever, limits, token, names_of(host)), limits, host, port) as url:
        yield url


@contextmanager
def running_app(
    app: Any, limits: Any, host: str = HOST, port: int = 0, *, sockets: bool = False
) -> Iterator[str]:
    """Serve an application from a thread of this process; the value is the URL.

    Raises:
        ConfigError: If the address cannot be listened on.
        RetrievalError: If the server does not start.
    """
    with _listening(host, port) as listener:
        server = _server(app, limits, sockets)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            _wait_for(server, thread)
            yield _url(listener)
        finally:
            server.should_exit = True
            thread.join()


def read_token(variable: str | None) -> str | None:
    """Return the token that an environment variable holds; None stands for no token.

    Raises:
        ConfigError: If the variable is not set or empty.
    """
    if variable is None:
        return None
    token = os.environ.get(variable, "")
    if not token:
        raise ConfigError(
            f"The environment variable {variable!r} is not set or empty. Put the token there, or "
            "leave the option out."
        )
    return token


def names_of(host: str) -> set[str] | None:
    """Return the names by which a server that listens there may be asked; None for any."""
    return {host, *LOCAL_NAMES} if is_this_machine(host) else None


def _server(app: Any, limits: Any, sockets: bool) -> uvicorn.Server:
    library = require("uvicorn", "serve")
    config = library.Config(
        app,
        http=make_protocol(limits),
        ws="websockets-sansio" if sockets else "none",
        ws_max_size=limits.max_body,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=limits.stop_seconds,
    )
    server: uvicorn.Server = library.Server(config)
    return server


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends replies without delay only where the protocol is named: 40 ms a request
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(_BACKLOG)
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"Cannot listen on {host}:{port} ({error}). Give another port (0 takes a free "
                "one) or a host of this machine."
            ) from error
        yield listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _wait_for(server: uvicorn.Server, thread: Thread) -> None:
    until = monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or monotonic() > until:
            raise RetrievalError("The server did not start; see its log.")
        sleep(0.005)
