"""A batch: the episodes of one call of the trainer, and what they were paid.

What a trainer is told of them: their rows, what each was paid, and the figures of their health.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..health.episodes import episode_figures
from ..llm.rollout import TokenRollout
from ..llm.tokens import TokenEpisode
from .groups import Pay, advantages, flat_groups
from .rows import Row, is_overlong, row_of


@dataclass
class Batch:
    """Episodes, those of a question side by side."""

    rollouts: list[TokenRollout]
    size: int
    """Episodes of a question."""
    pays: list[Pay]
    """What the trainer learns that each was paid; None where there is no score."""

    @classmethod
    def of(cls, rollouts: list[TokenRollout], size: int) -> Batch:
        """Return a batch that is paid what the environment paid."""
        return cls(rollouts, size, [pay_of(rollout) for rollout in rollouts])

    @property
    def flat(self) -> list[int]:
        """The numbers of the groups from which nothing can be learnt."""
        return flat_groups(self.pays, self.size)

    @property
    def whole(self) -> bool:
        """Whether all groups are here; several processes may share one."""
        return len(self.pays) % self.size == 0

    @property
    def flat_share(self) -> float:
        """The share of the groups from which nothing can be learnt."""
        return len(self.flat) / max(1, len(self.pays) // self.size)

    @property
    def advantages(self) -> list[float]:
        """What each was paid beyond the mean of its group."""
        return advantages(self.pays, self.size)

    def replace(self, group: int, other: Batch, place: int) -> None:
        """Put a group of another batch in the place of one of these."""
        here, there = (slice(n * self.size, (n + 1) * self.size) for n in (group, place))
        self.rollouts[here], self.pays[here] = other.rollouts[there], other.pays[there]

    def shuffle_pays(self, rng: np.random.Generator) -> None:
        """Pay each episode what another was paid: the control of an experiment."""
        self.pays = [self.pays[place] for place in rng.permutation(len(self.pays)).tolist()]

    def rows(self, pad: int, *, mask_overlong: bool) -> list[Row]:
        """Return the episodes as rows of tokens.

        Args:
            pad: The token that stands where there is nothing to read.
            mask_overlong: Whether nothing is learnt from episodes that were cut.
        """
        return [
            row_of(
                tokens, pad=pad, masked=tokens is not None and mask_overlong and is_overlong(tokens)
            )
            for _, tokens in self.rollouts
        ]

    def told(self, rows: Sequence[Row], *, with_logprobs: bool) -> dict[str, Any]:
        """Return the batch in TRL's words.

        Args:
            rows: The episodes as rows of tokens.
            with_logprobs: Whether another engine than the trainer's model sampled: TRL then
                compares its log-probabilities with the trainer's.
        """
        episodes = [rollout.episode for rollout in self.rollouts]
        return {
            "prompt_ids": [row.prompt_ids for row in rows],
            "completion_ids": [row.completion_ids for row in rows],
            "logprobs": [row.logprobs for row in rows] if with_logprobs else None,
            "env_mask": [row.env_mask for row in rows],
            "question_id": [episode.job.question_id for episode in episodes],
            "episode_reward": list(self.pays),
            "episode_terms": [dict(episode.reward_terms) for episode in episodes],
            "episode_error": [episode.error for episode in episodes],
        }

    def figures(self) -> dict[str, float]:
        """Return what the batch says of the policy's health.

        Those of `episode_figures`, `overlong_share`, and, where groups are whole, `better_logprob`
        and `worse_logprob`: the mean log-probability of a token in the episodes that were paid
        more, or less, than the mean of their group. Where the former falls, the likelihood of what
        is right is being lost (LLDS, arXiv 2512.04220).
        """
        rows = [tokens for _, tokens in self.rollouts if tokens is not None]
        told = {
            **episode_figures(self.rollouts),
            "overlong_share": _mean([float(is_overlong(row)) for row in rows]),
        }
        if self.whole:
            told["better_logprob"] = _mean(self._logprobs(1.0))
            told["worse_logprob"] = _mean(self._logprobs(-1.0))
        return {name: value for name, value in told.items() if not math.isnan(value)}

    def _logprobs(self, sign: float) -> list[float]:
        """Return the mean log-probability of each episode whose advantage has a sign."""
        return [
            logprob_of(tokens)
            for (_, tokens), advantage in zip(self.rollouts, self.advantages, strict=True)
            if tokens is not None and advantage * sign > 0
        ]


def pay_of(rollout: TokenRollout) -> Pay:
    """Return what an episode was paid; None where infrastructure left it without a score."""
    return None if rollout.episode.error is not None else rollout.episode.reward


def logprob_of(tokens: TokenEpisode) -> float:
    """Return the mean log-probability of the tokens that an agent wrote; NaN where it wrote none."""
    pairs = zip(tokens.logprobs, tokens.mask, strict=True)
    return _mean([logprob for logprob, own in pairs if own])


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
