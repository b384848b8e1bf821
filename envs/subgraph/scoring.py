"""What steps pay: by counts where the reward knows them, and else by the episodes' records.

`kg` and its presets are asked once for all episodes, in arrays. Any other reward is a function of a
question and a trajectory, and is handed both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ...core import Score, Trajectory
from ...errors import RewardError
from ...rewards.base import Item, Reward, ask_many
from ...rewards.kg.reward import Counts, SubgraphReward
from ..episode import check_score
from .case import Case


class Paid(NamedTuple):
    """What one step of one episode pays."""

    value: float
    terms: dict[str, float]
    reason: str | None = None


class Steps(NamedTuple):
    """The steps of several episodes that share a reward, about to be taken; `[n]` each."""

    cases: Sequence[Case]
    before: Counts
    after: Counts
    stops: NDArray[np.bool_]
    cut: NDArray[np.bool_]
    """Which are cut off by the limit of steps."""
    answers: Sequence[Sequence[str]]
    """What was read off those that stop."""
    record: Callable[[int], Trajectory]
    """Returns the record of an episode, the step included."""


def pay(reward: Reward, steps: Steps) -> list[Paid | RewardError]:
    """Score a step of each episode; a failure stands in its place.

    Raises:
        ConfigError: If the reward is at fault.
    """
    if counts_alone(reward):
        return list(_by_counts(cast("SubgraphReward", reward), steps))
    items: list[Item] = [(case.question, steps.record(n)) for n, case in enumerate(steps.cases)]
    scores = ask_many(reward, items)
    return [_checked(score, reward, item) for score, item in zip(scores, items, strict=True)]


def counts_alone(reward: Any) -> bool:
    """Return whether a reward needs no more than counts."""
    kind = type(reward)
    own = isinstance(reward, SubgraphReward)
    return own and all(
        getattr(kind, name) is getattr(SubgraphReward, name) for name in ("__call__", "many")
    )


def _by_counts(reward: SubgraphReward, steps: Steps) -> list[Paid]:
    scores = np.zeros(len(steps.cases))
    for n in np.flatnonzero(steps.stops).tolist():
        scores[n] = reward.answer_score(steps.answers[n], steps.cases[n].gold_answers)
    terms = reward.terms(
        steps.before,
        steps.after,
        terminated=steps.stops,
        truncated=steps.cut,
        answer_score=scores,
    )
    values, names = reward.value(terms).tolist(), tuple(terms)
    rows = zip(*(column.tolist() for column in terms.values()), strict=True)
    return [
        Paid(value, dict(zip(names, row, strict=True)))
        for value, row in zip(values, rows, strict=True)
    ]


def _checked(score: Score | RewardError, reward: Reward, item: Item) -> Paid | RewardError:
    if isinstance(score, RewardError):
        return score
    question, trajectory = item
    where = f"step {len(trajectory.steps)} of question {question.id!r}"
    try:
        check_score(score, reward, where)
    except RewardError as error:
        return error
    terms = {name: float(value) for name, value in score.terms.items()}
    return Paid(float(score.value), terms or {"reward": float(score.value)}, score.reason)
