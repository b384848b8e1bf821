"""Message passing that a question's instructions steer: ReaRev's reasoning (arXiv 2210.13650).

One layer, for an entity v, K instructions i_k, and the facts f = (u, r, v) that reach it:

    m_k(f) = relu(W_r r * i_k) p(u)                      a message, as likely as where it comes from
    n_k(v) = sum_f m_k(f)                                likewise against the facts, n'_k, by W'_r
    e(v)   <- relu(W [e(v) ; n_1 ; n'_1 ; .. ; n_K ; n'_K])
    p      <- softmax over the question's entities of w . e

A message depends on the fact by its question, its relation and p(u) alone. As W is linear,

    W [e ; n ..] = W_e e + sum_f p(u) c(f),    c = sum_k W_k relu(W_r r * i_k)

and c is worked out once for each pair of a question and a relation: the same numbers, with fewer
products and with sums of one width, not of 2K. The sums themselves are torch's `embedding_bag`, which
multiplies and adds in one pass: on a CPU six times as fast as `index_add_` or torch-geometric's
`scatter`, which make an array of all messages first.

In a round's first layer p is zero but at the topics, so that only what leaves them is worked out: of
the other messages nothing is heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from . import segments
from .dropout import dropped
from .graphs import GraphBatch


class Paths(NamedTuple):
    """The edges that a layer sends messages along."""

    sources: Tensor
    messages: Tensor
    starts: Tensor
    along: Tensor | None
    """The pairs that have messages along facts; None for all."""
    against: Tensor | None
    """Those that have messages against facts."""

    @classmethod
    def all(cls, batch: GraphBatch) -> Paths:
        """Return all edges."""
        return cls(batch.edge_sources, batch.edge_messages, batch.edge_starts, None, None)

    @classmethod
    def first(cls, batch: GraphBatch) -> Paths:
        """Return those that leave where reasoning begins."""
        return cls(
            batch.first_sources,
            batch.first_messages,
            batch.first_starts,
            batch.first_along,
            batch.first_against,
        )


class Kinds(NamedTuple):
    """What one layer makes of the relations, whatever the instructions are."""

    along: Tensor
    """`[P, width]`, W_r r of each pair."""
    against: Tensor
    """`[P, width]`, W'_r r."""
    itself: Tensor
    """`[width]`, of the self loop."""


class Reasoning(nn.Module):
    """The layers of one round; each round uses the same.

    Args:
        width: Of entities, relations and instructions.
        count: How many instructions there are.
        layers: How far a message gets in a round.
        dropout: The share of what goes into a layer's sum that is dropped in training.
    """

    def __init__(self, width: int, count: int, layers: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(width, count, dropout) for _ in range(layers))
        self.score = nn.Linear(width, 1)
        self.itself = nn.Parameter(torch.empty(width).uniform_(-1, 1))
        self.dropout = dropout

    def forward(
        self,
        batch: GraphBatch,
        entities: Tensor,
        kinds: Sequence[Kinds],
        instructions: Tensor,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Reason from the topics once.

        Args:
            batch: The graphs.
            entities: `[N, width]`, as they are before.
            kinds: What each layer makes of the relations, the same in all rounds.
            instructions: `[B, K, width]`
            generator: For dropout; None drops nothing.

        Returns:
            The entities after it, `[N, width]`, and what the last layer makes of a relation in the
            light of its question, the mean of relu(W_r r * i_k) over k, `[P, width]`.
        """
        wanted = instructions.index_select(0, batch.pair_owners)  # [P, K, width]
        likely = seeds(batch)
        # of the last layer all relations are asked for
        paths = Paths.first(batch) if len(kinds) > 1 else Paths.all(batch)
        for place, (layer, kind) in enumerate(zip(self.layers, kinds, strict=True)):
            if place:
                paths = Paths.all(batch)
                scores = self.score(dropped(entities, self.dropout, generator))[:, 0]
                likely = segments.softmax(scores.float(), batch.entity_owners, batch.num_questions)
            entities, steered = layer(
                paths, entities, kind, instructions, wanted, likely, generator
            )
        return entities, steered

    def kinds(self, batch: GraphBatch, relations: Tensor) -> list[Kinds]:
        """Return what each layer makes of relations `[R, width]`, by pair."""
        layers: Any = self.layers
        return [layer.kinds(batch, relations, self.itself) for layer in layers]


class Layer(nn.Module):
    """One step of messages, along the facts, against them, and from each entity to itself."""

    def __init__(self, width: int, count: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.along = nn.Linear(width, width)
        self.against = nn.Linear(width, width)
        self.own = nn.Linear(width, width)
        self.told_along = nn.Linear(count * width, width, bias=False)
        self.told_against = nn.Linear(count * width, width, bias=False)
        self.dropout = dropout

    def forward(
        self,
        paths: Paths,
        entities: Tensor,
        kinds: Kinds,
        instructions: Tensor,
        wanted: Tensor,
        likely: Tensor,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Tensor]:
        """Return the new entities `[N, width]`, and the steered relations of the paths' pairs."""
        steered = _steered(kinds.along, wanted, paths.along)  # [P, K, width]
        against = _steered(kinds.against, wanted, paths.against)
        loops = torch.relu(kinds.itself * instructions)  # a self loop is a relation like others
        both = dropped(torch.cat([steered, loops]).flatten(1), self.dropout, generator)
        told = self.told_along(both)
        back = self.told_against(dropped(against.flatten(1), self.dropout, generator))
        pairs = len(steered)
        messages = torch.cat([told[:pairs], back, told[pairs:]])
        heard = _summed(paths, messages, likely.index_select(0, paths.sources))
        entities = self.own(dropped(entities, self.dropout, generator))
        return torch.relu(entities + heard), steered.mean(1)

    def kinds(self, batch: GraphBatch, relations: Tensor, itself: Tensor) -> Kinds:
        """Return W_r r of each pair, along and against, and that of the self loop."""
        sides = (self.along(relations), self.against(relations))
        along, against = (side.index_select(0, batch.pair_relations) for side in sides)
        return Kinds(along, against, self.along(itself))


class FirstStates(nn.Module):
    """What an entity is before any question: the relations of its facts, and no id.

        e(v) = relu(mean_{into v} W r + mean_{out of v} W' r),

    the mean over all of v's facts. The authors add up, by one matrix for both directions; with sums, an
    entity of a thousand facts would drown all others, and with one matrix heads would look like tails.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.along = nn.Linear(width, width)
        self.against = nn.Linear(width, width)

    def forward(self, batch: GraphBatch, relations: Tensor) -> Tensor:
        """Return `[N, width]` of relations `[R, width]`."""
        kinds = batch.pair_relations
        told = [side(relations).index_select(0, kinds) for side in (self.along, self.against)]
        loops = relations.new_zeros(batch.num_questions, relations.shape[1])
        return torch.relu(gathered(batch, torch.cat([*told, loops]), batch.edge_shares))


def gathered(batch: GraphBatch, messages: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sum of what reaches each entity.

    Args:
        batch: Whose edges carry the messages.
        messages: `[2P + B, width]`, as `GraphBatch.edge_messages` counts them.
        weights: `[2F + N]`, one for each edge.

    Returns:
        `[N, width]`
    """
    return _summed(Paths.all(batch), messages, weights)


def _summed(paths: Paths, messages: Tensor, weights: Tensor) -> Tensor:
    messages = messages.to(weights.dtype)  # sums in full precision, under autocast too
    return functional.embedding_bag(
        paths.messages, messages, paths.starts, mode="sum", per_sample_weights=weights
    )


def _steered(kinds: Tensor, wanted: Tensor, pairs: Tensor | None) -> Tensor:
    """Return relu(W_r r * i_k) of all pairs or of some, `[P, K, width]`."""
    if pairs is not None:
        kinds, wanted = kinds.index_select(0, pairs), wanted.index_select(0, pairs)
    return torch.relu(kinds[:, None] * wanted)


def seeds(batch: GraphBatch) -> Tensor:
    """Return where reasoning begins, `[N]`: the topics of a question alike, all where it has none."""
    count, owners = batch.num_questions, batch.entity_owners
    marked = batch.begins.float()
    return marked / segments.summed(marked, owners, count).index_select(0, owners)
