"""The one loop that lets an agent play: benchmarks, trainers and examples all use it.

Episodes run side by side in lanes; a lane that has finished takes the next job at once, so that the
agent and the retriever always get full batches. A failure of infrastructure ends the episodes that
it hit, as an error and never as a score.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..core import Trajectory
from ..envs.settings import at_least
from ..envs.spaces import UnicodeText
from ..errors import (
    AgentError,
    EnvError,
    HopgymError,
    RetrievalError,
    RewardError,
    is_out_of_memory,
    told,
    users_code,
)
from . import make_agent
from .base import Agent, UnansweredError
from .games import check_suits
from .lanes import Job, Lanes, StepResult, WatchedLanes, open_lanes

__all__ = ["Episode", "Job", "Player", "Playing", "play_jobs", "rollout"]


class Episode(NamedTuple):
    """One episode that was played, or that infrastructure kept from being played."""

    job: Job
    trajectory: Trajectory | None
    reward: float
    """The sum over the steps."""
    reward_terms: dict[str, float]
    """The sums over the steps, by name."""
    metrics: dict[str, float]
    latency_s: float
    """Its share of the wall time of the batches it was part of."""
    error: str | None = None


class Playing:
    """An episode under way: its job, what the agent sees next, and what it has earned.

    The job is the very object that the finished `Episode` has.
    """

    def __init__(self, job: Job, observation: Any, info: Mapping[str, Any]) -> None:
        self.job = job
        self.observation = observation
        self.info = info
        self.reward = 0.0
        self.terms: dict[str, float] = {}
        self.seconds = 0.0

    def add(self, result: tuple[Any, ...], seconds: float) -> bool:
        """Take a step's result; return whether the episode is over."""
        self.observation, reward, terminated, truncated, self.info = result
        self.reward += float(reward)
        self.seconds += seconds
        for name, value in self.info.get("reward_terms", {}).items():
            self.terms[name] = self.terms.get(name, 0.0) + value
        return bool(terminated or truncated)

    def episode(self, error: str | None = None) -> Episode:
        """Return the finished episode, or the error that stopped it."""
        if error is None and "metrics" not in self.info:
            error = "EpisodeError: a wrapper, such as a time limit, cut the episode off unscored"
        if error is not None:
            return Episode(self.job, None, 0.0, {}, {}, self.seconds, error)
        return Episode(
            self.job,
            self.info.get("trajectory"),
            self.reward,
            self.terms,
            dict(self.info.get("metrics", {})),
            self.seconds,
        )


def rollout(
    env_id: str,
    agent: Any,
    jobs: Iterable[Job],
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    num_envs: int = 8,
    seed: int = 0,
) -> Iterator[Episode]:
    """Let an agent play every job, and yield the episodes as they end.

    Args:
        env_id: A registered environment. One with a native vector environment is batched.
        agent: An agent, or what `make_agent` takes; `bind(env)` is called once if it has one.
        jobs: The questions, by id, with the seeds of their episodes.
        env_kwargs: The environment's keyword arguments.
        num_envs: Episodes side by side. It changes the speed and nothing else.
        seed: The agent is reset with it before it plays.

    Raises:
        AgentError: If the agent raises, or does not play such an environment, or returns another
            number or kind of actions than it was asked for, or one that the environment refuses.
    """
    agent = make_agent(agent)
    with users_code("agent", str(agent.name), AgentError):
        agent.reset(seed)
    at_least("num_envs", num_envs, 1)
    env, lanes = open_lanes(env_id, env_kwargs or {}, num_envs)
    try:
        check_suits(agent, env)
        bind = getattr(agent, "bind", None)
        if bind is not None:
            with users_code("agent", str(agent.name), AgentError):
                bind(env)
        player = Player(agent, env)
        watched = WatchedLanes(lanes, player.label, player.space)
        yield from play_jobs(watched, player.act, jobs, num_envs)
    finally:
        lanes.close()


def play_jobs(
    lanes: Lanes,
    act: Callable[[Sequence[Playing]], Sequence[Any]],
    jobs: Iterable[Job],
    num_envs: int,
) -> Iterator[Episode]:
    """Play every job in some lanes, and yield the episodes as they end: the loop itself.

    `rollout` is what most callers want; this is for one who must see the jobs that it acts for.

    Args:
        lanes: Where; they stay open.
        act: Returns one action for each episode that is under way, or the failure of infrastructure
            that kept it from one.
        jobs: The next is taken when a lane is free.
        num_envs: How many lanes there are.
    """
    pending = iter(jobs)
    playing: dict[int, Playing] = {}
    for lane in range(num_envs):
        yield from _next_job(lanes, lane, pending, playing)
    while playing:
        active = sorted(playing)
        started = time.perf_counter()
        actions = act([playing[lane] for lane in active])
        results = _stepped(lanes, active, actions)
        seconds = (time.perf_counter() - started) / len(active)
        ended = []
        for lane, result in zip(active, results, strict=True):
            state = playing[lane]
            if isinstance(result, HopgymError):
                yield state.episode(error=f"{type(result).__name__}: {result}")
            elif state.add(result, seconds):
                yield state.episode()
            else:
                continue
            del playing[lane]
            ended.append(lane)
        for lane in ended:  # only now: a job that cannot begin takes no finished episode with it
            yield from _next_job(lanes, lane, pending, playing)


def _stepped(lanes: Lanes, active: Sequence[int], actions: Sequence[Any]) -> list[StepResult]:
    """Step the lanes that have an action; the error that took its place is the others' result."""
    ready = [
        (lane, action)
        for lane, action in zip(active, actions, strict=True)
        if not isinstance(action, HopgymError)
    ]
    stepped = iter(lanes.step(*map(list, zip(*ready, strict=True))) if ready else [])
    return [action if isinstance(action, HopgymError) else next(stepped) for action in actions]


def _next_job(
    lanes: Lanes, lane: int, pending: Iterator[Job], playing: dict[int, Playing]
) -> Iterator[Episode]:
    """Begin the next job in a lane; yield those that infrastructure kept from beginning."""
    for job in pending:
        try:
            playing[lane] = Playing(job, *lanes.begin(lane, job))
            return
        except (RetrievalError, RewardError, EnvError) as error:
            yield Episode(job, None, 0.0, {}, {}, 0.0, f"{type(error).__name__}: {error}")


class Player:
    """Asks the agent for actions, and says whose fault it is where none can be had.

    Args:
        agent: Who plays.
        env: What is played: its action space says which actions there are.
    """

    def __init__(self, agent: Agent, env: Any) -> None:
        self.agent = agent
        played = env.unwrapped
        name = getattr(getattr(env, "spec", None), "id", "")
        self.where = f" It was playing {name}." if name else ""
        self.space = getattr(played, "single_action_space", played.action_space)

    def act(self, states: Sequence[Playing]) -> list[Any]:
        """Return one action for each episode, or the error that kept the agent from it."""
        try:
            actions = self.agent.act([s.observation for s in states], [s.info for s in states])
        except UnansweredError as error:
            actions = error.actions
        except HopgymError:
            raise
        except Exception as error:
            full = is_out_of_memory(error)
            remedy = " Play fewer episodes side by side: a smaller num_envs." if full else ""
            raise AgentError(f"{self.label} raised {told(error)}.{self.where}{remedy}") from error
        if isinstance(actions, np.ndarray) and actions.ndim:
            actions = list(actions)  # as policies over arrays give them: one row for each
        if not isinstance(actions, Sequence) or isinstance(actions, str):
            raise AgentError(
                f"{self.label} returned a {type(actions).__name__}; "
                "`act` must return a list with one action for each observation."
            )
        if len(actions) != len(states):
            raise AgentError(
                f"{self.label} returned {len(actions)} actions for {len(states)} observations; "
                "`act` must return exactly one for each."
            )
        return [self._checked(action) for action in actions]

    def _checked(self, action: Any) -> Any:
        # Any text is an action, however odd. What is no text at all is a mistake in the agent.
        if isinstance(self.space, UnicodeText) and not isinstance(action, str | HopgymError):
            raise AgentError(f"{self.label} returned a {type(action).__name__}; return text.")
        return action

    @property
    def label(self) -> str:
        """What to call the agent in a message."""
        return f"Agent {self.agent.name!r}"
