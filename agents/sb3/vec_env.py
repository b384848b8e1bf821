"""A native vector environment as Stable-Baselines3 takes one: a `VecEnv`, at the native speed.

SB3 begins the next episode in the step that ends the last, and wants that one's end in the infos:
`terminal_observation`, `TimeLimit.truncated`, and `episode` with its return and length. Masks are
asked for by `env_method("action_masks")`. SB3's own `DummyVecEnv` over single environments gives
the same episodes, more slowly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from ...errors import ConfigError

Observations = dict[str, np.ndarray[Any, Any]]


class NativeVecEnv(VecEnv):
    """A Gymnasium vector environment of dictionaries of arrays, for SB3.

    Args:
        env: In the autoreset mode `"SameStep"`; its `unwrapped.action_masks()` returns `[n, …]`.

    Raises:
        ConfigError: If it begins the next episode at another time.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        mode = env.metadata.get("autoreset_mode")
        if mode is not AutoresetMode.SAME_STEP:
            raise ConfigError(
                f"Stable-Baselines3 needs episodes that begin in the step that ends the last; this "
                f"environment's autoreset_mode is {mode}. Make it with autoreset_mode='SameStep'."
            )
        self.env = env
        self._actions: Any = None
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, dtype=np.int64)
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> Observations:
        """Begin an episode in every lane, by the seeds that `seed` was given."""
        seeds: Any = self._seeds if self._seeds[0] is not None else None
        observations, _ = self.env.reset(seed=seeds)
        self._reset_seeds()
        self._returns[:] = 0.0
        self._lengths[:] = 0
        return dict(observations)

    def step_async(self, actions: np.ndarray[Any, Any]) -> None:
        """Take note of the actions; SB3 gives zeros and ones as floats."""
        self._actions = np.asarray(actions, dtype=self.action_space.dtype)

    def step_wait(self) -> tuple[Observations, Any, Any, list[dict[str, Any]]]:
        """Take the step."""
        observations, rewards, ended, cut, told = self.env.step(self._actions)
        self._returns += rewards
        self._lengths += 1
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        done = ended | cut
        for lane in np.flatnonzero(done):
            infos[lane] = {
                "terminal_observation": _of_lane(told["final_obs"], lane),
                "TimeLimit.truncated": bool(cut[lane] and not ended[lane]),
                "episode": {"r": float(self._returns[lane]), "l": int(self._lengths[lane]), "t": 0},
            }
        self._returns[done] = 0.0
        self._lengths[done] = 0
        return dict(observations), np.asarray(rewards, np.float32), done, infos

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute, which all lanes share."""
        value = getattr(self.env.unwrapped, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute, for all lanes."""
        setattr(self.env.unwrapped, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method that returns a row for each lane."""
        rows = getattr(self.env.unwrapped, method_name)(*method_args, **method_kwargs)
        return [rows[lane] for lane in self._lanes(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Tell that no lane is wrapped: what a monitor does is done here."""
        return [False for _ in self._get_indices(indices)]

    def _lanes(self, indices: Any) -> Iterable[int]:
        return self._get_indices(indices)


def make_vec_env(env_id: str, env_kwargs: Mapping[str, Any], num_envs: int) -> VecEnv:
    """Return an environment for SB3: natively vectorised where there is such a one.

    Args:
        env_id: A registered environment.
        env_kwargs: Its keyword arguments.
        num_envs: Episodes side by side.

    Raises:
        ConfigError: If its observations or actions are none that SB3 knows.
    """
    env = _made(env_id, env_kwargs, num_envs)
    try:
        check_spaces(env.observation_space, env.action_space)
    except ConfigError:
        env.close()
        raise
    return env


def check_spaces(observations: gymnasium.Space[Any], actions: gymnasium.Space[Any]) -> None:
    """Refuse what no policy here can play.

    Raises:
        ConfigError: If the observation is not the padded one, or the action is a text.
    """
    kinds = gymnasium.spaces
    padded = isinstance(observations, kinds.Dict) and "edge_index" in observations.spaces
    if not padded or not isinstance(actions, kinds.Discrete | kinds.MultiBinary):
        raise ConfigError(
            "Stable-Baselines3 has no spaces for graphs and texts: make the environment with "
            f"observation='padded'. It has {type(observations).__name__} observations and "
            f"{type(actions).__name__} actions."
        )


def _made(env_id: str, env_kwargs: Mapping[str, Any], num_envs: int) -> VecEnv:
    if gymnasium.spec(env_id).vector_entry_point is not None:
        keywords = {"autoreset_mode": "SameStep", **env_kwargs}
        return NativeVecEnv(gymnasium.make_vec(env_id, num_envs=num_envs, **keywords))
    return DummyVecEnv([lambda: gymnasium.make(env_id, **env_kwargs) for _ in range(num_envs)])


def _of_lane(final: Any, lane: Any) -> Observations:
    """Return the last observation of a lane: from an array of them, or from arrays of all lanes."""
    if isinstance(final, Mapping):
        return {name: rows[lane] for name, rows in final.items() if not name.startswith("_")}
    return dict(final[lane])
