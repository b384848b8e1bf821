"""Lanes: several episodes of one environment side by side, begun and stepped in any order.

A native vector environment gives lanes that share one retrieval call; any other Gymnasium
environment is made several times. What infrastructure failed to do comes back as its error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import gymnasium

from ..errors import (
    AgentError,
    ConfigError,
    EnvError,
    HopgymError,
    RetrievalError,
    RewardError,
    broken_env,
)

StepResult = tuple[Any, ...] | HopgymError
"""Gymnasium's five, or the failure of infrastructure that took their place."""


class Job(NamedTuple):
    """One episode to play."""

    question_id: str
    seed: int = 0


class Lanes(Protocol):
    """Several episodes of one environment, begun and stepped in any order."""

    def begin(self, lane: int, job: Job) -> tuple[Any, Mapping[str, Any]]:
        """Begin a job in a lane."""

    def step(self, lanes: Sequence[int], actions: Sequence[Any]) -> list[StepResult]:
        """Step these lanes; where infrastructure failed, its error stands for the result."""

    def close(self) -> None:
        """Close the environments."""


@runtime_checkable
class NativeVectorEnv(Protocol):
    """A vector environment whose episodes can be begun and stepped one by one, as all of ours can."""

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        """Begin an episode everywhere."""

    def begin(self, index: int, seed: int | None, options: dict[str, Any]) -> tuple[Any, Any]:
        """Begin an episode in one sub-environment and leave the others as they are."""

    def step_some(self, indices: Sequence[int], actions: Sequence[Any]) -> Sequence[StepResult]:
        """Step only some sub-environments, without any autoreset; a failure stands in its place."""

    def set_progress(self, step: int | None) -> None:
        """Tell how far training is."""

    def close(self) -> Any:
        """Close it."""


class VectorLanes:
    """Lanes of a native vector environment: one call for all, of the retriever or the arrays."""

    def __init__(self, env: NativeVectorEnv) -> None:
        self.env = env
        env.reset(seed=0)

    def begin(self, lane: int, job: Job) -> tuple[Any, Mapping[str, Any]]:
        """Begin a job in a lane."""
        return self.env.begin(lane, job.seed, {"question_id": job.question_id})

    def step(self, lanes: Sequence[int], actions: Sequence[Any]) -> list[StepResult]:
        """Step these lanes as one batch."""
        return list(self.env.step_some(lanes, actions))

    def close(self) -> None:
        """Close the environment."""
        self.env.close()


class SingleLanes:
    """Lanes of single environments: works for any Gymnasium environment."""

    def __init__(self, envs: Sequence[gymnasium.Env[Any, Any]]) -> None:
        self.envs = envs

    def begin(self, lane: int, job: Job) -> tuple[Any, Mapping[str, Any]]:
        """Begin a job in a lane.

        Raises:
            EnvError: If the environment broke down.
        """
        try:
            return self.envs[lane].reset(seed=job.seed, options={"question_id": job.question_id})
        except (HopgymError, gymnasium.error.Error):
            raise
        except Exception as error:
            raise self._broken(lane, error) from error

    def step(self, lanes: Sequence[int], actions: Sequence[Any]) -> list[StepResult]:
        """Step these lanes one after the other."""
        return [self._step(lane, action) for lane, action in zip(lanes, actions, strict=True)]

    def close(self) -> None:
        """Close every environment."""
        for env in self.envs:
            env.close()

    def _step(self, lane: int, action: Any) -> StepResult:
        try:
            return self.envs[lane].step(action)
        except (RetrievalError, RewardError, EnvError) as error:
            return error
        except (HopgymError, gymnasium.error.Error):
            raise
        except Exception as error:
            return self._broken(lane, error)

    def _broken(self, lane: int, error: Exception) -> EnvError:
        """Return what stands for an episode that the environment itself has ended."""
        return broken_env(type(self.envs[lane].unwrapped).__name__, error)


class WatchedLanes:
    """Lanes that say whose mistake it is where an action is refused.

    Args:
        lanes: The lanes themselves.
        whose: Who acts, such as `"Agent 'mine'"`.
        space: Of the actions. Where all are in it, what is refused is not the agent's mistake.
    """

    def __init__(self, lanes: Lanes, whose: str, space: gymnasium.Space[Any]) -> None:
        self.lanes, self.whose, self.space = lanes, whose, space

    def begin(self, lane: int, job: Job) -> tuple[Any, Mapping[str, Any]]:
        """Begin a job in a lane."""
        return self.lanes.begin(lane, job)

    def step(self, lanes: Sequence[int], actions: Sequence[Any]) -> list[StepResult]:
        """Step these lanes.

        Raises:
            AgentError: If an action was refused.
        """
        try:
            return self.lanes.step(lanes, actions)
        except ConfigError as error:
            if all(_is_in(self.space, action) for action in actions):
                raise
            raise AgentError(f"{self.whose}: {error}") from error

    def close(self) -> None:
        """Close the environments."""
        self.lanes.close()


def _is_in(space: gymnasium.Space[Any], action: Any) -> bool:
    try:
        return bool(space.contains(action))
    except (TypeError, ValueError):  # rows of different lengths
        return False


def open_lanes(
    env_id: str,
    env_kwargs: Mapping[str, Any],
    num_envs: int,
    *,
    training_step: int | None = None,
) -> tuple[gymnasium.Env[Any, Any] | gymnasium.vector.VectorEnv[Any, Any, Any], Lanes]:
    """Make an environment's lanes: a native vector environment's where it has one.

    Args:
        env_id: A registered environment.
        env_kwargs: Its keyword arguments.
        num_envs: How many lanes.
        training_step: How far training is, for rewards that follow a schedule; None where nobody
            trains.

    Returns:
        The vector environment, or the first of the single ones, from which the spaces and the
        question set can be learnt; and the lanes, which the caller closes.
    """
    if gymnasium.spec(env_id).vector_entry_point is not None:
        vector = gymnasium.make_vec(env_id, num_envs=num_envs, **env_kwargs)
        if isinstance(vector.unwrapped, NativeVectorEnv):
            vector.unwrapped.set_progress(training_step)
            return vector, VectorLanes(vector.unwrapped)
        vector.close()
    envs = [gymnasium.make(env_id, **env_kwargs) for _ in range(num_envs)]
    for env in envs if training_step is not None else ():
        set_progress = getattr(env.unwrapped, "set_progress", None)
        if set_progress is not None:  # any Gymnasium environment may be played
            set_progress(training_step)
    return envs[0], SingleLanes(envs)
