"""The ground that agents play on: a task made ready, with what identifies its data and retriever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gymnasium
import msgspec

from ..agents.base import Agent
from ..agents.games import FACTS, game_of, suits, what_it_does
from ..core import Document, Question
from ..envs.datasets.base import check_questions
from ..envs.registration import find_env
from ..errors import AgentError, ConfigError, users_code
from .fingerprints import agent_fingerprint, env_fingerprint, part_fingerprint
from .reachability import find_reachable
from .records import Facts, Protocol
from .suites import Task


@dataclass(frozen=True, slots=True)
class Ground:
    """A task made ready: its questions, and what identifies the data and the retriever."""

    task: Task
    env: str
    """The environment as the user named it, perhaps with its module."""
    questions: Sequence[Question]
    """Those to play; of lazy sets without their facts."""
    order: Mapping[str, int]
    """The position of every question of the split."""
    facts: Mapping[str, Facts]
    questions_name: str
    dataset_fingerprint: str
    retriever_fingerprint: str
    env_fingerprint: str = ""
    grammar: str = ""
    """What the environment is played in; empty where it does not say."""
    game: str = ""
    """Whether documents are searched or facts selected (`hopgym.agents.games`)."""

    def suits(self, agent: Agent) -> bool:
        """Return whether an agent knows what is played, by its `plays` and `grammars`, if any."""
        known = getattr(agent, "grammars", None)
        silent = not self.grammar and self.game != FACTS  # facts in arrays are read by no grammar
        return (not known or silent or self.grammar in known) and suits(agent, self.game)

    def refusal(self, agent: Agent) -> str:
        """Return why an agent that looks at its environment (`bind`) refuses this; else nothing.

        Raises:
            AgentError: If it broke down.
        """
        bind = getattr(agent, "bind", None)
        if bind is None:
            return ""
        env = _make_env(self.task)
        try:
            with users_code("agent", str(agent.name), AgentError):
                bind(env)
        except AgentError as error:
            if error.__cause__ is not None:
                raise
            return str(error)
        finally:
            env.close()
        return ""

    def protocol(self, suite: str, agent: Agent, spec: Any = None) -> Protocol:
        """Return the conditions under which an agent, named by `spec`, plays."""
        from .. import __version__

        return Protocol(
            suite=suite,
            task=self.task.name,
            env_id=self.task.env_id,
            env_fingerprint=self.env_fingerprint,
            env_kwargs={key: _plain(value) for key, value in self.task.env_kwargs.items()},
            questions=self.questions_name,
            split=self.task.split,
            dataset_fingerprint=self.dataset_fingerprint,
            retriever_fingerprint=self.retriever_fingerprint,
            agent=agent.name,
            agent_fingerprint=agent_fingerprint(agent, spec),
            hopgym_version=__version__,
        )


def prepare(task: Task) -> Ground:
    """Open a task once, to learn its questions and fingerprints, and what can be found.

    Raises:
        UnknownNameError: If there is no such environment.
        ConfigError: If the environment does not say where its questions come from, or the task
            was fixed on other questions.
    """
    named = task.env_id
    task = replace(task, env_id=find_env(named))
    env = _make_env(task)
    try:
        question_set = getattr(env.unwrapped, "question_set", None)
        if question_set is None:
            raise ConfigError(
                f"{task.env_id} cannot be benchmarked: it has no attribute `question_set`. "
                "Subclass hopgym.envs.env.HopEnv, or add the attribute."
            )
        stage = getattr(env.unwrapped, "stage", None)
        retriever = getattr(stage, "retriever", None)
        _check_fixed(task, question_set)
        split = question_set.questions(task.split)
        every = getattr(split, "outlines", split)  # of lazy questions no graph is made for this
        check_questions(every, f"{question_set.name} {task.split}")
        chosen = [every[place] for place in task.places(len(every))]
        return Ground(
            task,
            named,
            chosen,
            {question.id: place for place, question in enumerate(every)},
            find_reachable(chosen, _searched(env, retriever, question_set)),
            question_set.name,
            question_set.fingerprint,
            getattr(retriever, "fingerprint", ""),
            env_fingerprint(env, named),
            str(getattr(stage, "grammar_name", "")),
            game_of(env),
        )
    finally:
        env.close()


def _check_fixed(task: Task, questions: Any) -> None:
    if task.fingerprint and questions.fingerprint != task.fingerprint:
        raise ConfigError(
            f"Task {task.name!r} was fixed on the questions {task.fingerprint}, and {task.questions!r} "
            f"gives {questions.fingerprint}: another version of hopgym, or another file, makes them. Results "
            "would not compare. Install the version that the suite came with, or play it by --envs."
        )


def accepted_by(grounds: Sequence[Ground], agent: Agent) -> tuple[list[Ground], dict[str, str]]:
    """Return the tasks that an agent plays, and why it refuses others that are of its kind.

    Raises:
        ConfigError: If none is of its kind.
        AgentError: If it refuses all of them.
    """
    known = _known_to(grounds, agent)
    why = {ground.task.name: ground.refusal(agent) for ground in known}
    refused = {name: told for name, told in why.items() if told}
    if known and len(refused) == len(known):
        raise AgentError(next(iter(refused.values())))
    return [ground for ground in known if ground.task.name not in refused], refused


def _known_to(grounds: Sequence[Ground], agent: Agent) -> list[Ground]:
    """Return the tasks that an agent knows how to play."""
    known = [ground for ground in grounds if ground.suits(agent)]
    if grounds and not known:
        raise ConfigError(
            f"The agent {agent.name!r} {_knows(agent, grounds)}, and these tasks are "
            f"{' and '.join(sorted({_described(ground) for ground in grounds}))}. Give other agents, "
            "or other environments."
        )
    return known


def _knows(agent: Any, grounds: Sequence[Ground]) -> str:
    if any(suits(agent, ground.game) for ground in grounds):
        return f"knows the grammar {' and '.join(agent.grammars)} alone"
    return what_it_does(agent)


def _described(ground: Ground) -> str:
    if ground.game == FACTS:
        return f"of selecting facts{f' in {ground.grammar}' * bool(ground.grammar)}"
    return f"played in {ground.grammar}" if ground.grammar else "of searching documents"


def _searched(env: Any, retriever: Any, question_set: Any) -> Sequence[Document]:
    """Return what is searched: a saved index, for one, has documents of its own.

    Where facts are selected no document is: what is in reach there is the metric `offered_recall`.
    """
    if game_of(env) == FACTS:
        return ()
    parts = [retriever, *getattr(retriever, "sources", {}).values()]
    held = [getattr(part, "documents", None) for part in parts]
    own = [document for one in held if isinstance(one, Sequence) for document in one]
    return own or question_set.documents


def _make_env(task: Task) -> gymnasium.Env[Any, Any]:
    try:
        return gymnasium.make(task.env_id, **task.keywords)
    except TypeError as error:  # a foreign environment that does not take questions
        raise ConfigError(
            f"{task.env_id} cannot be made with {', '.join(task.keywords)} ({error}). "
            "Benchmarks need an environment that takes `questions` and `split`."
        ) from error


def _plain(value: Any) -> Any:
    """Return a keyword as JSON can hold it: a part by its name and what tells it from a changed one."""
    if isinstance(value, str):
        return part_fingerprint(value)
    return msgspec.to_builtins(value, enc_hook=part_fingerprint)
