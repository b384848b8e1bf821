"""How many questions a second phase 1 of D-RAG learns from, in batches and graph by graph.

Graphs have 50 facts, and the retriever is as wide and deep as the first public implementation's: 256,
three steps. All sides train by the code of `hopgym train drag`: forward, backward, clipping and AdamW,
with the building of batches, which is told apart too. A graph at a time has a step of its own, or its
gradient is summed with others' for one step, which tells the optimiser's share.

    python -m hopgym.benchmarks.speed.drag [--retriever_dtype float32 bfloat16] [--threads 1]
        [--batches 16 64 256] [--relations 13] [--samples 0] [--rounds 5] [--device auto] [--json FILE]

Each round lets all sides play one right after the other. Ratios are of CPU seconds, and of seconds on
the clock too; on a GPU of the latter alone. They are taken round by round, and medians are told.
`--samples N` then trains once on N new questions, their preparation included, and says how long all
27,613 of ComplexWebQuestions would take at that rate.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from ...core import to_json
from ...errors import require
from ...files import atomic_write
from .drag_report import Report, compare, groups, tables
from .drag_workload import GRAPHS, RELATIONS, cases, questions
from .env_steps import _count
from .report import _machine
from .rounds import race

DTYPES = ("float32", "bfloat16")
BATCHES, SUMMED, QUESTIONS = (16, 64, 256), 16, 512
ROUNDS, SECONDS = 5, 1.0


def measure(
    *,
    retriever_dtype: Sequence[str] = DTYPES,
    threads: Sequence[int] = (1,),
    batches: Sequence[int] = BATCHES,
    relations: int = RELATIONS,
    samples: int = 0,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
    device: str = "auto",
    count: int = QUESTIONS,
    sizes: Any = None,
) -> Report:
    """Time every side in every round, and then the passes over new questions.

    Args:
        retriever_dtype: Precisions.
        threads: Of torch; each number has sides of its own.
        batches: Graphs at once.
        relations: How many a question's facts have.
        samples: New questions that are trained on once; 0 for none.
        rounds: How often each side is timed.
        seconds: About how long a side plays in each round.
        device: `cpu`, `cuda`, or `auto`.
        count: How many questions there are.
        sizes: Of the retriever; None for the first public implementation's.

    Raises:
        MissingExtraError: If torch is not installed.
        ConfigError: If a graph cannot have so many relations.
    """
    torch = require("torch", "llm")
    from ...agents.drag.parts import device_of
    from . import drag_sides

    device, sizes = device_of(device), sizes or drag_sides.Sizes()
    asked = cases(questions(count, relations))
    phases = {dtype: drag_sides.make_phase(sizes, dtype, device) for dtype in retriever_dtype}
    first = next(iter(phases.values()))
    work = {n: drag_sides.operations(first, asked[:n]) for n in sorted({1, *batches})}
    trainers = [
        (drag_sides.Trainer(phase, asked, number), dtype)
        for dtype, phase in phases.items()
        for number in threads
    ]
    entrants = [side for each in trainers for side in drag_sides.sides(*each, batches, SUMMED)]
    rows = race(entrants, rounds, seconds)
    new = questions(samples, relations, count) if samples else ()
    epochs = [
        drag_sides.one_epoch(new, sizes, dtype, trainer.threads, batch, device)
        for trainer, dtype in trainers
        for batch in batches
        if new
    ]
    return Report(
        {**_machine(), "torch": str(torch.__version__)},
        device,
        GRAPHS.facts,
        relations,
        sum(weights.numel() for weights in first.parts.retriever.parameters()),
        work,
        rounds,
        [figure for group in groups(rows) for figure in compare(group, work, device)],
        epochs,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the JSON file where one is asked for."""
    given = vars(_parser().parse_args(arguments))
    file = given.pop("json")
    report = measure(**given)
    console = Console(width=None if sys.stdout.isatty() else 120)
    for table in tables(report):
        console.print(table)
    if file:
        with atomic_write(file) as stream:
            stream.write(to_json(report))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.drag", allow_abbrev=False)
    parser.add_argument("--retriever_dtype", nargs="+", choices=DTYPES, default=list(DTYPES))
    parser.add_argument("--threads", nargs="+", type=_count, default=[1], metavar="N")
    parser.add_argument("--batches", nargs="+", type=_count, default=list(BATCHES), metavar="N")
    parser.add_argument("--relations", type=_count, default=RELATIONS, metavar="N")
    parser.add_argument("--samples", type=int, default=0, metavar="N", help="of a pass; 0: none")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, metavar="N")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each side in a round")
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
