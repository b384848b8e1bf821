"""What a reward is: a pure function of the question and the episode so far.

A reward scores the *last step* of the trajectory that it is given, so that the scores of an
episode's prefixes are its rewards, and a stored trajectory can be scored again at any time. It
sees nothing but its two arguments, and only what the agent wrote can earn anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from ..core import Question, Score, Span, Trajectory
from ..errors import ConfigError, HopgymError, RewardError, named, told

Item = tuple[Question, Trajectory]
"""What a reward scores the last step of."""

R = TypeVar("R")


@runtime_checkable
class Reward(Protocol):
    """Trajectory in, score of its last step out.

    A reward may have three more: `many(items)`, which scores a batch at once (one that asks a judge
    then waits once); `at(step)`, which returns the same reward at another training step; and
    `weights`, the numbers that hold at this one.
    """

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step; `terms` add up to `value`."""


def for_documents(reward: R) -> R:
    """Mark a reward, or its factory, as made for documents: where facts are selected it is refused.

    A subclass that pays for facts sets `plays = ""`.
    """
    cast("Any", reward).plays = "documents"
    return reward


def is_for_documents(reward: Any) -> bool:
    """Return whether a reward is marked as made for documents; a user's own is not."""
    return getattr(reward, "plays", "") == "documents"


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


def ask_many(reward: Reward, items: Sequence[Item]) -> list[Score | RewardError]:
    """Score a batch, in one call where the reward has `many`; a failure stands in its place.

    Raises:
        HopgymError: If the reward raised one that is no `RewardError`.
    """
    many = getattr(reward, "many", None)
    if many is None:
        return [_attempt(reward, *item) for item in items]
    try:
        scores = list(many(items))
    except RewardError as error:
        return [error] * len(items)
    except HopgymError:
        raise
    except Exception as error:
        raised = RewardError(f"The reward {named(reward)} raised {told(error)}.")
        raised.__cause__ = error
        return [raised] * len(items)
    if len(scores) != len(items):
        raise ConfigError(
            f"The reward {named(reward)} gave {len(scores)} scores for {len(items)} episodes; "
            "`many` must return one for each."
        )
    return scores


def _attempt(reward: Reward, question: Question, trajectory: Trajectory) -> Score | RewardError:
    try:
        return ask(reward, question, trajectory)
    except RewardError as error:
        return error


def at_step(reward: R, step: int | None) -> R:
    """Return a reward at a training step; one without a schedule stays as it is.

    Raises:
        ConfigError: If the step is no whole number from 0.
    """
    check_step(step)
    at = getattr(reward, "at", None)
    return reward if at is None else at(step)


def check_step(step: Any, what: str = "The training step") -> None:
    """Refuse what is no training step; None, where nobody trains, is one.

    Raises:
        ConfigError: If it is no whole number from 0.
    """
    if step is not None and (not hasattr(step, "__index__") or isinstance(step, bool) or step < 0):
        raise ConfigError(f"{what} is {step!r:.60}; it must be a whole number from 0.")


def weights_of(reward: Reward) -> dict[str, float]:
    """Return the weights of a reward's terms at its training step; none if it tells none."""
    weight = getattr(reward, "weight", None)
    weights = getattr(reward, "weights", {})
    if callable(weight):  # a Composite: a weight may be a schedule
        return {name: float(weight(name)) for name in getattr(reward, "parts", weights)}
    return (
        {name: float(value) for name, value in weights.items()}
        if isinstance(weights, Mapping)
        else {}
    )


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
