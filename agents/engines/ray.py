"""`ray`: chunks of jobs on Ray actors, on one machine or on a cluster.

The questions with their documents are put into Ray's object store once; every actor takes them
from there, and makes its own agent and environments. An actor that dies is started anew and plays
its chunk again: an episode is decided by its job and the seed, so that nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ...envs.datasets import make_questions
from ...envs.registration import find_env
from ...errors import AgentError, ConfigError, HopgymError, require
from ...retrieval.base import check_whole
from .. import make_agent
from ..base import Agent
from ..rollout import Episode, Job
from .base import Work
from .local import LocalEngine
from .ray_episodes import Packed, pack, unpack
from .ray_questions import QuestionsStore, StoredQuestions, TakenQuestions
from .ray_retriever import SharedRetriever

CHUNK = 4
"""Jobs that an actor is given at a time, for each of its lanes; fewer towards the end."""
AHEAD = 2
"""Chunks that an actor holds, so that it need not wait for this process after each."""


class RayEngine:
    """Plays on Ray actors.

    Args:
        actors: How many; as many as the cluster has CPUs if None.
        address: The cluster, as `ray.init` takes it; one on this machine if None and none runs.
        retries: How often a chunk is played again whose actor died, or whose machine did.
        shared_retriever: Whether one more actor searches for all, so that an index is held once
            and not by each; for indexes that do not fit into memory as often.
        cpus: The CPUs that an actor takes of its machine.
        gpus: The GPUs, or the share of one.

    Raises:
        MissingExtraError: If Ray is not installed.
        ConfigError: If a number is out of range.
    """

    def __init__(
        self,
        *,
        actors: int | None = None,
        address: str | None = None,
        retries: int = 3,
        shared_retriever: bool = False,
        cpus: float = 1.0,
        gpus: float = 0.0,
    ) -> None:
        self._ray: Any = require("ray", "ray")
        if actors is not None:
            check_whole("actors", actors)
        check_whole("retries", retries, 0)
        self._wanted = actors
        self._address = address
        self._retries = retries
        self._shared = shared_retriever
        self._options = {"num_cpus": cpus, "num_gpus": gpus, "max_restarts": -1}
        self._actors: list[Any] = []
        self._retriever: SharedRetriever | None = None
        self._questions = QuestionsStore()
        self._began_ray = False

    def play(self, work: Work, agent: Agent) -> Iterator[Episode]:
        """Yield the episodes, chunk by chunk.

        Raises:
            AgentError: If an actor died too often, or the agent broke its contract; what was
                played is kept.
        """
        self._begin()
        actors = self._some(len(work.jobs) // work.num_envs)
        chunks = split_jobs(work.jobs, work.num_envs, len(actors))
        held = [self._ray.put(self._portable(work))]  # in a list: actors fetch it once
        try:
            yield from self._episodes(actors, held, chunks)
        except self._ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None)
            if isinstance(cause, HopgymError):
                raise cause from error
            raise AgentError(
                f"Ray could not go on with agent {agent.name!r} ({error}). "
                "Run the same command again: what was played is kept."
            ) from error

    def close(self) -> None:
        """End the actors, and Ray if it began here."""
        for actor in self._actors:
            self._ray.kill(actor)
        self._actors = []
        self._questions.clear()
        if self._retriever is not None:
            self._retriever.end(self._ray)
            self._retriever = None
        if self._began_ray:
            self._ray.shutdown()
            self._began_ray = False

    def _begin(self) -> None:
        if self._ray.is_initialized():
            return
        self._ray.init(self._address, include_dashboard=False, log_to_driver=False)
        self._began_ray = True

    def _episodes(
        self, actors: Sequence[Any], held: list[Any], chunks: Iterator[Sequence[Job]]
    ) -> Iterator[Episode]:
        idle, playing = list(actors) * AHEAD, {}
        while True:
            for actor, jobs in zip(idle, chunks, strict=False):
                playing[actor.play.remote(held, jobs)] = actor
            if not playing:
                return
            (done,), _ = self._ray.wait(list(playing))
            idle = [playing.pop(done)]
            yield from unpack(self._ray.get(done))

    def _some(self, useful: int) -> list[Any]:
        """Return as many actors as are of use; those of earlier work play on."""
        most = self._wanted or int(self._ray.cluster_resources().get("CPU", 1))
        wanted = max(1, min(useful, most))
        made = self._ray.remote(Host).options(max_task_retries=self._retries, **self._options)
        self._actors += [made.remote() for _ in range(len(self._actors), wanted)]
        return self._actors[:wanted]

    def _portable(self, work: Work) -> Work:
        """Return work with its questions in the object store, and perhaps its retriever in an actor."""
        kwargs = dict(work.env_kwargs)
        if "questions" in kwargs:
            kwargs["questions"] = make_questions(kwargs["questions"])
        if self._shared:
            if not {"questions", "retriever"} <= kwargs.keys():
                raise ConfigError(
                    "shared_retriever=true shares what the keyword `retriever` names, and none is given. "
                    "Say which: --set retriever=bm25."
                )
            self._retriever = SharedRetriever.begin(self._ray, kwargs, self._retriever)
            kwargs["retriever"] = self._retriever
        if "questions" in kwargs:
            kwargs["questions"] = self._questions.put(self._ray, kwargs["questions"])
        return replace(work, env_kwargs=kwargs, jobs=())


def split_jobs(jobs: Sequence[Job], lanes: int, actors: int) -> Iterator[Sequence[Job]]:
    """Yield jobs in chunks, smaller ones towards the end: the actors then end together."""
    start = 0
    while start < len(jobs):
        share = (len(jobs) - start) // (2 * AHEAD * actors * lanes)
        end = start + lanes * max(1, min(share, CHUNK))
        yield jobs[start:end]
        start = end


class Host:
    """One Ray actor: plays chunks of any work, and keeps the last work's agent."""

    def __init__(self) -> None:
        self._engine = LocalEngine()
        self._questions = TakenQuestions()
        self._held: Any = None
        self._work: Work | None = None
        self._agent: Agent | None = None

    def play(self, held: list[Any], jobs: Sequence[Job]) -> list[Packed]:
        """Play some jobs of the work that a reference stands for."""
        if self._held != held[0] or self._work is None or self._agent is None:
            import ray

            self._take(ray, ray.get(held[0]))
            self._held = held[0]
        assert self._work is not None and self._agent is not None
        return pack(list(self._engine.play(replace(self._work, jobs=jobs), self._agent)))

    def _take(self, ray: Any, work: Work) -> None:
        if work.env:
            find_env(work.env)
        self._agent = make_agent(work.agent)
        kwargs = dict(work.env_kwargs)
        if isinstance(stored := kwargs.get("questions"), StoredQuestions):
            kwargs["questions"] = self._questions.get(ray, stored)
        self._work = replace(work, env_kwargs=kwargs)
