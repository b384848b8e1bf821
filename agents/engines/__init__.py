"""Engines: how the episodes of one agent are spread over processes.

An engine takes work and yields episodes as they end, in any order. `local` plays in this process;
`ray` hands chunks of jobs to actors, on one machine or on a cluster. Both run the same
[`rollout`][hopgym.agents.rollout.rollout], so the results are the same.

>>> from hopgym.agents.engines import spread
>>> from hopgym.agents.rollout import Job
>>> jobs = [Job("world-0-test-0", 0), Job("world-0-test-1", 0)]
>>> kwargs = {"questions": "world", "split": "test"}
>>> episodes = spread("local", "hopgym/SearchRead-v0", "iterative", jobs, env_kwargs=kwargs)
>>> sorted(episode.job.question_id for episode in episodes)
['world-0-test-0', 'world-0-test-1']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

from ...registry import Registry
from ...retrieval.options import check_options, split_options
from .. import make_agent
from ..rollout import Episode
from ..rollout import Job as Job
from .base import Engine, Work

__all__ = ["ENGINES", "Engine", "Work", "make_engine", "spread"]

ENGINES: Registry[Engine] = Registry("engine", "hopgym bench --help")
ENGINES.register("local", "In this process.", f"{__name__}.local:LocalEngine")
ENGINES.register("ray", "On Ray actors, on this machine or a cluster.", f"{__name__}.ray:RayEngine")


def make_engine(spec: str | Engine) -> Engine:
    """Make an engine: by a name, with options if any (`"ray?actors=4"`), or take it as it is.

    Raises:
        UnknownNameError: If there is none of that name.
        ConfigError: If it has no such option.
        MissingExtraError: If its package is not installed: now, and not when it is to play.
    """
    if not isinstance(spec, str):
        return spec
    name, options = split_options(spec)
    factory = ENGINES.get(name)
    check_options(factory, name, options)
    made: Engine = factory(**options)
    return made


def spread(
    engine: str | Engine,
    env_id: str,
    agent: Any,
    jobs: Iterable[Job],
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    num_envs: int = 8,
    seed: int = 0,
) -> Iterator[Episode]:
    """Let an agent play every job on an engine: `rollout`, on many processes if need be.

    Args:
        engine: What `make_engine` takes.
        env_id: A registered environment.
        agent: What `make_agent` takes. An engine of several processes makes it in each of them, by
            its name, or sends it there as it is.
        jobs: The questions, by id, with the seeds of their episodes.
        env_kwargs: The environment's keyword arguments.
        num_envs: Episodes side by side in each process. It changes the speed and nothing else.
        seed: The agent is reset with it before it plays.
    """
    work = Work(env_id, dict(env_kwargs or {}), agent, seed, tuple(jobs), num_envs)
    with closing(make_engine(engine)) as opened:
        yield from opened.play(work, make_agent(agent))
