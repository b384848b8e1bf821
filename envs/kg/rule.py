"""The rule of a heuristic: which ways from topic to answer make a fact count as evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ...errors import ConfigError

Mode = Literal["undirected", "directed", "either"]

MODES = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which paths from a topic entity to an answer entity count.

    >>> Rule(slack=3)
    Traceback (most recent call last):
    hopgym.errors.ConfigError: slack is 3; it may be 0, 1 or 2.
    """

    mode: Mode = "undirected"
    """`undirected`: facts may be walked both ways (RoG, GNN-RAG). `directed`: from head to tail, from
    topic to answer. `either`: directed, from topic to answer or from answer to topic, whichever of
    the two is shorter, both when alike (SubgraphRAG)."""
    slack: int = 0
    """How much longer than the shortest a path may be: 0, 1 or 2 (RAPL's candidates: 2)."""
    max_hops: int | None = 6
    """The longest path that counts, slack included; None for any."""
    min_precision: float = 0.0
    """The least share of answers among all that a path's relations lead to from its topic; paths
    below it are dropped (SR and UniKGQA: 0.1). 0 keeps all."""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigError(f"mode is {self.mode!r}; it may be {', '.join(MODES)}.")
        if self.slack not in (0, 1, 2) or isinstance(self.slack, bool):
            raise ConfigError(f"slack is {self.slack!r}; it may be 0, 1 or 2.")
        hops = self.max_hops
        if hops is not None and (isinstance(hops, bool) or not isinstance(hops, int) or hops < 1):
            raise ConfigError(f"max_hops is {hops!r}; it must be a whole number from 1, or None.")
        if not 0 <= self.min_precision <= 1:
            raise ConfigError(f"min_precision is {self.min_precision!r}; it is between 0 and 1.")
