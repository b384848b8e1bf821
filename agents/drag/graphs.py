"""Many questions' facts as one graph: tensors, with no padding and no loop over questions.

Facts and entities of all questions stand one after the other, and numbers are moved by where a
question begins, as torch-geometric batches graphs. No entity has an id or an embedding of its own:
what the retriever learns goes for entities that it never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...envs.subgraph.case import Case
from ...errors import AgentError
from .edges import Ends, all_edges, beginnings, first_edges
from .encoder import Floats
from .states import RelationTable, TokenStates

Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """B questions with F facts, N entities and R relations between them.

    A question has P pairs, one for each of its relations: whatever depends on the question and the
    relation alone is worked out for pairs, of which there are far fewer than facts.
    """

    heads: Tensor
    """`[F]` long, entities."""
    tails: Tensor
    """`[F]`"""
    relations: Tensor
    """`[F]`, rows of `relation_states`."""
    owners: Tensor
    """`[F]`, the question of each fact; never smaller than the one before."""
    entity_owners: Tensor
    """`[N]`"""
    topics: Tensor
    """`[T]`, entities."""
    questions: Tensor
    """`[B, L, dim]`, the states of its tokens."""
    question_mask: Tensor
    """`[B, L]`, false where there is no token."""
    relation_states: Tensor
    """`[R, L', dim]`"""
    relation_mask: Tensor
    """`[R, L']`"""
    labels: Tensor
    """`[F]`, 1 for a gold fact. For losses alone: the retriever does not read it."""
    node_features: Tensor
    """`[N, 10]`, the directional distance encoding."""
    facts_per_question: Tensor
    """`[B]`"""
    fact_pairs: Tensor
    """`[F]`, the pair of each fact."""
    pair_owners: Tensor
    """`[P]`, the question of each pair."""
    pair_relations: Tensor
    """`[P]`, its relation."""
    edge_sources: Tensor
    """`[2F + N]`, the entity that each edge leaves: those along facts, those against them, and one
    from each entity to itself, in the order of the entities that they reach."""
    edge_messages: Tensor
    """`[2F + N]`, what each edge carries: pair p along a fact, P + p against it, 2P + b a self loop
    of question b."""
    edge_starts: Tensor
    """`[N]`, where the edges that reach an entity begin."""
    edge_shares: Tensor
    """`[2F + N]`, 1 through how many facts touch the entity that is reached."""
    begins: Tensor
    """`[N]` bool, where reasoning begins: a question's topics, all entities where it has none."""
    first_sources: Tensor
    """`[S]`, as `edge_sources`, of the edges that leave these alone."""
    first_messages: Tensor
    """`[S]`: a is along the pair `first_along[a]`, A + c against `first_against[c]`, and A + C + b a
    self loop of question b."""
    first_starts: Tensor
    """`[N]`"""
    first_along: Tensor
    """`[A]`, pairs."""
    first_against: Tensor
    """`[C]`"""
    entity_vectors: Tensor | None = None
    """`[N, dim]`, the mean states of their names, for the scorer `mlp` alone; zeros for a name
    without words."""

    @classmethod
    def of(
        cls,
        cases: Sequence[Case],
        tokens: TokenStates,
        relations: RelationTable,
        *,
        names: bool = False,
    ) -> GraphBatch:
        """Put cases together.

        Args:
            cases: At least one; a case without facts is fine.
            tokens: The states of the questions.
            relations: Those of relations.
            names: Whether entities' names are read too.

        Raises:
            AgentError: If there is no case.
        """
        if not cases:
            raise AgentError("A batch has no questions. Give at least one.")
        kinds = [list(dict.fromkeys(fact.relation for fact in case.offer.facts)) for case in cases]
        rows = {kind: row for row, kind in enumerate(dict.fromkeys(chain(*kinds)))}
        sizes = _counts(case.num_facts for case in cases)
        entities = _counts(len(case.names) for case in cases)
        pairs = _counts(map(len, kinds))
        nodes, first_pairs = np.repeat(_starts(entities), sizes), np.repeat(_starts(pairs), sizes)
        heads = _joined([case.heads for case in cases]) + nodes
        tails = _joined([case.tails for case in cases]) + nodes
        fact_pairs = _joined([case.relations for case in cases]) + first_pairs
        pair_relations = np.array([rows[kind] for each in kinds for kind in each], np.int64)
        entity_owners = _owners(entities)
        topics = np.repeat(_starts(entities), _counts(len(case.topics) for case in cases))
        topics += _joined([case.topics for case in cases])
        begins = beginnings(topics, entity_owners, len(cases))
        questions, question_mask = tokens.of([case.offer.question for case in cases])
        relation_states, relation_mask = relations.of(list(rows))
        vectors = _name_vectors(cases, tokens) if names else None
        arrays = {
            "heads": heads,
            "tails": tails,
            "relations": pair_relations[fact_pairs],
            "owners": _owners(sizes),
            "entity_owners": entity_owners,
            "topics": topics,
            "questions": questions,
            "question_mask": question_mask,
            "relation_states": relation_states,
            "relation_mask": relation_mask,
            "labels": np.concatenate([case.gold for case in cases]).astype(np.float32),
            "node_features": np.concatenate([case.node_features for case in cases]),
            "facts_per_question": sizes,
            "fact_pairs": fact_pairs,
            "pair_owners": _owners(pairs),
            "pair_relations": pair_relations,
            "begins": begins,
            **_edges(Ends(heads, tails, fact_pairs, entity_owners, int(pairs.sum())), begins),
        }
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        named = None if vectors is None else torch.from_numpy(vectors)
        return cls(**tensors, entity_vectors=named)

    @property
    def num_questions(self) -> int:
        """How many questions."""
        return len(self.questions)

    @property
    def num_entities(self) -> int:
        """How many entities of all questions together."""
        return len(self.entity_owners)

    def to(self, device: str | torch.device) -> GraphBatch:
        """Return this batch on a device."""
        tensors = {each.name: getattr(self, each.name) for each in fields(self)}
        moved: dict[str, Any] = {
            name: tensor.to(device, non_blocking=True)
            for name, tensor in tensors.items()
            if tensor is not None
        }
        return replace(self, **moved)

    def __repr__(self) -> str:
        return (
            f"GraphBatch({self.num_questions} questions, {self.num_entities} entities, "
            f"{len(self.heads)} facts)"
        )


def _edges(ends: Ends, begins: Any) -> dict[str, NDArray[Any]]:
    every = all_edges(ends)
    first = first_edges(ends, every, begins)
    named = {f"edge_{name}": array for name, array in every._asdict().items()}
    return named | {f"first_{name}": array for name, array in first._asdict().items()}


def _name_vectors(cases: Sequence[Case], tokens: TokenStates) -> Floats:
    return tokens.means([name for case in cases for name in case.names])


def _counts(numbers: Any) -> Ids:
    return np.fromiter(numbers, np.int64)


def _starts(counts: Ids) -> Ids:
    starts: Ids = np.cumsum(counts) - counts
    return starts


def _owners(counts: Ids) -> Ids:
    return np.repeat(np.arange(len(counts)), counts)


def _joined(arrays: Sequence[Any]) -> Ids:
    return np.concatenate(arrays).astype(np.int64)
