"""How well a model plays while it is trained: some held-out questions, greedily, in its environment.

The scores of a run stand in a file beside its checkpoints, so that a resumed run knows them. What
is not played is not judged: an episode that infrastructure stopped is in no mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core import to_json
from ...envs.datasets.base import QuestionSet
from ...envs.registration import find_env
from ...errors import AgentError, ConfigError
from ...files import atomic_write, read_jsonl
from ..llm.agent import LLMAgent
from ..llm.prompts import Prompts
from ..llm.sampling import Sampling
from ..llm.transformers_generator import TransformersGenerator
from ..rollout import Job, rollout


@dataclass(frozen=True, kw_only=True)
class Examination:
    """Which questions are played, and how.

    Raises:
        ConfigError: If there is no such environment or split.
    """

    question_set: QuestionSet
    split: str = "dev"
    env_id: str = "hopgym/SearchRead-v0"
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    episodes: int = 50
    """The first so many of the split."""
    metric: str = "em"
    prompts: Prompts = field(default_factory=Prompts)
    max_new_tokens: int = 256
    context: int | None = None
    """Tokens that the model reads; None for what it says itself."""
    num_envs: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        """Look all of it up, before a model is trained for hours."""
        find_env(self.env_id)
        self.jobs()

    def jobs(self) -> list[Job]:
        """Return what is played."""
        questions = self.question_set.questions(self.split)[: self.episodes]
        return [Job(question.id) for question in questions]

    def play(self, model: Any, tokenizer: Any) -> dict[str, float]:
        """Let a model play; return the means of its metrics.

        Raises:
            AgentError: If no episode could be played.
            ConfigError: If the environment reports no such metric.
        """
        sampling = Sampling(temperature=0.0, max_new_tokens=self.max_new_tokens)
        generator = TransformersGenerator(model, tokenizer, sampling, context=self.context)
        agent = LLMAgent(generator, self.prompts)
        kwargs = {**self.env_kwargs, "questions": self.question_set, "split": self.split}
        jobs = self.jobs()
        lanes = min(self.num_envs, len(jobs))
        episodes = list(
            rollout(self.env_id, agent, jobs, env_kwargs=kwargs, num_envs=lanes, seed=self.seed)
        )
        played = [episode.metrics for episode in episodes if episode.error is None]
        if not played:
            raise AgentError(f"No episode of the evaluation could be played: {episodes[0].error}")
        return means_of(played, self.metric, self.env_id)


def means_of(played: Sequence[Mapping[str, float]], metric: str, env_id: str) -> dict[str, float]:
    """Return the mean of each metric that all episodes have.

    Args:
        played: The metrics of one episode or more.
        metric: The one that a model is chosen by.
        env_id: What was played, for the message.

    Raises:
        ConfigError: If the episodes lack that one.
    """
    names = sorted(set.intersection(*(set(metrics) for metrics in played)))
    if metric not in names:
        raise ConfigError(f"{env_id} reports no metric {metric!r}; it reports {', '.join(names)}.")
    return {name: sum(metrics[name] for metrics in played) / len(played) for name in names}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What an examination gave at one step."""

    step: int
    epoch: float
    score: float
    metrics: Mapping[str, float] = field(default_factory=dict)


class Marks:
    """All marks of a run, in its file.

    Args:
        path: The file.
        until: The step that the run goes on from; what was marked later is forgotten.
        writes: Whether this process writes the file: one of several does.
    """

    def __init__(self, path: Path, until: int = 0, *, writes: bool = True) -> None:
        self.path = path
        self.writes = writes
        self.all: list[Mark] = []
        if until and path.exists():
            marks = (Mark(**value) for _, value in read_jsonl(path))
            self.all = [mark for mark in marks if mark.step <= until]
        self._write()

    def add(self, mark: Mark) -> bool:
        """Keep a mark; return whether its model is the one to keep."""
        self.all.append(mark)
        self._write()
        return self.best is mark

    @property
    def best(self) -> Mark:
        """The best; of equals the last, which has learnt for longer."""
        return max(self.all, key=lambda mark: (mark.score, mark.step))

    @property
    def stale(self) -> int:
        """How many in a row, up to now, were no better than one before; none before a first success.

        A model that has got nothing right yet is still learning the format.
        """
        top = max((mark.score for mark in self.all), default=0.0)
        if top <= 0:
            return 0
        first = next(place for place, mark in enumerate(self.all) if mark.score == top)
        return len(self.all) - 1 - first

    def _write(self) -> None:
        if not self.writes:
            return
        with atomic_write(self.path) as stream:
            stream.writelines(to_json(mark) + b"\n" for mark in self.all)
