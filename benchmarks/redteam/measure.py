"""What is looked at while an attacker learns: the reward, and the true score that it never sees.

Both are of the same held-out episodes. It trains nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...agents import make_agent
from ...agents.ppo.playing import env_kwargs
from ...agents.rollout import Episode
from ...agents.training.held_out import held_out_set
from ...envs.datasets import make_questions
from ...errors import ConfigError, RewardError, UnknownNameError
from .gap import Yardstick
from .honest import references
from .learned_settings import LearnedSettings
from .matches import DEFAULT, Scheme, Target, make_scheme, open_target, pay, play, true_score
from .verdicts import Earned


@dataclass(frozen=True)
class Measure:
    """What is looked at: the reward, and the true score of the same episodes."""

    target: Target
    reward: Scheme
    metric: str = ""
    """A metric that the environment reports; the first of `matches.TRUE` that it has, if empty."""
    scheme: Scheme | None = None
    """A reward that says what is true, instead of a metric."""

    def of(self, episodes: Sequence[Episode]) -> Earned:
        """Return what episodes earned, and how right they were; what has no verdict is left out."""
        return Earned(_sound(pay(self.target, self.reward, episodes)), self._true(episodes))

    def _true(self, episodes: Sequence[Episode]) -> dict[str, float]:
        if self.scheme is not None:
            return _sound(pay(self.target, self.scheme, episodes))
        played = [one for one in episodes if one.trajectory is not None]
        return {one.job.question_id: self._score(one) for one in played}

    def _score(self, episode: Episode) -> float:
        return episode.metrics[self.metric] if self.metric else true_score(episode)


def open_measure(settings: LearnedSettings) -> Measure:
    """Look at what is attacked: the environment, its held-out questions, the reward, the truth.

    Raises:
        ConfigError: If there is no such reward or score, or it does not fit the environment.
        DataError: If held-out questions are trained on.
    """
    keywords = env_kwargs(settings)
    keywords.pop("reward", None)
    target = open_target(
        settings.env_id,
        questions=held_out_set(settings, make_questions(settings.questions)),
        split=settings.eval_split,
        episodes=settings.eval_episodes,
        keywords=keywords,
    )
    reward = make_scheme(target, settings.scored_reward or DEFAULT)
    if reward is None:
        raise ConfigError(f"The reward {settings.reward!r} does not fit {target.env_id}.")
    metrics = play(target, make_agent(target.baseline), num_envs=settings.num_envs)[0].metrics
    if not settings.true or settings.true in metrics:
        return Measure(target, reward, settings.true)
    return Measure(target, reward, scheme=_truth(target, settings.true, metrics))


def honest_play(measure: Measure) -> Yardstick:
    """Let the honest players of an environment play, and return what they earned."""
    target = measure.target
    players = references(target.game, target.baseline)
    earned = {name: measure.of(play(target, agent)) for name, agent in players.items()}
    return Yardstick({name: one for name, one in earned.items() if one.pay}, target.baseline)


def _truth(target: Target, name: str, metrics: Mapping[str, float]) -> Scheme:
    try:
        made = make_scheme(target, name)
    except (ConfigError, UnknownNameError) as error:
        raise ConfigError(
            f"{name!r} is no true score: {target.env_id} reports {', '.join(metrics)}, and it is "
            f"no reward either ({error})"
        ) from error
    if made is None:
        raise ConfigError(f"The reward {name!r} does not fit {target.env_id}; give another truth.")
    return made


def _sound(paid: Mapping[str, Any]) -> dict[str, float]:
    return {id: float(v) for id, v in paid.items() if not isinstance(v, RewardError)}
