"""What is to be collected, and the ground it is played on: questions, agents, and what names them.

Everything is resolved and checked here, before an episode is played; `collect` plays.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium

from ...core import Question
from ...envs.datasets.base import QuestionSet, check_questions
from ...envs.registration import find_env
from ...envs.settings import at_least
from ...errors import ConfigError
from .. import make_agent
from ..base import Agent
from .acceptance import Acceptance
from .journal import Conditions
from .splits import check_apart, evaluations, shared

_TOLD = ("grammar", "tools", "max_nodes", "max_query_words", "select_mode")
"""What infos say of the grammar."""


@dataclass(frozen=True, kw_only=True)
class Collection:
    """What is to be collected.

    Raises:
        ConfigError: If a number is out of range or a condition cannot be read.
    """

    env_id: str = "hopgym/SearchRead-v0"
    agent: Any = "expert"
    retry_agent: Any = None
    """Plays all attempts but the first, such as the same model at another temperature; None for
    the same agent."""
    questions: str | QuestionSet = "world"
    split: str = "train"
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    accept: tuple[str, ...] = ("em",)
    """Conditions that an episode must fulfil; see `acceptance`."""
    attempts: int = 3
    """Episodes of a question at most."""
    episodes: int | None = None
    """Only the first so many questions; None for all."""
    exclude: tuple[str, ...] | None = None
    """The splits for evaluation, which may share no question; None for all others of the set."""
    leave_out: bool = False
    """Whether shared questions are left out; otherwise they are an error."""

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        at_least("attempts", self.attempts, 1)
        if self.episodes is not None:
            at_least("episodes", self.episodes, 1)
        for keyword in ("questions", "split"):
            if keyword in self.env_kwargs:
                raise ConfigError(f"Give {keyword} by its own field, and not in env_kwargs.")


class Ground(NamedTuple):
    """A collection made ready: its questions, its agents, and what identifies all of it."""

    collection: Collection
    env_id: str
    question_set: QuestionSet
    questions: Sequence[Question]
    left_out: int
    agents: tuple[Agent, Agent]
    """Who plays first, and who then."""
    acceptance: Acceptance
    conditions: Conditions

    @classmethod
    def of(cls, collection: Collection) -> Ground:
        """Open the environment once, to learn its questions and fingerprints."""
        acceptance = Acceptance(collection.accept)
        env_id = find_env(collection.env_id)
        first = make_agent(collection.agent)
        then = first if collection.retry_agent is None else make_agent(collection.retry_agent)
        env = _made(env_id, collection)
        try:
            question_set: QuestionSet = env.get_wrapper_attr("question_set")
            every = question_set.questions(collection.split)
            check_questions(every, f"{question_set.name} {collection.split}")
            info = grammar_info(env, env_id)
            retriever = getattr(getattr(env.unwrapped, "stage", None), "retriever", None)
        finally:
            env.close()
        questions = _apart(collection, question_set, every[: collection.episodes])
        agents = (first, then)
        conditions = Conditions(
            env_id=env_id,
            env_kwargs={name: _plain(value) for name, value in collection.env_kwargs.items()},
            questions=question_set.name,
            split=collection.split,
            dataset_fingerprint=question_set.fingerprint,
            retriever_fingerprint=str(getattr(retriever, "fingerprint", "")),
            agents=tuple(f"{agent.name}@{fingerprint_of(agent)}" for agent in agents),
            accept=tuple(acceptance.fingerprint),
            info=info,
            hopgym_version=_version(),
        )
        left_out = len(every[: collection.episodes]) - len(questions)
        return cls(
            collection, env_id, question_set, questions, left_out, agents, acceptance, conditions
        )

    @property
    def keywords(self) -> dict[str, Any]:
        """What the environment is made with; the questions are those that are open already."""
        return _keywords(self.collection) | {"questions": self.question_set}


def _made(env_id: str, collection: Collection) -> gymnasium.Env[Any, Any]:
    env = gymnasium.make(env_id, **_keywords(collection))
    if getattr(env.unwrapped, "question_set", None) is None:
        env.close()
        raise ConfigError(
            f"{env_id} cannot be collected from: it has no attribute `question_set`. Subclass "
            "hopgym.envs.env.HopEnv, or add the attribute."
        )
    return env


def _keywords(collection: Collection) -> dict[str, Any]:
    return {
        **collection.env_kwargs,
        "questions": collection.questions,
        "split": collection.split,
    }


def _apart(
    collection: Collection, question_set: QuestionSet, questions: Sequence[Question]
) -> Sequence[Question]:
    """Return the questions that stand in no split for evaluation."""
    evaluated = evaluations(question_set, collection.split, collection.exclude)
    if not collection.leave_out:
        check_apart(questions, f"{question_set.name} {collection.split}", evaluated)
        return questions
    unwanted = {each.question.id for each in shared(questions, evaluated)}
    return [question for question in questions if question.id not in unwanted]


def grammar_info(env: gymnasium.Env[Any, Any], env_id: str) -> dict[str, Any]:
    """Return what an environment's infos say of the grammar."""
    _, info = env.reset(seed=0, options={"index": 0})
    if "grammar" not in info:
        raise ConfigError(
            f"{env_id} is not played in text: its infos name no grammar, so that there is nothing "
            "to learn to write. Collect from hopgym/SearchRead-v0 or hopgym/DagSearch-v0."
        )
    return {name: info[name] for name in _TOLD if name in info}


def _version() -> str:
    from ... import __version__

    return __version__


def fingerprint_of(agent: Agent) -> str:
    """Return what tells an agent from a changed one: its own word, or a hash of its file."""
    own = getattr(agent, "fingerprint", None)
    if own and not callable(own):
        return str(own)
    part: Any = getattr(agent, "function", None) or type(agent)
    try:
        file = inspect.getsourcefile(part)
    except TypeError:
        file = None
    source = Path(file).read_bytes() if file and Path(file).is_file() else b""
    return hashlib.sha256(source).hexdigest()[:16] if source else ""


def _plain(value: Any) -> Any:
    """Return a keyword as it can stand in a file: a part that was made is named by itself."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    name = getattr(value, "name", None) or getattr(value, "__qualname__", type(value).__qualname__)
    return f"{name}@{getattr(value, 'fingerprint', '')}"
