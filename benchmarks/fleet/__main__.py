"""Where does a fleet of workers that share a retriever become too narrow?

Measures a retriever on this machine, batch by batch, and simulates fleets of up to a thousand
workers before one, two, four … replicas of it.

    python -m hopgym.benchmarks.fleet [--retriever bm25] [--questions "world?entities=4000"]
        [--workers 1 10 100 1000] [--replicas 1 2 4 8] [--think 2.0] [--seconds 60]
        [--fixed S --each S] [--json FILE] [--md FILE] [--svg FILE]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ...envs.datasets import make_questions
from ...errors import ConfigError
from ...retrieval import make_retriever
from .report import Row, markdown, picture_of, rows_of, table, write_json
from .service import Service, measure
from .simulation import Fleet

WORKERS = (1, 3, 10, 30, 100, 300, 1000)
REPLICAS = (1, 2, 4, 8)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.fleet")
    parser.add_argument("--retriever", default="bm25", help="as make_retriever takes it")
    parser.add_argument("--questions", default="world?entities=4000", help="and their documents")
    parser.add_argument("--k", type=int, default=5, metavar="N", help="documents of a query")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS, metavar="N")
    parser.add_argument("--replicas", type=int, nargs="+", default=REPLICAS, metavar="N")
    parser.add_argument("--think", type=float, default=2.0, metavar="S", help="seconds of a turn")
    parser.add_argument("--link", type=float, default=0.001, metavar="S", help="there and back")
    parser.add_argument("--max-batch", type=int, default=64, metavar="N")
    parser.add_argument("--fixed", type=float, metavar="S", help="of a search; measured if missing")
    parser.add_argument("--each", type=float, metavar="S", help="of a query; measured if missing")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="simulated")
    parser.add_argument("--seed", type=int, default=0)
    for kind in ("json", "md", "svg"):
        parser.add_argument(f"--{kind}", type=Path, metavar="FILE")
    try:
        return _run(parser.parse_args(arguments))
    except ConfigError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, style="red")
        return 2


def _run(given: argparse.Namespace) -> int:
    service = _service(given)
    fleets = [
        Fleet(workers, service, replicas, given.think, given.link)
        for replicas in given.replicas
        for workers in given.workers
    ]
    rows = rows_of(fleets, given.seconds, given.seed)
    Console().print(table(rows))
    _write(given, rows)
    return 0


def _service(given: argparse.Namespace) -> Service:
    if (given.fixed is None) != (given.each is None):
        raise ConfigError(
            "--fixed and --each go together; without both, the retriever is measured."
        )
    if given.fixed is not None:
        return Service(given.fixed, given.each, given.max_batch)
    world = make_questions(given.questions)
    queries = [question.text for question in world.questions("train")[:256]]
    retriever = make_retriever(given.retriever, world.documents)
    service, times = measure(retriever, queries, given.k, most=given.max_batch)
    told = ", ".join(f"{size}: {1000 * spent:.2f}" for size, spent in times.items())
    Console().print(
        f"{given.retriever}, {len(world.documents):,} documents. Milliseconds of a batch: {told}. "
        f"A search takes {1000 * service.fixed:.3f} ms and {1000 * service.each:.3f} ms a query.",
        markup=False,
        highlight=False,
    )
    return service


def _write(given: argparse.Namespace, rows: Sequence[Row]) -> None:
    from ...files import atomic_write

    if given.json is not None:
        write_json(given.json, rows)
    texts = ((given.md, markdown), (given.svg, picture_of))
    for path, make in texts:
        if path is not None:
            with atomic_write(path) as stream:
                stream.write(make(rows).encode())


if __name__ == "__main__":
    sys.exit(main())
