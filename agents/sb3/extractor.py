"""The network of the `sb3` agent: a graph in, one number for each fact, one for STOP, and a summary out.

It reads the padded observation of `hopgym/KGSubgraph-v0`. Only what is really there is computed on:
the facts and entities of all episodes of a batch are put one after the other, as torch-geometric
batches graphs. A fact is embedded by its relation, by how that goes with the question, and by
whether it is selected; messages then run along the facts and against them (GINE, arXiv 1905.12265),
with the fact's embedding on every message. Nothing depends on how many slots there are, or on which
slot a fact stands in, so that the weights play with any `top_k`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from ...errors import ConfigError, require

READ = (
    "edge_feat", "edge_index", "edge_mask", "edge_type", "node_feat", "node_mask", "question",
    "selected", "step",
)  # fmt: skip
"""The parts of an observation that are read."""

CLOSED = -1e4
"""The logit of a slot that has no fact, or a selected one: no chance, and yet a finite number."""


class Flat(NamedTuple):
    """The graphs of a batch, one after the other."""

    rows: Tensor
    """`[E]`, the episode of each fact."""
    slots: Tensor
    """`[E]`, its slot."""
    links: Tensor
    """`[2, E]`, its head and tail among all entities of the batch."""
    owners: Tensor
    """`[V]`, the episode of each entity."""
    nodes: Tensor
    """`[V, 10]`, its features."""


class SubgraphExtractor(BaseFeaturesExtractor):
    """Returns `[B, M + 1 + width]`: the logits of all slots, that of STOP, and the value's features.

    Args:
        observation_space: The padded one.
        relation_ids: How many numbers relations have.
        width: Of all hidden layers.
        layers: How many rounds of messages: facts that lie so far apart know of each other.

    Raises:
        ConfigError: If the observations are of another form.
    """

    def __init__(
        self,
        observation_space: spaces.Dict,
        relation_ids: int = 4096,
        width: int = 32,
        layers: int = 2,
    ) -> None:
        held = getattr(observation_space, "spaces", {})
        if lacking := [name for name in READ if name not in held]:
            raise ConfigError(
                f"These observations have no {', '.join(lacking)}; SubgraphExtractor reads padded "
                'graphs: make hopgym/KGSubgraph-v0 with observation="padded".'
            )
        sizes = {name: space.shape or () for name, space in observation_space.items()}
        self.slots = sizes["edge_type"][0]
        super().__init__(observation_space, self.slots + 1 + width)
        numbers = sizes["edge_feat"][1]
        self.relation = nn.Embedding(relation_ids, width)
        self.question = nn.Sequential(
            nn.Linear(sizes["question"][0], width, bias=False), nn.LayerNorm(width)
        )
        self.fact = _mlp(3 * width + numbers + 1, width, width)
        self.entity = nn.Linear(sizes["node_feat"][1], width)
        self.rounds = nn.ModuleList(_Round(width) for _ in range(layers))
        self.logit = _mlp(4 * width, width, 1)
        self.stop = _mlp(3 * width + 2, width, 1)
        self.value = _mlp(3 * width + 2, width, width)

    def forward(self, observations: Mapping[str, Tensor]) -> Tensor:
        """Return the logits and features of a batch."""
        flat = flatten(observations)
        question = self.question(observations["question"])
        selected = observations["selected"][flat.rows, flat.slots, None]
        facts = self._facts(observations, flat, question[flat.rows], selected)
        entities = self.entity(flat.nodes)
        for each in self.rounds:
            entities = each(entities, flat.links, facts)
        head, tail = entities[flat.links[0]], entities[flat.links[1]]
        logits = self.logit(torch.cat([head, tail, facts, question[flat.rows]], dim=1))
        summary = self._summary(observations, flat, facts, selected, question)
        logits = torch.where(selected > 0, CLOSED, logits)[:, 0]
        padded = logits.new_full((len(question), self.slots), CLOSED)
        padded = padded.index_put((flat.rows, flat.slots), logits)
        return torch.cat([padded, self.stop(summary), self.value(summary)], dim=1)

    def _facts(
        self, observations: Mapping[str, Tensor], flat: Flat, question: Tensor, selected: Tensor
    ) -> Tensor:
        """Embed each fact, `[E, width]`."""
        relation = self.relation(observations["edge_type"][flat.rows, flat.slots].long())
        numbers = observations["edge_feat"][flat.rows, flat.slots]
        fits = relation * question
        embedded: Tensor = self.fact(torch.cat([relation, question, fits, numbers, selected], 1))
        return embedded

    def _summary(
        self,
        observations: Mapping[str, Tensor],
        flat: Flat,
        facts: Tensor,
        selected: Tensor,
        question: Tensor,
    ) -> Tensor:
        """Return what is known of each episode as a whole, `[B, 3 * width + 2]`."""
        pool = require("torch_geometric.nn", "sb3")
        size = len(question)
        chosen = pool.global_add_pool(facts * selected, flat.rows, size)
        every = pool.global_max_pool(facts, flat.rows, size)
        count = pool.global_add_pool(selected, flat.rows, size)
        return torch.cat([chosen, every, question, count, observations["step"]], dim=1)


class _Round(nn.Module):
    """One round of messages, along the facts and against them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        conv: Any = require("torch_geometric.nn", "sb3").GINEConv
        self.along = conv(_mlp(width, width, width), edge_dim=width)
        self.against = conv(_mlp(width, width, width), edge_dim=width)
        self.norm = nn.LayerNorm(width)

    def forward(self, entities: Tensor, links: Tensor, facts: Tensor) -> Tensor:
        told = self.along(entities, links, facts) + self.against(entities, links.flip(0), facts)
        heard: Tensor = self.norm(entities + told)
        return heard


def flatten(observations: Mapping[str, Tensor]) -> Flat:
    """Put the graphs of a padded batch one after the other, without their padding.

    Args:
        observations: With `edge_index` `[B, 2, M]`, `edge_mask` `[B, M]`, `node_feat` `[B, N, 10]`
            and `node_mask` `[B, N]`, of any kind of number.
    """
    rows, slots = observations["edge_mask"].nonzero(as_tuple=True)
    real = observations["node_mask"] > 0
    number = real.flatten().cumsum(0).view(real.shape) - 1
    links = observations["edge_index"][rows, :, slots].long()  # [E, 2]
    owners, places = real.nonzero(as_tuple=True)
    nodes = observations["node_feat"][owners, places]
    return Flat(rows, slots, number[rows[:, None], links].T.contiguous(), owners, nodes)


def _mlp(inside: int, width: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inside, width), nn.ReLU(), nn.Linear(width, outside))
