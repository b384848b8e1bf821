"""An environment of hopgym's for verifiers, made in this process."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import require

if TYPE_CHECKING:
    import verifiers.v1 as vf

PLUGIN = "hopgym_env"
"""The module that verifiers imports; a file of this name that has our classes does as well."""


def load_environment(
    env_id: str = "hopgym/SearchRead-v0",
    *,
    questions: str = "world",
    split: str = "train",
    seed: int = 0,
    env_kwargs: Mapping[str, Any] | None = None,
    agent: Mapping[str, Any] | None = None,
) -> vf.Env:
    """Return verifiers' environment of one of ours.

    Args:
        env_id: A registered environment that is played in text, or `file.py:ID`.
        questions: The questions, by name or file.
        split: Which of them.
        seed: The episodes' seed.
        env_kwargs: The environment's other keyword arguments, by name: verifiers keeps them in
            its traces.
        agent: Fields of verifiers' `AgentConfig`, such as `max_turns`.

    Raises:
        ConfigError: If the environment refuses a keyword, or is not played in text.
        MissingExtraError: If verifiers is not installed.
    """
    loaders = require("verifiers.v1.utils.loaders", "verifiers")
    taskset = {
        "id": as_plugin(),
        "env_id": env_id,
        "questions": questions,
        "split": split,
        "seed": seed,
        "env_kwargs": dict(env_kwargs or {}),
    }
    seat = {"agent": dict(agent)} if agent else {}
    config = loaders.resolve_env_config({"taskset": taskset, **seat})
    config.taskset.make_env().close()  # mistakes show before a model is asked
    return loaders.load_environment(config)


def as_plugin() -> str:
    """Let verifiers find our classes in this process; return the name by which it does."""
    sys.modules.setdefault(PLUGIN, sys.modules[__name__.rpartition(".")[0]])
    return PLUGIN
