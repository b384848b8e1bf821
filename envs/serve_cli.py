"""`hopgym serve retriever` and `hopgym serve env`.

The first stands here, and not beside its server, because a question set may bring the documents.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ..core import Document
from ..errors import ConfigError, DataError
from ..retrieval import Retriever, make_retriever, read_documents
from ..retrieval.corpus import Corpus
from ..retrieval.server.guard import check_open
from ..retrieval.server.limits import Limits
from ..retrieval.server.run import read_token, serve
from .datasets import make_questions
from .server.cli import serve_env

_LIMITS = Limits()
_Queries = Annotated[int, typer.Option(help="Queries of a request, at most.")]
_Chars = Annotated[int, typer.Option(help="Characters of a query, at most.")]
_Body = Annotated[int, typer.Option(help="Bytes of a request, at most.")]
_Waiting = Annotated[int, typer.Option(help="Queries that wait; beyond, 503.")]
_Connections = Annotated[int, typer.Option(help="Connections at a time, at most.")]
_Head = Annotated[float, typer.Option(help="Seconds to begin a request, at most.")]
_Sending = Annotated[float, typer.Option(help="Seconds to send its body, at most.")]


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""
    group = typer.Typer(help="Serve a part over HTTP.", no_args_is_help=True)
    group.command("retriever")(serve_retriever)
    group.command("env")(serve_env)
    app.add_typer(group, name="serve")


def serve_retriever(
    retriever: Annotated[
        str, typer.Option(help="A retriever, or the folder of a saved index.")
    ] = "bm25",
    documents: Annotated[Path | None, typer.Option(help="The documents' file.")] = None,
    questions: Annotated[
        str | None, typer.Option(help="A question set that brings the documents.")
    ] = None,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8000,
    token_env: Annotated[
        str | None, typer.Option(help="The environment variable that holds the bearer token.")
    ] = None,
    anyone: Annotated[
        bool, typer.Option("--anyone", help="Let other machines in without a token.")
    ] = False,
    default_k: Annotated[int, typer.Option(help="Hits, by default.")] = _LIMITS.default_k,
    max_k: Annotated[int, typer.Option(help="Hits of a query, at most.")] = _LIMITS.max_k,
    max_queries: _Queries = _LIMITS.max_queries,
    max_chars: _Chars = _LIMITS.max_chars,
    max_body: _Body = _LIMITS.max_body,
    max_waiting: _Waiting = _LIMITS.max_waiting,
    max_batch: Annotated[int, typer.Option(help="Queries searched together.")] = _LIMITS.max_batch,
    wait_ms: Annotated[float, typer.Option(help="Wait for more queries, under load.")] = (
        _LIMITS.wait_ms
    ),
    max_connections: _Connections = _LIMITS.max_connections,
    head_seconds: _Head = _LIMITS.head_seconds,
    body_seconds: _Sending = _LIMITS.body_seconds,
    workers: Annotated[int, typer.Option(help="Threads that search.")] = _LIMITS.workers,
) -> None:
    """Serve a retriever as Search-R1's `/retrieve`; Ctrl-C stops."""
    limits = Limits(
        max_body=max_body,
        max_queries=max_queries,
        max_chars=max_chars,
        max_k=max_k,
        default_k=default_k,
        max_batch=max_batch,
        wait_ms=wait_ms,
        workers=workers,
        max_waiting=max_waiting,
        max_connections=max_connections,
        head_seconds=head_seconds,
        body_seconds=body_seconds,
    )
    token = read_token(token_env)
    check_open(host, token, anyone)  # before minutes go into an index
    served = _made(retriever, _corpus(documents, questions))
    serve(
        served,
        host=host,
        port=port,
        token=token,
        anyone=anyone,
        limits=limits,
        ready=partial(_announce, served),
    )


def _corpus(documents: Path | None, questions: str | None) -> list[Document] | Corpus:
    if documents is not None and questions is not None:
        raise ConfigError("Give --documents or --questions, not both.")
    if documents is not None:
        return read_documents(documents)
    return Corpus.of(make_questions(questions).documents) if questions is not None else []


def _made(retriever: str, documents: list[Document] | Corpus) -> Retriever:
    try:
        return make_retriever(retriever, documents)
    except DataError as error:
        if len(documents) or "0 documents" not in str(error):
            raise
        raise DataError(
            f"The retriever {retriever!r} was given 0 documents. Give --documents FILE or "
            "--questions SET, or the folder of a saved index as --retriever."
        ) from error


def _announce(retriever: Retriever, url: str) -> None:
    """Say where the server is, in one line that scripts can read."""
    print(f"Serving {type(retriever).__name__} on {url}", flush=True)
