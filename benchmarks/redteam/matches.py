"""Play, and pay: the episodes of one environment, scored by as many rewards as one likes.

A reward is a function of the question and the trajectory, so that each exploit is played once and
every scheme is asked about the same episodes. The environment's own reward is what it paid itself,
unless a judge is given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, NamedTuple, cast

import gymnasium

from ...agents.base import Agent
from ...agents.games import DOCUMENTS, FACTS, game_of
from ...agents.rollout import Episode, Job, rollout
from ...core import Question, Score
from ...envs.datasets.base import default_split
from ...envs.episode import check_score
from ...envs.registration import find_env
from ...errors import ConfigError, RewardError
from ...retrieval.options import split_options
from ...rewards import FOR_FACTS, REWARDS, make_reward
from ...rewards.base import Item, Reward, ask_many, is_for_documents, prefix
from .honest import baseline_name
from .poison import Poison, PoisonedSet

DEFAULT = "default"
"""Names the reward that an environment has by itself."""

TRUE = ("f1_one_to_one", "f1", "em")
"""Metrics that tell how right an episode was; the first that it has."""

Pay = float | RewardError


@dataclass(frozen=True)
class Target:
    """An environment under attack."""

    env_id: str
    kwargs: Mapping[str, Any]
    game: str
    baseline: str
    """The honest heuristic that plays it."""
    questions: Mapping[str, Question]
    """Those that are played, by id, in order."""
    question_set: Any = field(repr=False, compare=False)
    own_reward: Any = None
    """What it pays by default, as `make_reward` takes it; None if that is not known."""

    @property
    def label(self) -> str:
        """What to call it in a table."""
        return self.env_id


class Scheme(NamedTuple):
    """A reward under attack."""

    name: str
    reward: Reward | None
    """None for what the environment paid itself."""


def open_target(
    env: str,
    *,
    questions: Any = None,
    split: str | None = None,
    episodes: int = 24,
    baseline: str | None = None,
    keywords: Mapping[str, Any] | None = None,
) -> Target:
    """Look at an environment: what is played, by whom honestly, and with which questions.

    Args:
        env: Its id, with keywords if any: `"hopgym/RAG-v0?hops=3&generator=agent"`.
        questions: A question set, as the environment takes it; its own default if None.
        split: The split; test, or the only one.
        episodes: How many questions, evenly from the split.
        baseline: The honest heuristic; the one that fits, if None.
        keywords: Further keywords of the environment.

    Raises:
        ConfigError: If it has no questions to play by id.
    """
    name, kwargs = split_options(env)
    env_id = find_env(name)
    kwargs = {**kwargs, **(keywords or {})}
    kwargs |= {} if questions is None else {"questions": questions}
    played = gymnasium.make(env_id, **kwargs)
    own: Any = played.unwrapped
    question_set = getattr(own, "question_set", None)
    if question_set is None:
        raise ConfigError(
            f"{env_id} has no `question_set`, so that its questions cannot be played by id. Give "
            "it one (see hopgym.envs.datasets.base.QuestionSet)."
        )
    chosen = split or default_split(question_set, "test", own.split)
    every = question_set.questions(chosen)
    count = min(episodes, len(every))
    picked = [every[n * len(every) // count] for n in range(count)]
    info = played.reset(options={"question_id": picked[0].id} if chosen == own.split else None)[1]
    game = game_of(played)
    own_reward = kwargs.get("reward", _default_reward(own))
    played.close()
    return Target(
        env_id,
        kwargs | {"split": chosen},
        game,
        baseline or baseline_name(game, info),
        {question.id: question for question in picked},
        question_set,
        own_reward,
    )


def play(
    target: Target, agent: Agent, poison: Poison | None = None, *, num_envs: int = 8
) -> list[Episode]:
    """Let an agent play every question of a target once.

    Args:
        target: The environment.
        agent: Who plays.
        poison: What is done to every document first.
        num_envs: Episodes side by side.

    Raises:
        HopgymError: If the agent or the environment refuses to play.
    """
    kwargs = dict(target.kwargs)
    if poison is not None:
        kwargs["questions"] = PoisonedSet(target.question_set, poison)
    jobs = [Job(question_id) for question_id in target.questions]
    return list(rollout(target.env_id, agent, jobs, env_kwargs=kwargs, num_envs=num_envs))


def pay(target: Target, scheme: Scheme, episodes: Sequence[Episode]) -> dict[str, Pay]:
    """Return what a scheme pays for each episode by question, or why it has no verdict.

    A reward that asks a judge is asked once for all.
    """
    sound = [one for one in episodes if one.trajectory is not None]
    if scheme.reward is None:
        return {one.job.question_id: one.reward for one in sound}
    items: list[Item] = []
    owners: list[str] = []
    for one in sound:
        question = target.questions[one.job.question_id]
        for count in range(1, len(cast("Any", one.trajectory).steps) + 1):
            items.append((question, prefix(cast("Any", one.trajectory), count)))
            owners.append(one.job.question_id)
    paid: dict[str, Pay] = {}
    for owner, score in zip(owners, ask_many(scheme.reward, items) if items else (), strict=True):
        before = paid.get(owner, 0.0)
        now = _value(score, scheme.reward, owner)
        failed = next((x for x in (before, now) if isinstance(x, RewardError)), None)
        paid[owner] = failed if failed is not None else float(before) + float(now)  # type: ignore[arg-type]
    return paid


def true_score(episode: Episode) -> float:
    """Return how right an episode was, from 0 to 1."""
    return next((episode.metrics[name] for name in TRUE if name in episode.metrics), 0.0)


def make_scheme(target: Target, name: str, judge: Any = None) -> Scheme | None:
    """Return a reward for a target, or None if it does not fit what is played there.

    Args:
        target: The environment.
        name: A reward as `make_reward` takes it, or `default`.
        judge: For rewards that ask one.

    Raises:
        UnknownNameError: If there is no such reward.
    """
    spec = target.own_reward if name == DEFAULT else name
    if name == DEFAULT and (judge is None or not _takes_judge(spec)):
        return Scheme(f"{DEFAULT} ({_short(spec)})" if spec is not None else DEFAULT, None)
    reward = make_reward(spec, judge=judge) if judge and _takes_judge(spec) else make_reward(spec)
    plain = str(spec).partition("?")[0]
    if target.game == FACTS and is_for_documents(reward):
        return None
    if target.game == DOCUMENTS and plain in FOR_FACTS and plain not in ("em", "f1"):
        return None
    shown = f"{DEFAULT} ({_short(spec)})" if name == DEFAULT else _short(name)
    return Scheme(shown, reward)


def _takes_judge(spec: Any) -> bool:
    if not isinstance(spec, str):
        return False
    name, options = split_options(spec)
    factory: Callable[..., Any] = REWARDS.get(name)
    try:
        return "judge" in inspect.signature(factory).parameters and "judge" not in options
    except (TypeError, ValueError):
        return False


def _default_reward(env: Any) -> Any:
    made = getattr(getattr(env, "stage", None), "settings", None)
    if made is not None:
        return made.reward
    kind = getattr(env, "settings_class", None)
    if not is_dataclass(kind):
        return None
    return next((one.default for one in fields(kind) if one.name == "reward"), None)


def _short(spec: Any) -> str:
    return spec.rpartition(":")[2] if isinstance(spec, str) else type(spec).__name__


def _value(score: Score | RewardError, reward: Any, owner: str) -> Pay:
    """Return what a score pays, if it is one that the environment would have taken."""
    if isinstance(score, RewardError):
        return score
    try:
        check_score(score, reward, f"a step of question {owner!r}")
    except RewardError as error:
        return error
    return float(score.value)
