"""Benchmarks: every agent plays every task, and each episode becomes a record.

What is played already is not played again; what infrastructure kept from being played is. The
episodes are played by the one rollout loop; this module plans them and keeps what comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import msgspec

from ..agents import AGENTS, make_agent
from ..agents.base import Agent
from ..agents.engines import Engine, Work, make_engine
from ..agents.games import FACTS, game_of, suits, what_it_does
from ..agents.rollout import Job
from ..core import Document, Question
from ..envs.datasets.base import check_questions
from ..envs.registration import find_env
from ..errors import AgentError, ConfigError
from ..retrieval.options import split_options
from .contamination import seen_by
from .fingerprints import agent_fingerprint, env_fingerprint, part_fingerprint
from .progress import Reporter, Silent
from .reachability import find_reachable
from .records import Facts, Key, Protocol, make_record
from .results import ResultsFile
from .suites import Task


class Outcome(NamedTuple):
    """What became of one task and agent."""

    task: str
    agent: str
    path: Path
    kept: int
    """Episodes that an earlier run had played."""
    played: int
    errors: int
    first_error: str = ""
    """What the first of them was."""
    trained_on: int = 0
    """Questions of the task that the agent is known to have been trained on."""


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


def run_bench(
    tasks: Sequence[Task],
    agents: Sequence[Any],
    out: str | Path,
    *,
    suite: str = "custom",
    engine: str = "local",
    num_envs: int = 8,
    fresh: bool = False,
    command: str = "",
    reporter: Reporter | None = None,
) -> list[Outcome]:
    """Let every agent play every task that it knows, and keep each episode in `out` as it ends.

    An agent that says by an attribute `grammars` or `plays` what it can play is left out where that
    is not it.

    Call it again, with the same arguments, after an interruption: it goes on where it stopped.

    Args:
        tasks: What to play.
        agents: Names, with options if any (`"llm?model=FOLDER"`), folders of trained models,
            `module:attribute`, functions or agents.
        out: The results folder: one file for each task and agent.
        suite: What to call these tasks in tables.
        engine: `"local"`, or `"ray"` with options if any, as `"ray?actors=4"`.
        num_envs: Episodes side by side. It changes the speed and nothing else.
        fresh: Whether to play anew what an earlier run has played. Its results stay until the
            first episode that takes their place has ended.
        command: The command to print beside the results.
        reporter: Is told how it goes.

    Raises:
        AgentError: If an agent's name is no text.
        ConfigError: If two agents, or two tasks, have one name, or an agent knows no task.
        ResultsError: If a results file cannot be continued, or is of another agent of that name.
        MissingExtraError: If the engine is not installed.
    """
    with closing(make_engine(engine)) as player:
        _check_different([task.name for task in tasks], "tasks")
        _check_agents(agents)
        grounds = [prepare(task) for task in tasks]
        outcomes = []
        for spec in agents:  # one agent at a time: a language model fills the memory
            agent = _made(spec)
            for ground in _known(grounds, agent):
                run = _Run(
                    ground, agent, spec, player, num_envs, fresh, command, reporter or Silent()
                )
                outcomes.append(run.play(out, suite))
        return outcomes


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


def _known(grounds: Sequence[Ground], agent: Agent) -> list[Ground]:
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


@dataclass(frozen=True, slots=True)
class _Run:
    """One agent on one task."""

    ground: Ground
    agent: Agent
    spec: Any
    engine: Engine
    num_envs: int
    fresh: bool
    command: str
    reporter: Reporter

    def play(self, out: str | Path, suite: str) -> Outcome:
        """Play what is left, and seal the file."""
        ground, agent = self.ground, self.agent
        protocol = ground.protocol(suite, agent, self.spec)
        named = _spec_text(self.spec)
        seen = seen_by(self.spec, ground.questions, ground.dataset_fingerprint)
        with ResultsFile(out, protocol, agent_spec=named, fresh=self.fresh) as file:
            left = list(self._left(file.done))
            total = len(ground.questions) * len(ground.task.seeds)
            kept = total - sum(len(work.jobs) for work in left)
            self.reporter.begin(self._label(len(seen or ())), total, kept)
            played = errors = 0
            first_error = ""
            for record in self._records(left, protocol, seen):
                file.append(record)
                self.reporter.step(record)
                played += 1
                errors += record.error is not None
                first_error = first_error or record.error or ""
            file.seal(ground.order)
            self.reporter.end()
        name = ground.task.name
        path, known = file.path, len(seen or ())
        return Outcome(name, agent.name, path, kept, played, errors, first_error, known)

    def _label(self, seen: int) -> str:
        told = f"{self.agent.name} on {self.ground.task.name}"
        return f"{told}, trained on {seen} of {len(self.ground.questions)}" if seen else told

    def _left(self, done: set[Key]) -> Iterable[Work]:
        task = self.ground.task
        for seed in task.seeds:
            keys = (Key(question.id, seed) for question in self.ground.questions)
            jobs = [Job(*key) for key in keys if key not in done]
            if jobs:
                yield Work(
                    *(task.env_id, task.keywords, self.spec, seed, jobs, self.num_envs),
                    env=self.ground.env,
                )

    def _records(
        self, left: Iterable[Work], protocol: Protocol, seen: frozenset[str] | None
    ) -> Iterable[Any]:
        questions = {question.id: question for question in self.ground.questions}
        for work in left:
            for episode in self.engine.play(work, self.agent):
                question_id = episode.job.question_id
                yield make_record(
                    protocol,
                    questions[question_id],
                    episode,
                    facts=self.ground.facts[question_id],
                    agent_spec=_spec_text(self.spec),
                    ceiling=is_ceiling(self.agent),
                    command=self.command,
                    trained_on=None if seen is None else question_id in seen,
                )


def is_ceiling(agent: Agent) -> bool:
    """Whether an agent was shown the gold, by its attribute `uses_gold`."""
    return bool(getattr(agent, "uses_gold", False))


def _check_agents(agents: Sequence[Any]) -> None:
    """Refuse a misspelt name, or one name for two, before anybody has played."""
    names = [_likely_name(spec) for spec in agents]
    if len(set(names)) < len(names):  # a class's name may be another than its agent's
        _check_different([_made(spec).name for spec in agents], "agents")


def _likely_name(spec: Any) -> str:
    """Return an agent's name; the agent is made for it only where its class does not tell.

    A model's folder does not, and a factory with options (`llm?model=FOLDER`) neither.
    """
    if isinstance(spec, str):
        name = split_options(spec)[0]
        is_folder = Path(name).is_dir() or ("/" in name and ":" not in name)
        part = None if is_folder else AGENTS.get(name)
    else:
        part = None if isinstance(spec, Path) else spec
    found = getattr(part, "name", None)
    return found if isinstance(found, str) else _made(spec).name


def _made(spec: Any) -> Agent:
    """Make an agent; its name is a file's name and a row's."""
    agent = make_agent(spec)
    if not isinstance(agent.name, str) or not agent.name.strip():
        raise AgentError(
            f"The agent {spec!r:.200} has the name {agent.name!r}; a name must be text. "
            "Give its class a line such as: name = 'mine'"
        )
    return agent


def _spec_text(spec: Any) -> str:
    """Return what a user named an agent by; nothing for one given as an object."""
    return str(spec) if isinstance(spec, str | Path) else ""


_HOW = {"agents": " (a language model: 'llm?model=FOLDER&name=mine')"}


def _check_different(names: Sequence[str], noun: str) -> None:
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise ConfigError(
            f"Two {noun} are called {twice[0]!r}; their results would share a file. "
            f"Give each its own name{_HOW.get(noun, '')}."
        )


def _plain(value: Any) -> Any:
    """Return a keyword as JSON can hold it: a part by its name and what tells it from a changed one."""
    if isinstance(value, str):
        return part_fingerprint(value)
    return msgspec.to_builtins(value, enc_hook=part_fingerprint)
