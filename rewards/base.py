"""What a reward is: a pure function of the question and the episode so far.

A reward scores the *last step* of the trajectory that it is given, so that the scores of an
episode's prefixes are its rewards, and a stored trajectory can be scored again at any time. It
sees nothing but its two arguments, and only what the agent wrote can earn anything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, runtime_checkable

from ..core import Question, Score, Span, Trajectory
from ..errors import HopgymError, RewardError, named, told


@runtime_checkable
class Reward(Protocol):
    """Trajectory in, score of its last step out."""

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step; `terms` add up to `value`."""


def score_episode(reward: Reward, question: Question, trajectory: Trajectory) -> tuple[Score, ...]:
    """Score every step of a stored trajectory, as the environment did while it was played.

    Raises:
        RewardError: If the reward raised something.
    """
    count = len(trajectory.steps)
    return tuple(ask(reward, question, prefix(trajectory, n)) for n in range(1, count + 1))


def ask(reward: Reward, question: Question, trajectory: Trajectory) -> Score:
    """Call a reward; whatever it raises becomes an error that names it.

    Raises:
        RewardError: If the reward raised something that is no error of ours.
    """
    # Called at every step: a plain try, which costs nothing, and no context manager.
    try:
        return reward(question, trajectory)
    except HopgymError:
        raise
    except Exception as error:
        raise RewardError(f"The reward {named(reward)} raised {told(error)}.") from error


def prefix(trajectory: Trajectory, count: int) -> Trajectory:
    """Return an episode as it stood after its first steps, the last of them not yet scored.

    Args:
        trajectory: A whole episode.
        count: How many steps, from 1.
    """
    *before, last = trajectory.steps[:count]
    steps = (*before, replace(last, reward_terms={}))
    if count == len(trajectory.steps):
        return replace(trajectory, steps=steps)
    spans = tuple(
        Span(start, min(end, last.end), author)
        for start, end, author in trajectory.spans
        if start < last.end
    )
    return replace(
        trajectory,
        steps=steps,
        spans=spans,
        transcript=trajectory.transcript[: last.end],
        outcome="running",
        prediction=None,
    )
