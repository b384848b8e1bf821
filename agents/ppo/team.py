"""Processes that train one model together, as `accelerate launch` starts them: one for each GPU.

Each holds the whole model, makes a share of the work and is told the shares of the others, so that
all know the same episodes and figures; gradients are added up. The number of processes changes the
speed, and a result by no more than rounding. A base model whose weights are spread over the
processes (FSDP, DeepSpeed) is refused: it could neither be played nor saved as it is here.

Where a call fails in one process, all of them raise. A process that is killed is noticed by the
launcher, which ends the others.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from itertools import zip_longest
from typing import Any, TypeVar

from ...errors import AgentError, ConfigError, HopgymError, require, told
from .objective import Tensor

T = TypeVar("T")


class Team:
    """A process alone: all that a team does, at no cost.

    Calls that are given to a team must not use the team themselves.
    """

    rank = 0
    size = 1
    device: str | None = None
    """Where this process has its model; None for the best place there is."""

    @property
    def leads(self) -> bool:
        """Whether this is the first process, which alone writes files and speaks."""
        return self.rank == 0

    def mine(self, items: Sequence[T]) -> list[T]:
        """Return this process's share; items are dealt out in turn, so that sorted ones are fair."""
        return list(items[self.rank :: self.size])

    def together(self, call: Callable[[], T]) -> T:
        """Call in every process; return what the call here returned.

        Raises:
            AgentError: If it failed in another process; here the error itself is raised.
        """
        return self._called(call, tell=False)[self.rank]

    def everyones(self, call: Callable[[], Sequence[T]]) -> list[T]:
        """Call in every process for its share; return all shares, in the order before they were dealt.

        Raises:
            AgentError: If it failed in another process; here the error itself is raised.
        """
        return _undealt(self._called(call))

    def first(self, call: Callable[[], T]) -> T:
        """Call in the first process alone; return in all what it returned.

        Raises:
            AgentError: In the others, if it failed there.
        """
        returned: T = self._called(call if self.leads else _nothing)[0]
        return returned

    def add_gradients(self, weights: Sequence[Tensor]) -> None:
        """Give each weight the sum of its gradients in all processes.

        One that has a gradient nowhere is left without, as in a process alone.
        """
        if self.size == 1:
            return
        torch = require("torch", "llm")
        held = self._exchange([weight.grad is not None for weight in weights])
        for weight, somewhere in zip(weights, map(any, zip(*held, strict=True)), strict=True):
            if somewhere:
                if weight.grad is None:  # it had no share of this minibatch
                    weight.grad = torch.zeros_like(weight)
                self._sum(weight.grad)

    def finish(self) -> None:
        """Have the program end in good order."""

    def _called(self, call: Callable[[], T], *, tell: bool = True) -> list[T]:
        """Return what each process's call returned; without `tell`, of the others nothing."""
        if self.size == 1:
            return [call()]
        own: Any = None
        problem: Exception | None = None
        try:
            own = call()
        except Exception as error:  # the others wait: they must hear of it
            problem = error
        heard = self._exchange((own if tell else None, _line(problem)))
        if problem is not None:
            raise problem
        for rank, (_, line) in enumerate(heard):
            if line is not None:
                raise AgentError(f"Process {rank + 1} of {self.size} failed, so all end: {line}")
        return [own if rank == self.rank else other for rank, (other, _) in enumerate(heard)]

    def _exchange(self, value: Any) -> list[Any]:
        """Return what each process gave, the first process's first."""
        return [value]

    def _sum(self, tensor: Tensor) -> None:
        """Make a tensor the sum of those of all processes."""


class Processes(Team):
    """The processes that a launcher has started: `accelerate launch`, or `torchrun`.

    Raises:
        ConfigError: If they cannot talk to each other, or have too few GPUs.
    """

    def __init__(self) -> None:
        torch = require("torch", "llm")
        _check_devices(torch)
        _check(all(name in os.environ for name in _LAUNCHED))
        library = require("accelerate", "llm")
        self._state = library.PartialState(cpu=not torch.cuda.is_available(), timeout=_PATIENCE)
        self.rank = int(self._state.process_index)
        self.size = int(self._state.num_processes)
        self.device = str(self._state.device)
        _check(self.size == _number("WORLD_SIZE"))

    def finish(self) -> None:
        """Part from the others when the program ends; where it fails, nobody waits for that."""
        atexit.register(self._state.destroy_process_group)

    def _exchange(self, value: Any) -> list[Any]:
        return list(require("accelerate.utils", "llm").gather_object([value]))

    def _sum(self, tensor: Tensor) -> None:
        require("torch", "llm").distributed.all_reduce(tensor)


def assemble() -> Team:
    """Return the team that this process was started in.

    Raises:
        ConfigError: If it was started for a model that is spread over processes.
    """
    for name, what in _SPREAD.items():
        if os.environ.get(name, "").lower() in ("1", "true", "yes"):
            raise ConfigError(
                f"accelerate is configured for {what}. Each process holds the whole model here: "
                "choose multi-GPU alone (distributed_type: MULTI_GPU), as in "
                "examples/accelerate/8_gpus.yaml."
            )
    return Processes() if _number("WORLD_SIZE") > 1 else Team()


_SPREAD = {
    "ACCELERATE_USE_FSDP": "FSDP",
    "ACCELERATE_USE_DEEPSPEED": "DeepSpeed",
    "ACCELERATE_USE_MEGATRON_LM": "Megatron-LM",
    "ACCELERATE_USE_PARALLELISM_CONFIG": "a parallelism of its own",
}
"""What `accelerate launch` tells its processes where weights are to be spread over them."""

_PATIENCE = timedelta(hours=6)
"""How long a process waits for the others: the first plays held-out questions alone meanwhile."""


_LAUNCHED = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
"""What a launcher tells each process, beside WORLD_SIZE."""


def _check(found: bool) -> None:
    """Refuse to train alone what others train too, into the same folder."""
    if not found:
        raise ConfigError(
            f"WORLD_SIZE says that {_number('WORLD_SIZE')} processes train together, but they "
            "cannot find each other. Start them by `accelerate launch`, or unset WORLD_SIZE."
        )


def _check_devices(torch: Any) -> None:
    wanted, there = _number("LOCAL_WORLD_SIZE"), torch.cuda.device_count()
    if torch.cuda.is_available() and wanted > there:
        raise ConfigError(
            f"{wanted} processes were started for {there} GPU{'s' * (there != 1)}, and each needs "
            f"its own. Give `accelerate launch --num_processes {there}`."
        )


def _number(name: str) -> int:
    return int(os.environ.get(name) or 1)


def _line(problem: Exception | None) -> str | None:
    """Return what the others are told of a problem: of one that is foreign, also where it was."""
    if isinstance(problem, HopgymError):
        return f"{type(problem).__name__}: {problem}"
    return told(problem) if problem is not None else None


def _nothing() -> Any:
    return None


def _undealt(shares: Iterable[Sequence[T]]) -> list[T]:
    """Return shares as one.

    >>> _undealt([["a", "c"], ["b"]])
    ['a', 'b', 'c']
    """
    nothing: Any = object()
    rounds = zip_longest(*shares, fillvalue=nothing)
    return [item for round in rounds for item in round if item is not nothing]
