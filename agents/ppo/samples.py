"""Samples: what an episode in tokens is to a learner.

An action is a token that the model wrote; what the environment wrote is read and never learnt. A
turn is paid at its last token. Knows no library that trains.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..llm.rollout import TokenRollout
from ..llm.tokens import TokenEpisode

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Sample:
    """One episode; all arrays have an entry for each action.

    What `credit` and the learner fill in (`values`, `reference`, `advantages`, `returns`) is empty
    at first.
    """

    group: str
    """The question's id: samples of one group are compared by RLOO."""
    ids: list[int]
    """The row, up to its last action."""
    places: NDArray[np.int64]
    """Where in the row each action stands."""
    ends: NDArray[np.bool_]
    """Whether an action is the last of its turn."""
    rewards: Floats
    """What each action was paid: the turn's reward at its last token, else 0."""
    logprobs: Floats
    """Of each action, under the policy that played."""
    lost: float = 0.0
    """What turns were paid that are not learnt from; the last action's return has it too."""
    values: Floats = field(default_factory=lambda: np.zeros(0))
    reference: Floats = field(default_factory=lambda: np.zeros(0))
    """Log-probabilities under the reference; empty where there is none."""
    advantages: Floats = field(default_factory=lambda: np.zeros(0))
    returns: Floats = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.places)

    @property
    def targets(self) -> list[int]:
        """The actions themselves."""
        return [self.ids[place] for place in self.places.tolist()]

    @property
    def reward(self) -> float:
        """What the whole episode was paid."""
        return float(self.rewards.sum()) + self.lost


def sample_of(row: TokenEpisode, group: str = "") -> Sample | None:
    """Return an episode as a sample.

    Its whole turns are learnt from. What the others were paid is still credited to them.

    Args:
        row: The episode, with its rewards.
        group: Its question's id.

    Returns:
        None if there is nothing to learn from.
    """
    turns = row.whole_turns
    if not turns:
        return None
    places = np.concatenate([np.arange(turn.start, turn.end) for turn in turns])
    last = [turn.end - 1 for turn in turns]
    rewards = np.zeros(len(places))
    ends = np.isin(places, last)
    rewards[ends] = [turn.reward for turn in turns]
    paid = sum(turn.reward for turn in row.turns)
    return Sample(
        group=group,
        ids=row.ids[: turns[-1].end],
        places=places,
        ends=ends,
        rewards=rewards,
        logprobs=np.array(row.logprobs)[places],
        lost=paid - float(rewards.sum()),
    )


def samples_of(rollouts: Iterable[TokenRollout]) -> list[Sample]:
    """Return the samples of episodes; those that infrastructure stopped are none."""
    found = (sample_of(tokens, episode.job.question_id) for episode, tokens in rollouts if tokens)
    return [sample for sample in found if sample is not None]


def shuffle_rewards(samples: Sequence[Sample], rng: np.random.Generator) -> None:
    """Pay each episode what another, drawn at random, was paid, at its last action.

    The control of an experiment: what such a run learns, it did not learn from the rewards.
    """
    paid = [sample.reward for sample in samples]
    for sample, other in zip(samples, rng.permutation(len(samples)).tolist(), strict=True):
        sample.rewards = np.zeros(len(sample))
        sample.rewards[-1] = paid[other]
        sample.lost = 0.0
