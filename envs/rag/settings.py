"""The keyword arguments of `hopgym/RAG-v0`, with checks."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import ConfigError
from ...retrieval.generators import QueryGenerator
from ...rewards.base import Reward
from ..settings import Settings, at_least

AGENT = "agent"
"""As a generator: the agent writes the queries after the first."""


@dataclass(frozen=True, kw_only=True)
class RagSettings(Settings):
    """The keyword arguments of `hopgym/RAG-v0`."""

    reward: str | Reward = "rag"
    hops: int = 1
    """Searches in an episode at most, the first with the question; where the agent writes queries,
    its turns: it may ask in all but the last."""
    generator: str | QueryGenerator = "titles"
    """Writes the queries of the later hops: a name (`"titles"`, `"entities"`,
    `"template?template=…"`, `"llm?model=FOLDER"`), a query generator, or `"agent"`."""
    max_documents: int | None = None
    """Documents that are shown in an episode at most; None shows all that is found."""
    max_document_chars: int = 512
    """Characters of a document's text that are shown; it is cut before it is wrapped."""
    format_retries: int = 0
    """Unreadable actions that a turn forgives."""

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        super().__post_init__()
        at_least("hops", self.hops, 1)
        at_least("max_document_chars", self.max_document_chars, 1)
        at_least("format_retries", self.format_retries, 0)
        if self.max_documents is not None:
            at_least("max_documents", self.max_documents, 1)
        if self.agent_asks and self.hops > self.max_steps:
            raise ConfigError(
                f"hops is {self.hops} and max_steps {self.max_steps}: where the agent writes the "
                f"queries, each hop takes a turn. Set max_steps={self.hops}."
            )

    @property
    def agent_asks(self) -> bool:
        """Whether the agent writes the queries after the first."""
        return isinstance(self.generator, str) and self.generator == AGENT
