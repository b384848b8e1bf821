"""Trainings that take turns, an optimiser step each, and what their steps took.

A training that is not at its turn waits in a thread of its own, so that each is one training from
its beginning to its end. Knows TRL's trainer, and no environment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from ...agents.training.listeners import Listener
from ...errors import require
from .rounds import Cost, Label, Row

STEP, LOOK = "step", "look"
"""The whole of a step, and what is timed beside it."""


class Count(NamedTuple):
    """The tokens of a batch, as the trainer reads them."""

    rows: tuple[int, ...]
    """Of each row, prompt and completion."""
    written: tuple[int, ...]
    """Of each row, by the model."""
    padded: int
    """Of all rows, with padding."""


def count(prompts: Sequence[Any], completions: Sequence[Any], masks: Any) -> Count:
    """Count the tokens of a batch."""
    rows = list(map(len, prompts)), list(map(len, completions))
    written = rows[1] if masks is None else list(map(sum, masks))
    return Count(
        tuple(sum(both) for both in zip(*rows, strict=True)),
        tuple(written),
        len(prompts) * (max(rows[0]) + max(rows[1])),
    )


class Clock:
    """Adds up what parts of a step took."""

    def __init__(self) -> None:
        self.spent: dict[str, Cost] = {}

    def timed(self, part: str, work: Callable[[], Any]) -> Any:
        """Do some work of a part."""
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            return work()
        finally:
            before = self.spent.get(part, Cost(0, 0.0, 0.0))
            self.spent[part] = Cost(
                1,
                before.cpu + time.process_time() - cpu,
                before.wall + time.perf_counter() - wall,
            )


class Stepper(Listener):
    """Lets a trainer take one optimiser step at a time, all that belongs to it included.

    Args:
        trainer: Its training begins in a thread, and waits before the first step.
    """

    def __init__(self, trainer: Any) -> None:
        self._trainer = trainer
        self._go: SimpleQueue[bool] = SimpleQueue()
        self._arrived: SimpleQueue[BaseException | None] = SimpleQueue()
        trainer.add_callback(self)
        threads = require("torch", "llm").get_num_threads()
        self._thread = Thread(target=self._train, args=(threads,), daemon=True)
        self._thread.start()
        self._wait()

    def step(self) -> None:
        """Take a step, with what is logged of it and the questions of the next."""
        self._go.put(True)
        self._wait()

    def close(self) -> None:
        """End the training."""
        self._go.put(False)
        self._thread.join()

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Wait for the turn."""
        self._arrived.put(None)
        if not self._go.get():
            raise _Over

    def _train(self, threads: int) -> None:
        require("torch", "llm").set_num_threads(threads)  # each thread has a number of its own
        try:
            self._trainer.train()
        except _Over:
            pass
        except BaseException as error:
            self._arrived.put(error)

    def _wait(self) -> None:
        error = self._arrived.get()
        if error is not None:
            raise error


class _Over(Exception):
    """The training has nothing more to do."""


@dataclass
class Stepping:
    """A side, as an entrant of a race; a play is one optimiser step."""

    name: str
    trainer: Any
    clock: Clock
    looks: Callable[[], None] | None = None
    """What is timed beside the step."""
    parts: list[dict[str, Cost]] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    """What was read and written, round by round."""

    def __post_init__(self) -> None:
        """Begin the training."""
        self.rows = [Row(Label(self.name))]
        self._stepper = Stepper(self.trainer)

    def warm_up(self, seconds: float) -> None:
        """Take a step: the first is slower than any other."""
        self._play()

    def play_round(self) -> None:
        """Take a step, and note what it took."""
        self.parts.append(self._play())
        self.counts.append(self.trainer.count)
        self.rows[0].costs.append(self.parts[-1][STEP])

    def close(self) -> None:
        """End the training."""
        self._stepper.close()

    def _play(self) -> dict[str, Cost]:
        self.clock.spent = {}
        self.clock.timed(STEP, self._stepper.step)
        if self.looks is not None:
            self.clock.timed(LOOK, self.looks)
        return self.clock.spent
