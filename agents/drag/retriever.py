"""The retriever: which facts of a graph answer its question, as a logit for each.

D-RAG (Gao et al., EMNLP 2025, doi 10.18653/v1/2025.emnlp-main.1793) reads the facts' probabilities off
ReaRev (arXiv 2210.13650): the question's instructions steer messages that set out from the topics,
and after each round the instructions are rewritten by what was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from ...envs.settings import at_least
from ...errors import AgentError, ConfigError
from ...retrieval.base import check_number
from ...seeding import rng_for
from . import segments
from .graphs import GraphBatch
from .instructions import Instructions, InstructionUpdate, Pool
from .reasoning import FirstStates, Reasoning
from .scorer import LinearScorer, MlpScorer, Scored

ScorerKind = Literal["drag", "drag+dde", "mlp"]


@dataclass(frozen=True, kw_only=True)
class RetrieverSettings:
    """The shape of a retriever.

    Raises:
        ConfigError: If a value is not allowed.
    """

    encoder_dim: int = 384
    """Of the token states."""
    hidden: int = 256
    """The width of entities, relations and instructions."""
    instructions: int = 2
    """Instructions of a question."""
    layers: int = 3
    """Steps of messages in a round."""
    iterations: int = 2
    """Rounds, between which the instructions are rewritten."""
    instruction_update: bool = True
    """Whether they are; a later round repeats the first where not."""
    scorer: ScorerKind = "drag"
    """`drag`: W [h ; r ; t] + b. `drag+dde`: with distances to the topics. `mlp`: SubgraphRAG's,
    without messages."""
    dropout: float = 0.0
    """In training, where a generator is given."""

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        for name in ("encoder_dim", "hidden", "instructions", "layers", "iterations"):
            at_least(name, getattr(self, name), 1)
        if self.scorer not in get_args(ScorerKind):
            allowed = ", ".join(get_args(ScorerKind))
            raise ConfigError(f"scorer is {self.scorer!r:.60}; it may be {allowed}.")
        check_number("dropout", self.dropout, 0.0, 0.9, example=0.2)

    @property
    def reads_names(self) -> bool:
        """Whether batches must be made with `names=True`."""
        return self.scorer == "mlp"


class Retriever(nn.Module):
    """A logit and a vector for each fact of a batch.

    Args:
        settings: Its shape.
        seed: Of its first weights; the global generator stays as it was.
    """

    def __init__(self, settings: RetrieverSettings, *, seed: int = 0) -> None:
        super().__init__()
        self.settings = settings
        devices = range(torch.cuda.device_count())
        with torch.random.fork_rng(devices):
            torch.manual_seed(int(rng_for(seed, "drag", "retriever").integers(2**31)))
            self._build()

    def _build(self) -> None:
        s = self.settings
        if s.scorer == "mlp":
            self.scorer: nn.Module = MlpScorer(s.encoder_dim, s.hidden)
            return
        self.adapter = nn.Linear(s.encoder_dim, s.hidden)
        self.pool = Pool(s.hidden)
        self.decode = Instructions(s.hidden, s.instructions, s.dropout)
        self.first = FirstStates(s.hidden)
        self.reason = Reasoning(s.hidden, s.instructions, s.layers, s.dropout)
        if s.iterations > 1 and s.instruction_update:
            self.update = InstructionUpdate(s.hidden, s.instructions)
        self.scorer = LinearScorer(s.hidden, distances=s.scorer == "drag+dde")

    def forward(self, batch: GraphBatch, generator: torch.Generator | None = None) -> Scored:
        """Score the facts of a batch.

        Args:
            batch: The graphs, on the retriever's device.
            generator: Draws what is dropped while training; None drops nothing.

        Raises:
            AgentError: If the batch was made with another encoder, or without the names that the
                scorer `mlp` reads.
        """
        self._check(batch)
        scored: Scored
        if self.settings.reads_names:
            scored = self.scorer(batch)
            return scored
        entities, relations = self._reasoned(batch, generator if self.training else None)
        scored = self.scorer(batch, entities, relations)
        return scored

    def _reasoned(
        self, batch: GraphBatch, generator: torch.Generator | None
    ) -> tuple[Tensor, Tensor]:
        """Return the entities `[N, hidden]` and the relations of each question `[P, hidden]`.

        A relation is what it says by itself and what its question's last instructions make of it:
        of two facts between the same two entities, the question so decides which one it means.
        """
        tokens = self.adapter(batch.questions)
        instructions = self.decode(tokens, batch.question_mask, generator)
        relations = self.pool(batch.relation_states, batch.relation_mask, self.adapter)
        entities = self.first(batch, relations)
        kinds = self.reason.kinds(batch, relations)
        steered: Any = None
        for round in range(self.settings.iterations):
            if round and self.settings.instruction_update:
                instructions = self.update(instructions, self._found(batch, entities))
            entities, steered = self.reason(batch, entities, kinds, instructions, generator)
        return entities, relations.index_select(0, batch.pair_relations) + steered

    @staticmethod
    def _found(batch: GraphBatch, entities: Tensor) -> Tensor:
        """Return the sum of each question's topics, `[B, hidden]`."""
        owners = batch.entity_owners.index_select(0, batch.topics)
        return segments.summed(entities.index_select(0, batch.topics), owners, batch.num_questions)

    def _check(self, batch: GraphBatch) -> None:
        dim = batch.questions.shape[2]
        if dim != self.settings.encoder_dim:
            raise AgentError(
                f"The batch has token states of {dim} numbers, and this retriever reads "
                f"{self.settings.encoder_dim}. Use the encoder that it was trained with."
            )
