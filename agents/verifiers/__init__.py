"""hopgym's environments for verifiers (0.4), with its tasks, traces, limits and clients.

verifiers names an environment by a top-level module that says in `__all__` what it has, so a project
of its users holds a file such as `hopgym_env.py`, and plays `hopgym_env`:

    from hopgym.agents.verifiers import *
    from hopgym.agents.verifiers import __all__

In one process [`load_environment`][hopgym.agents.verifiers.loading.load_environment] needs no file.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .env import HopgymEnv
    from .foreign import register_verifiers
    from .harness import HopgymHarness
    from .loading import load_environment
    from .taskset import HopgymTaskset

__all__ = [
    "HopgymEnv",
    "HopgymHarness",
    "HopgymTaskset",
    "load_environment",
    "register_verifiers",
]

_PLACES = {
    "HopgymEnv": "env",
    "HopgymHarness": "harness",
    "HopgymTaskset": "taskset",
    "load_environment": "loading",
    "register_verifiers": "foreign",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: verifiers takes seconds to import."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PLACES[name]}", __name__), name)
