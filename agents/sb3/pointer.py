"""Policies that point: the logit of an action is read off the fact in its slot.

SB3's own head is `Linear(latent, actions)`: bound to slots, each of which holds another fact in
every episode, so that nothing can be learnt by it. Here the extractor has a logit ready for each
slot and for STOP, and the head only cuts them out; the critic reads what the extractor says of the
whole. The class is put on top of SB3's policy of dictionaries, with a mask or without.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from gymnasium import spaces
from sb3_contrib.common.maskable.distributions import (
    MaskableBernoulliDistribution,
    MaskableCategorical,
)
from sb3_contrib.ppo_mask import MultiInputPolicy as MaskablePolicy
from stable_baselines3.ppo import MultiInputPolicy as PlainPolicy
from torch import Tensor, nn

from .extractor import SubgraphExtractor

if TYPE_CHECKING:
    from stable_baselines3.common.type_aliases import Schedule


class Logits(nn.Module):
    """The head: cuts the logits of the actions out of the features, `[B, F]` to `[B, actions]`.

    Args:
        actions: How many there are.
        pairs: Whether each is a pair of "drop" and "keep", as masked one-shot play has them.
    """

    def __init__(self, actions: int, *, pairs: bool = False) -> None:
        super().__init__()
        self.actions = actions
        self.pairs = pairs

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits; dropping has the logit 0, so that keeping is a Bernoulli's."""
        logits = features[:, : self.actions]
        if not self.pairs:
            return logits
        return torch.stack([torch.zeros_like(logits), logits], dim=2).flatten(1)


class Value(nn.Linear):
    """The critic: a value from the tail of the features, `[B, F]` to `[B, 1]`."""

    def __init__(self, start: int, size: int) -> None:
        super().__init__(size, 1)
        self.start = start

    def forward(self, input: Tensor) -> Tensor:
        """Return the values."""
        return super().forward(input[:, self.start :])


class Subsets(MaskableBernoulliDistribution):
    """All slots' choices at once.

    SB3's own keeps a distribution for each slot and asks them one after the other: at 256 slots
    that is most of the time. The numbers are the same.
    """

    distribution: Any

    def proba_distribution(self, action_logits: Tensor) -> Subsets:
        """Take the logits, `[B, 2 * slots]`."""
        pairs = action_logits.view(len(action_logits), -1, 2)
        self.distribution = MaskableCategorical(logits=pairs)
        return self

    def log_prob(self, actions: Tensor) -> Tensor:
        """Return those of choices `[B, slots]`, `[B]`."""
        found: Tensor = self.distribution.log_prob(actions).sum(dim=1)
        return found

    def entropy(self) -> Tensor:
        """Return that of each episode's choice, `[B]`."""
        found: Tensor = self.distribution.entropy().sum(dim=1)
        return found

    def sample(self) -> Tensor:
        """Draw choices, `[B, slots]`."""
        drawn: Tensor = self.distribution.sample()
        return drawn

    def mode(self) -> Tensor:
        """Return the likeliest choices, `[B, slots]`."""
        best: Tensor = self.distribution.logits.argmax(dim=2)
        return best

    def apply_masking(self, masks: Any) -> None:
        """Allow what a mask `[B, 2 * slots]` allows."""
        self.distribution.apply_masking(masks)


class Pointer:
    """What makes a policy of SB3's point; it stands before the policy among the bases.

    The policy's extractor must return what `SubgraphExtractor` does, which is the usual one, and
    nothing may stand between it and the head: `net_arch` is empty.
    """

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        usual = {"net_arch": [], "ortho_init": False, "features_extractor_class": SubgraphExtractor}
        super().__init__(*args, **{**usual, **kwargs})

    def _build(self: Any, lr_schedule: Schedule) -> None:
        """Make the networks, and the optimizer of these networks."""
        super()._build(lr_schedule)  # type: ignore[misc]
        slots = self.features_extractor.slots
        one_shot = isinstance(self.action_space, spaces.MultiBinary)
        masked = isinstance(self, MaskablePolicy)
        if one_shot and masked:
            self.action_dist = Subsets(slots)
        self.action_net = Logits(slots if one_shot else slots + 1, pairs=one_shot and masked)
        self.value_net = Value(slots + 1, self.features_dim - slots - 1)
        rate = lr_schedule(1)
        self.optimizer = self.optimizer_class(self.parameters(), lr=rate, **self.optimizer_kwargs)


@cache
def pointer_policy(*, masked: bool) -> type[Any]:
    """Return the policy's class, for `MaskablePPO` or for `PPO`."""
    base = MaskablePolicy if masked else PlainPolicy
    return type(f"Pointer{base.__name__}", (Pointer, base), {"__doc__": Pointer.__doc__})
