"""How many steps a second? The environments beside bare Gymnasium, bare bm25s and the peers.

CPU figures are of the playing process; where the work is done in others (async vectorization)
there is none. Each round times all sides one right after the other; figures are medians.

    python -m hopgym.benchmarks.speed.env_steps [--documents 20000 100000] [--num-envs 1 8 64 256]
        [--peers DIR] [--rounds 7] [--json FILE]

The interpreters of the peers are `DIR/gem/bin/python` and so on; see `peers` for their names.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from ...retrieval.analyzer import Analyzer
from .bm25 import K, make_texts
from .peer_process import PeerProcess
from .peers import PEERS
from .report import Report, make_report
from .rounds import Entrant, race
from .sides import POOL, async_sides, bm25_group, bm25_sides, long_sides, null_sides
from .workload import SpeedQuestions, in_tags, make_queries, write_episodes

SIZES = (20_000, 100_000)
NUM_ENVS = (1, 8, 64, 256)
TRANSCRIPTS = (2_000, 8_000, 32_000)
ROUNDS = 7
SECONDS = 0.2


def measure(
    documents: Sequence[int] = SIZES,
    num_envs: Sequence[int] = NUM_ENVS,
    peers: Path | None = None,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
) -> Report:
    """Time every side.

    Args:
        documents: Sizes of the corpora for BM25.
        num_envs: Sub-environments of the vector environment.
        peers: The folder with the peers' interpreters; None leaves them out.
        rounds: How often each side is timed.
        seconds: About how long a side plays in each round.
    """
    entrants: list[Entrant] = [*null_sides(num_envs), *async_sides(), *long_sides(TRANSCRIPTS)]
    for size in documents:
        entrants += bm25_sides(size, num_envs)
    if peers is not None:
        entrants += peer_processes(peers, documents)
    return make_report(race(entrants, rounds, seconds), documents, num_envs, rounds)


def peer_processes(folder: Path, documents: Sequence[int]) -> Iterator[PeerProcess]:
    """Set up every peer; their BM25 searches the first corpus."""
    job = make_job(documents[0] if documents else 0)
    group = bm25_group(documents[0]) if documents else ""
    for name in PEERS:
        yield PeerProcess(name, folder / name / "bin" / "python", job, group)


def make_job(size: int) -> dict[str, Any]:
    """Return what a peer needs to play the same episodes over the same corpus."""
    questions = SpeedQuestions().questions("train")
    analyzer = Analyzer()
    return {
        "questions": [{"question": q.text, "answer": q.answers[0]} for q in questions],
        "episodes": [in_tags(episode) for episode in write_episodes(make_queries(POOL))],
        "documents": make_texts("documents", size, words=40) if size else [],
        "tokenize": {"token_pattern": r"\w+", "stopwords": analyzer.stopwords},
        "stemmer": analyzer.stemmer,
        "bm25": {"k1": 0.9, "b": 0.4, "method": "lucene"},
        "k": K,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the JSON file where one is asked for."""
    given = _parser().parse_args(arguments)
    report = measure(given.documents, given.num_envs, given.peers, given.rounds, given.seconds)
    console = Console(width=None if sys.stdout.isatty() else 120)
    for table in report.tables():
        console.print(table)
    if given.json:
        report.write(given.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.env_steps", allow_abbrev=False)
    parser.add_argument("--documents", type=_count, nargs="*", default=SIZES, metavar="N")
    parser.add_argument("--num-envs", type=_count, nargs="+", default=NUM_ENVS, metavar="N")
    parser.add_argument("--peers", type=Path, metavar="DIR", help="DIR/gem/bin/python and so on")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, metavar="N")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each side in a round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


if __name__ == "__main__":
    main()
