"""The schedule of a reward: what its terms weigh at a step of training, and when that jumps."""

from __future__ import annotations

from typing import Any

from ..rewards.base import Reward, at_step, weights_of


class Schedule:
    """The weights of a reward, step by step.

    Args:
        reward: The reward; None for one that nobody knows.

    >>> from hopgym.rewards import make_reward
    >>> schedule = Schedule(make_reward("dag", curriculum_steps=3))
    >>> schedule.weights(2)["format"], schedule.weights(3)["format"]
    (0.4, 0.25)
    >>> [step for step in range(10) if schedule.jumps(step)]
    [3]
    """

    def __init__(self, reward: Reward | None) -> None:
        self._reward = reward

    @classmethod
    def of(cls, env: Any) -> Schedule:
        """Return the schedule of an environment; of other people's it is not known."""
        return cls(getattr(getattr(env.unwrapped, "stage", None), "reward", None))

    def weights(self, step: int) -> dict[str, float]:
        """Return what the terms weigh, by name; nothing where that is not known."""
        return {} if self._reward is None else weights_of(at_step(self._reward, step))

    def jumps(self, step: int) -> bool:
        """Return whether the weights are others from this step on, after some that stood still.

        What a guard has learnt of a reward's level then says nothing any more. Weights that change
        with every step are followed by levels as well as can be.
        """
        if step < 1 or self.weights(step) == self.weights(step - 1):
            return False
        return step < 2 or self.weights(step - 1) == self.weights(step - 2)
