"""From what is known of a fact to its logit: D-RAG's linear scorer, and SubgraphRAG's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from ...envs.subgraph.features import NODE_FEATURES
from ...errors import AgentError
from .graphs import GraphBatch
from .instructions import mean_tokens


@dataclass(frozen=True, eq=False)
class Scored:
    """The logits of a batch's facts, and what they were read off."""

    logits: Tensor
    """`[F]`, of the fact's being one of those that answer the question; sigmoid makes them p."""
    batch: GraphBatch
    entities: Tensor
    """`[N, width]`, or two of these, as head and as tail: `[2, N, width]`."""
    relations: Tensor
    """`[P, width]`, by pair."""

    @cached_property
    def facts(self) -> Tensor:
        """The vector of each fact, head, relation and tail: `[F, 3 * width]`."""
        return self.vectors(torch.arange(len(self.logits), device=self.logits.device))

    def vectors(self, places: Tensor) -> Tensor:
        """Return the vectors of some facts, `[places, 3 * width]`."""
        sides = self.entities if self.entities.dim() == 3 else (self.entities, self.entities)
        parts = [
            sides[0].index_select(0, self.batch.heads[places]),
            self.relations.index_select(0, self.batch.fact_pairs[places]),
            sides[1].index_select(0, self.batch.tails[places]),
        ]
        return torch.cat(parts, dim=1)


class LinearScorer(nn.Module):
    """D-RAG's scorer: `logit = W [h ; r ; t] + b` (Gao et al., EMNLP 2025, before its Eq. 3).

    Each part's share is worked out for entities and pairs, and then added up for facts.

    Args:
        width: Of h, r and t.
        distances: Whether the directional distance encodings of head and tail (SubgraphRAG, arXiv
            2410.20724) stand beside them.
    """

    def __init__(self, width: int, *, distances: bool = False) -> None:
        super().__init__()
        extra = 2 * NODE_FEATURES if distances else 0
        self.width, self.distances = width, distances
        self.linear = nn.Linear(3 * width + extra, 1)

    def forward(self, batch: GraphBatch, entities: Tensor, relations: Tensor) -> Scored:
        """Return the logits of entities `[N, width]` and relations `[P, width]`."""
        with torch.autocast(entities.device.type, enabled=False):  # logits in full precision
            entities, relations = entities.float(), relations.float()
            return Scored(self._logits(batch, entities, relations), batch, entities, relations)

    def _logits(self, batch: GraphBatch, entities: Tensor, relations: Tensor) -> Tensor:
        weight, width = self.linear.weight[0], self.width
        head, relation, tail = weight[: 3 * width].view(3, width)
        heads, tails = entities @ head, entities @ tail
        if self.distances:
            from_head, from_tail = weight[3 * width :].view(2, NODE_FEATURES)
            heads = heads + batch.node_features @ from_head
            tails = tails + batch.node_features @ from_tail
        logits: Tensor = (
            heads.index_select(0, batch.heads)
            + (relations @ relation).index_select(0, batch.fact_pairs)
            + tails.index_select(0, batch.tails)
            + self.linear.bias
        )
        return logits


class MlpScorer(nn.Module):
    """SubgraphRAG's scorer: `MLP([q ; h ; r ; t ; DDE(h) ; DDE(t)])` of frozen text vectors.

    Li et al., "Simple Is Effective", ICLR 2025, arXiv 2410.20724, section 3.1: no messages are passed;
    structure is in the distance encodings alone. One hidden layer, whose matrix is applied part by
    part to questions, entities and relations, each once. Names without words share one learned
    vector, as those of Freebase's nameless entities do there.

    Args:
        dim: Of the encoder's vectors.
        width: Of the hidden layer.
    """

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        self.question = nn.Linear(dim, width)
        self.head, self.relation, self.tail = (nn.Linear(dim, width, bias=False) for _ in range(3))
        self.distances = nn.ModuleList(
            nn.Linear(NODE_FEATURES, width, bias=False) for _ in range(2)
        )
        self.nameless = nn.Parameter(torch.empty(dim).uniform_(-0.5, 0.5))
        self.out = nn.Linear(width, 1)

    def forward(self, batch: GraphBatch) -> Scored:
        """Return the logits.

        Raises:
            AgentError: If the batch was made without names.
        """
        named = batch.entity_vectors
        if named is None:
            raise AgentError(
                "The scorer mlp reads the entities' names: make batches by "
                "GraphBatch.of(cases, tokens, relations, names=True)."
            )
        blank = (named == 0).all(dim=1, keepdim=True)
        names = torch.where(blank, self.nameless, named)
        question = self.question(mean_tokens(batch.questions, batch.question_mask))
        relations = self.relation(mean_tokens(batch.relation_states, batch.relation_mask))
        relations = relations.index_select(0, batch.pair_relations)
        pairs = relations + question.index_select(0, batch.pair_owners)
        head, tail = self.head(names), self.tail(names)
        heads, tails = (
            side + near(batch.node_features)
            for side, near in zip((head, tail), self.distances, strict=True)
        )
        hidden = torch.relu(
            heads.index_select(0, batch.heads)
            + pairs.index_select(0, batch.fact_pairs)
            + tails.index_select(0, batch.tails)
        )
        return Scored(self.out(hidden)[:, 0], batch, torch.stack([head, tail]), relations)
