"""Serving an environment: in the foreground for the command, or beside the caller for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...retrieval.server.guard import check_open
from ...retrieval.server.run import HOST, names_of, running_app, serve_app
from .app import make_app
from .game import Game
from .limits import EnvLimits

PORT = 8001


def serve(
    env_id: str,
    env_kwargs: Mapping[str, Any] | None = None,
    *,
    host: str = HOST,
    port: int = PORT,
    token: str | None = None,
    anyone: bool = False,
    limits: EnvLimits | None = None,
    ready: Callable[[str], object] = print,
) -> None:
    """Serve an environment until SIGINT or SIGTERM; requests under way are answered first.

    Args:
        env_id: A registered environment, or `file.py:id`.
        env_kwargs: Its keyword arguments. Clients choose the seed and the question, nothing else.
        host: Whom to listen to; by default this machine alone.
        port: Where; 0 takes a free one.
        token: The bearer token that clients must send, if any. Without one, other machines are not
            listened to, and requests by another name than this machine's are refused.
        anyone: Listen to other machines without a token.
        limits: What clients may ask for.
        ready: Called with the URL once it accepts connections.

    Raises:
        ConfigError: If the environment cannot be made, or the address not be listened on, or it
            lets other machines in without a token.
        MissingExtraError: If FastAPI or uvicorn is not installed.
    """
    check_open(host, token, anyone)
    game = Game(env_id, env_kwargs, limits)
    app = make_app(game, token, names_of(host))
    serve_app(app, game.limits, host=host, port=port, ready=ready, sockets=True)


@contextmanager
def running(
    env_id: str,
    env_kwargs: Mapping[str, Any] | None = None,
    *,
    host: str = HOST,
    port: int = 0,
    token: str | None = None,
    limits: EnvLimits | None = None,
) -> Iterator[str]:
    """Serve an environment from a thread of this process; the value is the URL.

    Raises:
        ConfigError: If the environment cannot be made, or the address not be listened on.
    """
    check_open(host, token, anyone=False)
    game = Game(env_id, env_kwargs, limits)
    app = make_app(game, token, names_of(host))
    with running_app(app, game.limits, host, port, sockets=True) as url:
        yield url
