"""Agents by name: observation in, action out. `make_agent` takes a user's own as well.

To add one: a file with a class that has `name`, `reset` and `act` (or a plain function of the
observation), one line below, and a test of the same name.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, cast

from ..errors import ConfigError, named, users_code
from ..registry import Registry
from .base import Agent, FunctionAgent

AGENTS: Registry[Any] = Registry("agent", "hopgym agents")
register = AGENTS.register

register(
    "random", "Asks and answers at random: the floor.", "hopgym.agents.random_agent:RandomAgent"
)
register("oracle", "Knows the gold: the ceiling.", "hopgym.agents.oracle:OracleAgent")
register(
    "closed_book",
    "Never searches; guesses from the train split.",
    "hopgym.agents.closed_book:ClosedBookAgent",
)
register(
    "single_shot",
    "Searches once, reads, answers.",
    "hopgym.agents.single_shot:SingleShotAgent",
)
register(
    "iterative",
    "Takes the question apart and searches hop by hop; learns nothing.",
    "hopgym.agents.iterative:IterativeAgent",
)
register(
    "planner",
    "Plans all searches before it reads; learns nothing.",
    "hopgym.agents.planner:PlannerAgent",
)

__all__ = ["AGENTS", "Agent", "FunctionAgent", "make_agent", "register"]


def make_agent(spec: Any) -> Agent:
    """Return an agent by name, by `module:attribute`, from a function, or as it is.

    What a name stands for is a class or factory without arguments, a function of one observation,
    or an agent.

    >>> make_agent("oracle").name
    'oracle'
    >>> make_agent(len).act(["four"], [{}])
    [4]

    Raises:
        UnknownNameError: If no agent has that name.
        ConfigError: If what was named is no agent.
    """
    if not isinstance(spec, str | Path):
        return _agent(spec, spec)
    name = str(spec)
    if name not in AGENTS and ".py:" not in name and Path(name).is_dir():
        raise ConfigError(
            f"{name!r} is a folder, and no learner here can run it. "
            f"Name one of {', '.join(AGENTS)}, or give module:attribute or file.py:attribute."
        )
    return _agent(AGENTS.get(name), spec)


def _agent(part: Any, spec: Any) -> Agent:
    if _plays(part):
        return cast("Agent", part)
    if callable(part) and not _takes_observation(part):
        with users_code("agent factory", spec):
            made = part()
        return _agent(made, spec)
    if callable(part) and not inspect.isclass(part):
        _check_takes_one(part, spec)
        label = spec.rpartition(":")[2] if isinstance(spec, str) else None
        return FunctionAgent(part, label)
    raise ConfigError(
        f"{spec!r:.200} is no agent{_lack(part)}. Give a name ({', '.join(AGENTS)}), a function "
        "`observation -> action`, or an object with `name`, `reset(seed)` and "
        "`act(observations, infos)`."
    )


def _lack(part: Any) -> str:
    """Say what keeps a thing from being an agent, where it comes near."""
    if inspect.isclass(part) and _takes_observation(part):
        return ": its class needs arguments (name a factory without any)"
    missing = [name for name in ("name", "reset", "act") if not hasattr(part, name)]
    return f": it lacks {', '.join(missing)}" if len(missing) < 3 else ""


def _plays(part: Any) -> bool:
    return isinstance(part, Agent) and not inspect.isclass(part)


def _takes_observation(part: Any) -> bool:
    """Return whether a callable must be given an argument."""
    needed = _needed(part)
    return not inspect.isclass(part) if needed is None else bool(needed)


def _check_takes_one(function: Any, spec: Any) -> None:
    needed = _needed(function)
    if needed is None:
        return
    if len(needed) > 1 or needed[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise ConfigError(
            f"The agent function {named(spec)} needs the arguments "
            f"{', '.join(p.name for p in needed)}; an agent function takes one, the observation."
        )


def _needed(part: Any) -> list[inspect.Parameter] | None:
    """Return the arguments that a callable must be given; None where that cannot be known."""
    try:
        parameters = inspect.signature(part).parameters.values()
    except (TypeError, ValueError):  # some built-in functions have no signature
        return None
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p for p in parameters if p.default is p.empty and p.kind not in kinds]
