"""Benchmarks: every agent plays every task, and each episode becomes a record.

What is played already is not played again; what infrastructure kept from being played is. The
episodes are played by the one rollout loop; this module plans them and keeps what comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..agents.base import Agent
from ..agents.engines import Engine, Work, make_engine
from ..agents.rollout import Job
from .contamination import seen_by
from .contestants import check_agents, check_different, is_ceiling, make_contestant, spec_text
from .ground import Ground, accepted_by, prepare
from .progress import Reporter, Silent
from .records import Key, Protocol, make_record
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
    is not it, and so is one whose `bind` refuses a task, unless it refuses all.

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
        AgentError: If an agent's name is no text, or it refuses every task.
        ConfigError: If two agents, or two tasks, have one name, or an agent knows no task.
        ResultsError: If a results file cannot be continued, or is of another agent of that name.
        MissingExtraError: If the engine is not installed.
    """
    told = reporter or Silent()
    with closing(make_engine(engine)) as player:
        check_different([task.name for task in tasks], "tasks")
        check_agents(agents)
        grounds = [prepare(task) for task in tasks]
        outcomes = []
        for spec in agents:  # one agent at a time: a language model fills the memory
            agent = make_contestant(spec)
            accepted, refused = accepted_by(grounds, agent)
            for name, why in refused.items():
                told.leave_out(f"{agent.name} on {name}", why)
            for ground in accepted:
                run = _Run(ground, agent, spec, player, num_envs, fresh, command, told)
                outcomes.append(run.play(out, suite))
        return outcomes


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
        named = spec_text(self.spec)
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
                    agent_spec=spec_text(self.spec),
                    ceiling=is_ceiling(self.agent),
                    command=self.command,
                    trained_on=None if seen is None else question_id in seen,
                )
