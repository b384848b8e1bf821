"""The sides of the speed benchmark of D-RAG's phase 1: batches, single graphs, and bare products.

All sides of a precision train one and the same retriever by the code that `hopgym train drag` trains
it by, on the same questions, in the same order.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from ...agents.drag.parts import new_parts
from ...agents.drag.pretraining import Pretraining
from ...agents.drag.settings import DragSettings
from ...core import Question
from ...envs.subgraph.case import Case
from ...envs.subgraph.words import relation_words
from .drag_report import WHOLE, Epoch
from .drag_workload import BUILT, PRODUCT, STEP, SUMMED, cases
from .peers import Play
from .rounds import Label, Side

FOREVER = 10**9
"""Steps of the run whose learning rate falls: here it does not."""


class Sizes(NamedTuple):
    """Of what is trained; the first public implementation's."""

    encoder_dim: int = 384
    hidden: int = 256
    steps: int = 3


def make_phase(sizes: Sizes, dtype: str, device: str) -> Pretraining:
    """Return phase 1 with a retriever of random weights.

    Args:
        sizes: Of the retriever.
        dtype: What it multiplies in, `float32` or `bfloat16`.
        device: Where.
    """
    settings = DragSettings(
        encoder=f"hashing?dim={sizes.encoder_dim}",
        hidden_dim=sizes.hidden,
        num_reasoning_steps=sizes.steps,
        retriever_dtype=dtype,  # type: ignore[arg-type]
        device=device,
    )
    return Pretraining(new_parts(settings), settings, FOREVER)


class Trainer:
    """Trains on questions, over and over, with so many threads.

    Args:
        phase: What trains.
        cases: The questions; at least one.
        threads: Of torch.
    """

    def __init__(self, phase: Pretraining, cases: Sequence[Case], threads: int) -> None:
        self.phase, self.cases, self.threads = phase, cases, threads
        self.noise = torch.Generator(phase.parts.device).manual_seed(0)

    def stepping(self, batch: int) -> Play:
        """Return what makes one step on a batch."""
        return self._play(batch, lambda cases: self.phase.step(cases, self.noise))

    def summing(self, batch: int) -> Play:
        """Return what makes one step too, but reads graph after graph and sums the gradients."""
        return self._play(batch, self.accumulate)

    def building(self, batch: int) -> Play:
        """Return what builds a batch, and no more."""
        return self._play(batch, self.phase.parts.batch)

    def accumulate(self, cases: Sequence[Case]) -> None:
        """Make a step by the mean of the losses of graphs that are read one by one."""
        self.phase.train_mode()
        self.phase.optimizer.zero_grad(set_to_none=True)
        for case in cases:
            loss = self.phase.losses([case], self.noise)["loss"] / len(cases)
            loss.backward()  # type: ignore[no-untyped-call]
        self.phase._clip()
        self.phase.optimizer.step()

    def _play(self, batch: int, work: Any) -> Play:
        starts = itertools.count(step=batch)

        def play() -> int:
            start = next(starts)
            with threads(self.threads):
                work([self.cases[(start + n) % len(self.cases)] for n in range(batch)])
                finish(self.phase.parts.device)
            return batch

        return play


def sides(trainer: Trainer, dtype: str, batches: Sequence[int], summed: int) -> Iterator[Side]:
    """Yield all sides of a precision and a number of threads; the first trains on single graphs.

    Args:
        trainer: Trains.
        dtype: What it multiplies in.
        batches: Graphs at once.
        summed: Single graphs whose gradients are summed for a step.
    """
    group = group_name(dtype, trainer.threads)
    for batch in dict.fromkeys([1, *batches]):
        yield Side(Label(STEP, group, batch), trainer.stepping(batch))
    yield Side(Label(SUMMED, group, summed), trainer.summing(summed))
    for batch in dict.fromkeys([1, *batches]):
        yield Side(Label(BUILT, group, batch), trainer.building(batch))
    yield Side(Label(PRODUCT, group), product(dtype, trainer.phase.parts.device, trainer.threads))


def group_name(dtype: str, count: int) -> str:
    """Return what sides that are compared have in common.

    >>> group_name("float32", 2)
    'float32, 2 threads'
    """
    return f"{dtype}, {count} thread{'s' if count > 1 else ''}"


def product(dtype: str, device: str, count: int) -> Play:
    """Return what multiplies two large matrices; a step is a million operations.

    It is what a device can reach: there is no list of devices to be kept.
    """
    size = 8192 if torch.device(device).type == "cuda" else 1024
    one = torch.ones(size, size, dtype=getattr(torch, dtype), device=device)

    def play() -> int:
        with threads(count):
            torch.mm(one, one)
            finish(device)
        return 2 * size**3 // 10**6

    return play


def one_epoch(
    asked: Sequence[Question], sizes: Sizes, dtype: str, count: int, batch: int, device: str
) -> Epoch:
    """Train once on questions that were never seen.

    Args:
        asked: The questions.
        sizes: Of the retriever, which is a new one.
        dtype: What it multiplies in.
        count: Threads of torch.
        batch: Graphs at once.
        device: Where.
    """
    phase = make_phase(sizes, dtype, device)
    made: list[Case] = []

    def prepare() -> None:
        made.extend(cases(asked))
        relations = {fact.relation for case in made for fact in case.offer.facts}
        phase.parts.tokens.prepare([case.offer.question for case in made])
        phase.parts.tokens.prepare([relation_words(relation) for relation in relations])

    preparing = _clocked(prepare)
    play, steps = Trainer(phase, made, count).stepping(batch), -(-len(made) // batch)
    training = _clocked(lambda: [play() for _ in range(steps)])
    seen = steps * batch
    whole = [
        WHOLE * (before / len(asked) + later / seen)
        for before, later in zip(preparing, training, strict=True)
    ]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    group = group_name(dtype, count)
    return Epoch(group, batch, seen, preparing, training, (whole[0], whole[1]), load)


def _clocked(work: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def operations(phase: Pretraining, cases: Sequence[Case]) -> float:
    """Return millions of operations that a step makes for each question in products of matrices."""
    noise = torch.Generator(phase.parts.device).manual_seed(0)
    with FlopCounterMode(display=False) as counter:
        phase.step(cases, noise)
    return float(counter.get_total_flops()) / 1e6 / len(cases)


def finish(device: str) -> None:
    """Wait until a device has done what it was given."""
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use so many threads."""
    before = torch.get_num_threads()
    if before != count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if before != count:
            torch.set_num_threads(before)
