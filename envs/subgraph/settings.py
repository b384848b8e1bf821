"""The keyword arguments of `hopgym/KGSubgraph-v0`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ...errors import ConfigError
from ...retrieval.base import Retriever
from ...retrieval.encoders import Encoder
from ...rewards.base import Reward
from ...rewards.kg import FactReader
from ..settings import Settings, at_least

Mode = Literal["one_shot", "sequential"]
Form = Literal["graph", "padded", "text"]


@dataclass(frozen=True, kw_only=True)
class SubgraphSettings(Settings):
    """What `hopgym/KGSubgraph-v0` takes."""

    retriever: str | Retriever = "ppr"
    """What chooses the facts that are offered where a question has more than `top_k`: "ppr", "all"
    (it refuses such questions), or any retriever of documents, which then searches the facts."""
    reward: str | Reward = "kg"
    """A registered name (`"kg?gamma=0.99"`), `module:attribute`, or a function of (question,
    trajectory)."""
    top_k: int = 256
    """Facts that are offered at most: the size of the spaces."""
    max_steps: int = 20
    """Actions of a sequential episode, STOP included."""
    mode: Mode = "one_shot"
    """`"one_shot"`: one action selects all. `"sequential"`: one fact after the other, then STOP."""
    observation: Form = "graph"
    """`"graph"`, `"padded"` (arrays of one size) or `"text"` (indexed facts)."""
    reader: str | FactReader = "symbolic"
    """What reads the answers off the selected facts."""
    connected: bool = False
    """Whether a step may only select facts that touch a topic or what was selected before."""
    direct_facts: bool = True
    """Whether facts that join a topic and an answer are offered."""
    encoder: str | Encoder = "hashing"
    """What makes vectors of the question, the relations and the facts."""
    relation_ids: int = 4096
    """How many numbers there are for relations; a name's number is its hash."""
    format_retries: int | None = None
    """Unreadable actions that a turn forgives, in text alone; the grammar's own (0) by default."""

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        super().__post_init__()
        at_least("relation_ids", self.relation_ids, 2)
        if self.format_retries is not None:
            at_least("format_retries", self.format_retries, 0)
            self._check_text()
        for name, kinds in (("mode", Mode), ("observation", Form)):
            if getattr(self, name) not in get_args(kinds):
                allowed = ", ".join(get_args(kinds))
                raise ConfigError(f"{name} is {getattr(self, name)!r:.60}; it may be: {allowed}.")
        for name in ("connected", "direct_facts"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(
                    f"{name} is {getattr(self, name)!r:.60}; it may be True or False."
                )
        if self.connected and self.mode == "one_shot":
            raise ConfigError(
                "connected=True says which fact may come next, and one_shot has no next. "
                "Give mode='sequential'."
            )

    def _check_text(self) -> None:
        if self.observation != "text":
            raise ConfigError(
                f"format_retries is {self.format_retries}: it forgives actions in text that cannot be "
                f"read. Give observation='text'; got observation={self.observation!r:.60}."
            )
