"""Group-relative policy optimisation on TRL's own trainer: `hopgym train grpo`.

Two bridges from a hopgym environment to `trl.GRPOTrainer`, for anybody's training script:
[`Bridge`][hopgym.agents.grpo.bridge.Bridge] is its `rollout_func` and plays in the environment's own
grammar; [`tool_environment`][hopgym.agents.grpo.tools.tool_environment] makes its
`environment_factory`, for models that call tools. Both bring a dataset of questions and the
environment's reward.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bridge import Bridge
    from .questions import question_dataset, question_rows
    from .scored import where_scored
    from .tools import episode_of, tool_environment, tool_rows

__all__ = [
    "Bridge",
    "episode_of",
    "question_dataset",
    "question_rows",
    "tool_environment",
    "tool_rows",
    "where_scored",
]

_PLACES = {
    "Bridge": "bridge",
    "episode_of": "tools",
    "question_dataset": "questions",
    "question_rows": "questions",
    "tool_environment": "tools",
    "tool_rows": "tools",
    "where_scored": "scored",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: the command line, which asks for nothing, starts faster so."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PLACES[name]}", __name__), name)
