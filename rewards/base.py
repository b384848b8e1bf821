"""What a reward is: a pure function of the question and the episode so far.

A reward scores the *last step* of the trajectory that it is given, so that the scores of an
episode's prefixes are its rewards, and a stored trajectory can be scored again at any time. It
sees nothing but its two arguments, and only what the agent wrote can earn anything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, runtime_checkable

from ..core import Question, Score, Trajectory


@runtime_checkable
class Reward(Protocol):
    """Trajectory in, score of its last step out."""

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step; `terms` add up to `value`."""


def score_episode(reward: Reward, question: Question, trajectory: Trajectory) -> tuple[Score, ...]:
    """Score every step of a stored trajectory, as the environment did while it was played."""
    steps = trajectory.steps
    prefixes = (
        replace(trajectory, steps=steps[:n], outcome="running", prediction=None)
        for n in range(1, len(steps))
    )
    return (
        *(reward(question, prefix) for prefix in prefixes),
        *_last(reward, question, trajectory),
    )


def _last(reward: Reward, question: Question, trajectory: Trajectory) -> tuple[Score, ...]:
    return (reward(question, trajectory),) if trajectory.steps else ()
