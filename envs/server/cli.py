"""`hopgym serve env`."""

from __future__ import annotations

from typing import Annotated

import typer

from ...retrieval.server.run import read_token
from ..keywords import read_keywords
from .limits import EnvLimits
from .run import PORT, serve

_LIMITS = EnvLimits()


def serve_env(
    env_id: Annotated[str, typer.Argument(help="The environment.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A keyword of it, as name=value.")
    ] = None,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = PORT,
    token_env: Annotated[
        str | None, typer.Option(help="The environment variable that holds the bearer token.")
    ] = None,
    anyone: Annotated[
        bool, typer.Option("--anyone", help="Let other machines in without a token.")
    ] = False,
    max_sessions: Annotated[int, typer.Option(help="Episodes at a time, at most.")] = (
        _LIMITS.max_sessions
    ),
    idle_seconds: Annotated[
        float, typer.Option(help="A session unused for so long may make room for another.")
    ] = _LIMITS.idle_seconds,
    max_body: Annotated[int, typer.Option(help="Bytes of a request, at most.")] = _LIMITS.max_body,
    max_connections: Annotated[int, typer.Option(help="Connections at a time, at most.")] = (
        _LIMITS.max_connections
    ),
    head_seconds: Annotated[
        float, typer.Option(help="How long a client may take to begin a request.")
    ] = _LIMITS.head_seconds,
    body_seconds: Annotated[
        float, typer.Option(help="How long it may take to send the body.")
    ] = _LIMITS.body_seconds,
) -> None:
    """Serve an environment over HTTP and to clients of OpenEnv; Ctrl-C stops.

    Clients choose the seed and the question. All else is given here.
    """
    limits = EnvLimits(
        max_sessions=max_sessions,
        idle_seconds=idle_seconds,
        max_body=max_body,
        max_connections=max_connections,
        head_seconds=head_seconds,
        body_seconds=body_seconds,
    )
    serve(
        env_id,
        read_keywords(set_ or [], {}),
        host=host,
        port=port,
        token=read_token(token_env),
        anyone=anyone,
        limits=limits,
        ready=lambda url: print(f"Serving {env_id} on {url}", flush=True),
    )
