"""Engines: how the episodes of one agent are spread over processes.

An engine takes jobs and yields episodes as they end, in any order. `local` plays in this process;
`ray` hands chunks of jobs to actors, on one machine or on a cluster. Both run the same
[`rollout`][hopgym.agents.rollout.rollout], so the results are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..agents import make_agent
from ..agents.base import Agent
from ..agents.rollout import Episode, Job, rollout
from ..envs.registration import find_env
from ..errors import AgentError, require
from ..registry import Registry
from .suites import Task

CHUNK = 4
"""Jobs that a Ray actor is given at a time, for each of its lanes."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one agent is to play of one task, with one seed."""

    task: Task
    spec: Any
    """The agent as the user named it, for processes that must make their own."""
    seed: int
    jobs: Sequence[Job]
    num_envs: int = 8
    env: str = ""
    """The environment as the user named it, for processes that must import its module."""


Engine = Callable[[Work, Agent], Iterator[Episode]]

ENGINES: Registry[Any] = Registry("engine", "hopgym bench --help")
"""Functions without arguments that return an engine, or say what it lacks."""


@ENGINES.register("local", "In this process.")
def make_local() -> Engine:
    """Return the engine of this process."""
    return play_local


@ENGINES.register("ray", "On Ray actors, one for each CPU of the machine or cluster.")
def make_ray() -> Engine:
    """Return the engine of Ray actors.

    Raises:
        MissingExtraError: If Ray is not installed: now, and not when the first agent is to play.
    """
    require("ray", "ray")
    return play_ray


def play_local(work: Work, agent: Agent) -> Iterator[Episode]:
    """Play in this process."""
    return rollout(
        work.task.env_id,
        agent,
        work.jobs,
        env_kwargs=work.task.keywords,
        num_envs=work.num_envs,
        seed=work.seed,
    )


def play_ray(work: Work, agent: Agent) -> Iterator[Episode]:
    """Play on Ray actors; each makes its own agent and environments.

    Raises:
        MissingExtraError: If Ray is not installed.
        AgentError: If an actor died; what was played is kept.
    """
    ray = require("ray", "ray")
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False)
    size = CHUNK * work.num_envs
    chunks = [work.jobs[start : start + size] for start in range(0, len(work.jobs), size)]
    actors = max(1, min(len(chunks), int(ray.cluster_resources().get("CPU", 1))))
    remote = ray.remote(Player)
    pool = ray.util.ActorPool([remote.remote(work) for _ in range(actors)])
    try:
        for episodes in pool.map_unordered(lambda actor, jobs: actor.play.remote(jobs), chunks):
            yield from episodes
    except ray.exceptions.RayError as error:
        raise AgentError(
            f"Ray could not go on with agent {agent.name!r} ({error}). "
            "Run the same command again: what was played is kept."
        ) from error


class Player:
    """One Ray actor: plays chunks of the work it was made for."""

    def __init__(self, work: Work) -> None:
        self.work = work
        if work.env:
            find_env(work.env)
        self.agent = make_agent(work.spec)

    def play(self, jobs: Sequence[Job]) -> list[Episode]:
        """Play some of the jobs."""
        work = self.work
        return list(play_local(replace(work, jobs=jobs), self.agent))
