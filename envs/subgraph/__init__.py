"""`hopgym/KGSubgraph-v0`: select the facts that answer the question.

`make_env` and `make_vector_env` are what Gymnasium calls; which class plays is a matter of
`observation`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["make_env", "make_vector_env"]


def make_env(observation: str = "graph", **keywords: Any) -> Any:
    """Return a single environment.

    Args:
        observation: `"graph"`, `"padded"` or `"text"`.
        **keywords: The fields of `SubgraphSettings`, and `render_mode`.

    Raises:
        ConfigError: If a keyword is unknown or not allowed.
    """
    if observation == "text":
        from .text import SubgraphTextEnv

        return SubgraphTextEnv(observation=observation, **keywords)
    from .env import SubgraphEnv

    return SubgraphEnv(observation=observation, **keywords)


def make_vector_env(num_envs: int = 1, observation: str = "graph", **keywords: Any) -> Any:
    """Return a native vector environment.

    Args:
        num_envs: How many episodes run side by side.
        observation: `"graph"`, `"padded"` or `"text"`.
        **keywords: As `make_env` takes them, and `autoreset_mode`.

    Raises:
        ConfigError: If a keyword is unknown or not allowed.
    """
    if observation == "text":
        from .text import SubgraphTextVectorEnv

        return SubgraphTextVectorEnv(num_envs, observation=observation, **keywords)
    from .vector import SubgraphVectorEnv

    return SubgraphVectorEnv(num_envs, observation=observation, **keywords)
