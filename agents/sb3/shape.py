"""What a policy is made of, and the policy that is made of it.

The `pointer` head is that of `pointer` on the network of `extractor`. The `stock` head is SB3's
`MultiInputPolicy` with nothing changed: its `CombinedExtractor` lays all arrays of the observation
side by side, and layers of 64 units follow. It is there to be compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import gymnasium
import msgspec
import numpy as np
import torch
from sb3_contrib.ppo_mask import MultiInputPolicy as MaskablePolicy
from stable_baselines3.ppo import MultiInputPolicy as PlainPolicy

from .pointer import pointer_policy
from .settings import Algorithm, Head, Mode


@dataclass(frozen=True, kw_only=True)
class Shape:
    """All that must be known to make a policy, but for its weights."""

    head: Head
    algorithm: Algorithm
    mode: Mode
    top_k: int
    """The slots that it was trained with; the pointer plays with any number."""
    dim: int
    """How long the question's vector is."""
    edge_features: int
    """How many numbers a fact has."""
    node_features: int
    """How many numbers an entity has."""
    relation_ids: int
    width: int
    layers: int
    encoder: str
    """What makes the question's vector, as it was asked for."""
    encoder_fingerprint: str
    """What tells it from others."""

    @property
    def masked(self) -> bool:
        """Whether it is told which actions are possible."""
        return self.algorithm == "maskable_ppo"

    @property
    def policy(self) -> type[Any]:
        """The policy's class."""
        if self.head == "pointer":
            return pointer_policy(masked=self.masked)
        return MaskablePolicy if self.masked else PlainPolicy

    @property
    def policy_kwargs(self) -> dict[str, Any]:
        """What the class is made with, besides the spaces."""
        if self.head == "stock":
            return {}
        network = {name: getattr(self, name) for name in ("relation_ids", "width", "layers")}
        return {"features_extractor_kwargs": network}

    def make(self, sizes: Mapping[str, tuple[int, ...]]) -> Any:
        """Return a policy with random weights, to load others into.

        Args:
            sizes: The shape of each array of an observation.
        """
        box, slots = gymnasium.spaces.Box, sizes["edge_type"][0]
        seen: dict[str, gymnasium.Space[Any]] = {
            name: box(-np.inf, np.inf, size, np.float32) for name, size in sizes.items()
        }
        actions: gymnasium.Space[Any] = gymnasium.spaces.Discrete(slots + 1)
        if self.mode == "one_shot":
            actions = gymnasium.spaces.MultiBinary(slots)
        with torch.random.fork_rng(devices=[]):  # those weights are nobody's
            observations = gymnasium.spaces.Dict(seen)
            return self.policy(observations, actions, lambda _: 0.0, **self.policy_kwargs)

    def to_json(self) -> bytes:
        """Return it as JSON."""
        return msgspec.json.format(msgspec.json.encode(asdict(self)), indent=2) + b"\n"
