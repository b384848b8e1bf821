"""What does the server gain by searching for many clients at once?

One process serves a retriever twice: once as it is, and once with batches of one query. Another
lets many clients ask at once, one query a request, and compares every answer, byte by byte, with
what the retriever finds in its own process. The two servers take turns, so that a busy machine
slows both; the ratio is the median over the turns. `empty` finds nothing: the cost of the wire.

    python -m hopgym.benchmarks.speed.serve [--seconds 60] [--clients 64] [--documents 100000]
        [--retrievers empty bm25 "dense?encoder=hashing?dim=384"] [--rounds 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import re
import statistics
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from ...core import Document
from ...errors import RetrievalError
from ...files import atomic_write
from ...retrieval import make_retriever
from ...retrieval.server import Limits, running
from ...retrieval.server.protocol import write_reply
from .bm25 import K, make_texts
from .load import Exchange, Load, drive

RETRIEVERS = ("empty", "bm25", "dense?encoder=hashing?dim=384")
DOCUMENTS = 100_000
CLIENTS = 64
SECONDS = 60.0
ROUNDS = 3
QUERIES = 1_024
WARM_UP = 1.0
"""Seconds of asking that are not counted."""


class Served(NamedTuple):
    """Two servers of one retriever, and what they must answer."""

    batched: str
    """A URL."""
    unbatched: str
    """The other one's."""
    exchanges: Sequence[Exchange]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two servers, over all turns."""

    per_second: float
    """Right answers, the median of the turns."""
    median_ms: float
    """From a request to its answer."""
    slow_ms: float
    """What 99 of 100 answers stay below."""
    batch: float
    """Queries in a search, on average."""


@dataclass(frozen=True, slots=True)
class ServeRow:
    """What a retriever gains."""

    retriever: str
    batched: Side
    unbatched: Side
    ratio: float
    """Answers a second, batched to unbatched: the median of the turns."""
    answers: int
    wrong: int
    lost: int
    failures: int


@dataclass(frozen=True, slots=True)
class ServeReport:
    """All that was measured."""

    documents: int
    clients: int
    seconds: float
    rounds: int
    machine: dict[str, Any]
    rows: list[ServeRow] = field(default_factory=list)

    def write(self, path: str | Path) -> None:
        """Write it as JSON."""
        with atomic_write(path) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(asdict(self)), indent=2) + b"\n")


def measure(
    retrievers: Sequence[str] = RETRIEVERS,
    documents: int = DOCUMENTS,
    clients: int = CLIENTS,
    seconds: float = SECONDS,
    rounds: int = ROUNDS,
) -> ServeReport:
    """Let the clients ask every retriever's two servers.

    Args:
        retrievers: What is served, as `make_retriever` takes it.
        documents: How many are searched.
        clients: How many ask at once.
        seconds: For how long each server is asked, in all its turns together.
        rounds: How many turns it has.
    """
    about = {"python": platform.python_version(), "cores": os.cpu_count()}
    report = ServeReport(documents, clients, seconds, rounds, about)
    for spec in retrievers:
        with serving(spec, documents) as served:
            report.rows.append(_raced(spec, served, clients, seconds / rounds, rounds))
    return report


@contextmanager
def serving(spec: str, documents: int) -> Iterator[Served]:
    """Serve a retriever over a synthetic corpus from another process.

    Raises:
        RetrievalError: If that process ends before it serves.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(spec, documents, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    except EOFError as error:
        raise RetrievalError(f"The process that was to serve {spec!r} ended early.") from error
    finally:
        ours.close()
        process.join()


def show(report: ServeReport) -> Table:
    """Lay it out."""
    table = Table(
        title=f"The server: {report.clients} clients, {report.documents:,} documents, best {K}"
    )
    table.add_column("retriever")
    for name in ("batched/s", "unbatched/s", "ratio", "queries a search"):
        table.add_column(name, justify="right")
    for name in ("batched p50, p99 ms", "unbatched p50, p99 ms", "answers", "not right"):
        table.add_column(name, justify="right")
    for row in report.rows:
        table.add_row(
            row.retriever,
            f"{row.batched.per_second:,.0f}",
            f"{row.unbatched.per_second:,.0f}",
            f"{row.ratio:.2f}",
            f"{row.batched.batch:.1f}",
            f"{row.batched.median_ms:,.0f}, {row.batched.slow_ms:,.0f}",
            f"{row.unbatched.median_ms:,.0f}, {row.unbatched.slow_ms:,.0f}",
            f"{row.answers:,}",
            str(row.wrong + row.lost + row.failures),
        )
    return table


def _serve(spec: str, size: int, pipe: Connection) -> None:
    """Serve until the other end of the pipe is closed."""
    texts = make_texts("documents", size, words=40)
    retriever = make_retriever(spec, [Document(f"{n:07}", "", t) for n, t in enumerate(texts)])
    exchanges = []
    for query in make_texts("queries", QUERIES, words=10):
        body = {"queries": [query], "topk": K, "return_scores": True}
        reply = write_reply(retriever.search([query], K), scores=True)
        exchanges.append(Exchange(msgspec.json.encode(body), reply))
    with running(retriever) as batched, running(retriever, limits=Limits(max_batch=1)) as single:
        pipe.send(Served(batched, single, exchanges))
        pipe.poll(None)


def _raced(spec: str, served: Served, clients: int, seconds: float, rounds: int) -> ServeRow:
    urls = (served.batched, served.unbatched)
    for url in urls:
        _asked(url, served, clients, min(WARM_UP, seconds))
    batches = [_batches(url) for url in urls]
    turns = [[_asked(url, served, clients, seconds) for url in urls] for _ in range(rounds)]
    columns: list[tuple[Load, ...]] = list(zip(*turns, strict=True))
    sides = [
        _side(loads, *(now - then for now, then in zip(_batches(url), before, strict=True)))
        for loads, url, before in zip(columns, urls, batches, strict=True)
    ]
    every = [load for turn in turns for load in turn]
    return ServeRow(
        spec,
        batched=sides[0],
        unbatched=sides[1],
        ratio=statistics.median(a.per_second / max(b.per_second, 1e-9) for a, b in turns),
        answers=sum(load.right for load in every),
        wrong=sum(load.wrong for load in every),
        lost=sum(load.lost for load in every),
        failures=sum(len(load.failures) for load in every),
    )


def _asked(url: str, served: Served, clients: int, seconds: float) -> Load:
    return drive(f"{url}/retrieve", served.exchanges, clients, seconds)


def _side(loads: Sequence[Load], queries: float, searches: float) -> Side:
    return Side(
        statistics.median(load.per_second for load in loads),
        1000 * statistics.median(load.wait(50) for load in loads),
        1000 * max(load.wait(99) for load in loads),
        queries / max(searches, 1.0),
    )


def _batches(url: str) -> tuple[float, float]:
    """Return how many queries a server has searched, and in how many searches."""
    with urllib.request.urlopen(f"{url}/metrics") as reply:
        text = reply.read().decode()
    numbers = dict(re.findall(r"^hopgym_batch_queries_(sum|count) (\S+)$", text, re.M))
    return float(numbers["sum"]), float(numbers["count"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the JSON file where one is asked for."""
    given = _parser().parse_args(arguments)
    report = measure(given.retrievers, given.documents, given.clients, given.seconds, given.rounds)
    Console(width=None if sys.stdout.isatty() else 140).print(show(report))
    if given.json:
        report.write(given.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.serve", allow_abbrev=False)
    parser.add_argument("--seconds", type=_seconds, default=SECONDS, help="of each server, in all")
    parser.add_argument("--clients", type=_count, default=CLIENTS, metavar="N")
    parser.add_argument("--documents", type=_count, default=DOCUMENTS, metavar="N")
    parser.add_argument("--retrievers", nargs="+", default=RETRIEVERS, metavar="SPEC")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) or float(text) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return float(text)


if __name__ == "__main__":
    main()
