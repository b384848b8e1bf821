"""Workers that think, ask and wait: a closed queueing network, event by event.

Each worker thinks (its model writes an action), sends one query, and waits for what it finds; then
it thinks again. A query goes to the replica before which the fewest wait. A replica that is free
takes all that wait for it, up to a batch's most, as `hopgym serve retriever` does.

Two bounds hold for any such network (Denning and Buzen, "The operational analysis of queueing
network models", 1978): throughput is at most what the replicas can do with full batches, and at
most what the workers would ask if none ever waited.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ...errors import ConfigError, require
from ...seeding import rng_for
from .service import Service

WARM_UP = 0.2
"""The share of the time that is left out: all workers start at once."""

Spread = Literal["exponential", "constant"]


@dataclass(frozen=True)
class Fleet:
    """What is simulated.

    Raises:
        ConfigError: If a number is out of its range.
    """

    workers: int
    service: Service
    replicas: int = 1
    think: float = 2.0
    """Seconds from what was found to the next query, in the mean."""
    link: float = 0.001
    """Seconds there and back."""
    spread: Spread = "exponential"
    """How thinking times are spread."""
    service_spread: Spread = "constant"
    """How times of searches are spread; exponential is for comparing with theory."""

    def __post_init__(self) -> None:
        if self.workers < 1 or self.replicas < 1 or self.think < 0 or self.link < 0:
            raise ConfigError(
                f"{self.workers} workers, {self.replicas} replicas, {self.think:g} s of thinking "
                f"and {self.link:g} s of link: there is one of each at least, and no time below 0."
            )

    @property
    def bounds(self) -> tuple[float, float]:
        """Queries a second at most: by the replicas, and by the workers."""
        alone = self.think + self.link + self.service.seconds(1)
        return self.replicas * self.service.limit, self.workers / alone

    @property
    def knee(self) -> float:
        """Workers at which both bounds meet: more of them only wait longer."""
        return self.bounds[0] * (self.think + self.link + self.service.seconds(1))


@dataclass
class Flow:
    """What a simulation came to."""

    queries: int = 0
    seconds: float = 0.0
    """Simulated, after the warm-up."""
    waits: list[float] = field(default_factory=list)
    """Seconds from asking to having, the link included."""
    batches: int = 0
    busy: float = 0.0
    """Seconds of searching, of all replicas."""

    @property
    def throughput(self) -> float:
        """Queries a second."""
        return self.queries / self.seconds

    @property
    def batch(self) -> float:
        """Queries of a search, in the mean."""
        return self.queries / max(self.batches, 1)

    def wait(self, percent: float) -> float:
        """Return a percentile of the waits, in seconds; 0 where nobody has asked."""
        return float(np.percentile(self.waits, percent)) if self.waits else 0.0


def simulate(fleet: Fleet, seconds: float = 60.0, seed: int = 0) -> Flow:
    """Let a fleet work for so many simulated seconds; a fifth of them is the warm-up.

    Args:
        fleet: Workers and replicas.
        seconds: Simulated; more of them make figures surer.
        seed: Of all times that are drawn.

    Raises:
        MissingExtraError: If simpy is missing.
    """
    if seconds <= 0:
        raise ConfigError(f"{seconds:g} seconds is no time to simulate; it takes more than 0.")
    run = _Run(fleet, seconds * WARM_UP, seed)
    run.world.run(until=seconds)
    run.flow.seconds = seconds * (1 - WARM_UP)
    return run.flow


class _Run:
    def __init__(self, fleet: Fleet, warm: float, seed: int) -> None:
        simpy = require("simpy", "fleet")
        self.fleet, self.warm = fleet, warm
        self.world: Any = simpy.Environment()
        self.flow = Flow()
        self.queues: list[list[tuple[float, Any]]] = [[] for _ in range(fleet.replicas)]
        self.searching = [0] * fleet.replicas
        self.bells: list[Any] = [self.world.event() for _ in range(fleet.replicas)]
        for number in range(fleet.replicas):
            self.world.process(self._replica(number, rng_for(seed, "fleet", "replica", number)))
        for number in range(fleet.workers):
            self.world.process(self._worker(rng_for(seed, "fleet", "worker", number)))

    def _worker(self, rng: np.random.Generator) -> Iterator[Any]:
        fleet, world = self.fleet, self.world
        while True:
            yield world.timeout(_drawn(rng, fleet.think, fleet.spread))
            asked, found = world.now, world.event()
            yield world.timeout(fleet.link / 2)
            self._put(asked, found)
            yield found
            yield world.timeout(fleet.link / 2)
            if world.now >= self.warm:
                self.flow.queries += 1
                self.flow.waits.append(world.now - asked)

    def _put(self, asked: float, found: Any) -> None:
        loads = [len(queue) + busy for queue, busy in zip(self.queues, self.searching, strict=True)]
        least = loads.index(min(loads))
        self.queues[least].append((asked, found))
        if not self.bells[least].triggered:
            self.bells[least].succeed()

    def _replica(self, number: int, rng: np.random.Generator) -> Iterator[Any]:
        service, queue = self.fleet.service, self.queues[number]
        while True:
            if not queue:
                self.bells[number] = self.world.event()
                yield self.bells[number]
            batch, queue[: service.most] = queue[: service.most], []
            self.searching[number] = len(batch)
            spent = _drawn(rng, service.seconds(len(batch)), self.fleet.service_spread)
            yield self.world.timeout(spent)
            self.searching[number] = 0
            for _, found in batch:
                found.succeed()
            if self.world.now >= self.warm:
                self.flow.batches += 1
                self.flow.busy += min(spent, self.world.now - self.warm)


def _drawn(rng: np.random.Generator, mean: float, spread: Spread) -> float:
    return float(rng.exponential(mean)) if spread == "exponential" else mean
