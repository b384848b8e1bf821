"""Episodes of hostile actions, in any environment; every step is checked by `invariants`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import gymnasium

from ...envs.registration import find_env
from ...errors import ConfigError
from . import invariants
from .actions import given, next_action
from .runner import Case, Fault
from .texts import Rng

SEARCH, DAG = "hopgym/SearchRead-v0", "hopgym/DagSearch-v0"
RAG, KG = "hopgym/RAG-v0", "hopgym/KGSubgraph-v0"

FORMS: Mapping[str, tuple[dict[str, Any], ...]] = {
    SEARCH: (
        {},
        {"grammar": "search_r1"},
        {"force_answer": True, "format_retries": 1, "max_steps": 3},
        {"grammar": "search_r1", "force_answer": True, "reward": "f1"},
    ),
    DAG: ({}, {"max_plans": 3, "format_retries": 1}, {"deps": "order", "reward": "em"}),
    RAG: (
        {},
        {"hops": 3, "generator": "agent"},
        {"hops": 2, "generator": "entities", "format_retries": 2},
        {"hops": 2, "generator": "agent", "format_retries": 1, "max_documents": 4},
    ),
    KG: (
        {"observation": "padded", "mode": "sequential"},
        {"observation": "padded", "mode": "one_shot", "top_k": 64},
        {"observation": "graph", "mode": "sequential", "connected": True, "top_k": 64},
        {"observation": "graph", "mode": "one_shot"},
        {"observation": "text", "mode": "sequential"},
        {"observation": "text", "mode": "one_shot", "format_retries": 2},
        {"observation": "text", "mode": "sequential", "connected": True},
    ),
}
"""What is played of each of our environments; each form gets its share of the inputs."""

MOST_STEPS = 64
"""Of an episode of a stranger's environment."""


class EnvironmentTarget:
    """One environment in one form.

    Args:
        env_id: As `gymnasium.make` takes it; `module:ID` and `file.py:ID` too.
        keywords: Of the environment.
    """

    def __init__(self, env_id: str, keywords: Mapping[str, Any] | None = None) -> None:
        self.env_id = find_env(env_id)
        self.keywords = dict(keywords or {})
        told = "&".join(f"{name}={value}" for name, value in self.keywords.items())
        self.name = f"{env_id}?{told}" if told else env_id

    @cached_property
    def env(self) -> gymnasium.Env[Any, Any]:
        """The environment, made when it is first played."""
        return gymnasium.make(self.env_id, disable_env_checker=True, **self.keywords)

    def make(self, rng: Rng) -> Case:
        """Return the seed of an episode; its actions are noted as it is played."""
        self.env  # noqa: B018  # made here: what it takes to make it is no part of any input
        return {"seed": int(rng.integers(1 << 31)), "actions": []}

    def check(self, case: Case, rng: Rng | None) -> int:
        """Play the episode; an action that is none may be refused, and then nothing has moved."""
        env = self.env
        observation, info = env.reset(seed=case["seed"])
        invariants.check_opening(env, observation, info)
        total, tried = 0.0, 0
        taken: list[Any] = []
        most = MOST_STEPS if rng is not None else len(case["actions"])
        while tried < most:
            if rng is not None:
                case["actions"].append(next_action(rng, env, info))
            action = given(case["actions"][tried])
            tried += 1
            result = self._step(env, action)
            if result is None:
                continue
            taken.append(action)
            invariants.check_step(env, observation, result, taken)
            observation, reward, terminated, truncated, info = result
            total += float(reward)
            if terminated or truncated:
                invariants.check_return(env, total, len(taken))
                break
        return max(tried, 1)

    def _step(self, env: Any, action: Any) -> Any:
        """Take a step; None where the action was refused, which only one outside of its space may be."""
        try:
            return env.step(action)
        except ConfigError as error:
            if isinstance(action, str) and isinstance(env.action_space.sample(), str):
                raise Fault(f"a text was refused: {error}") from error
            if "Nothing has moved" not in str(error):
                raise
            return None


def environment_targets(
    env_id: str | None = None, keywords: Mapping[str, Any] | None = None
) -> list[EnvironmentTarget]:
    """Return the forms of one environment, or of all of ours.

    Args:
        env_id: One environment; in all forms of `FORMS` where it is ours and has no keywords.
        keywords: Of that environment.
    """
    if env_id is None:
        return [EnvironmentTarget(name, form) for name, forms in FORMS.items() for form in forms]
    if keywords or env_id not in FORMS:
        return [EnvironmentTarget(env_id, keywords)]
    return [EnvironmentTarget(env_id, form) for form in FORMS[env_id]]
