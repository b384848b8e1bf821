"""The agents of a benchmark: made by what a user named them, told apart by their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..agents import AGENTS, make_agent
from ..agents.base import Agent
from ..errors import AgentError, ConfigError
from ..retrieval.options import split_options

_HOW = {"agents": " (a language model: 'llm?model=FOLDER&name=mine')"}


def check_agents(agents: Sequence[Any]) -> None:
    """Refuse a misspelt name, or one name for two, before anybody has played."""
    names = [_likely_name(spec) for spec in agents]
    if len(set(names)) < len(names):  # a class's name may be another than its agent's
        check_different([make_contestant(spec).name for spec in agents], "agents")


def _likely_name(spec: Any) -> str:
    """Return an agent's name; the agent is made for it only where its class does not tell.

    A model's folder does not, and a factory with options (`llm?model=FOLDER`) neither.
    """
    if isinstance(spec, str):
        name = split_options(spec)[0]
        is_folder = Path(name).is_dir() or ("/" in name and ":" not in name)
        part = None if is_folder else AGENTS.get(name)
    else:
        part = None if isinstance(spec, Path) else spec
    found = getattr(part, "name", None)
    return found if isinstance(found, str) else make_contestant(spec).name


def make_contestant(spec: Any) -> Agent:
    """Make an agent; its name is a file's name and a row's."""
    agent = make_agent(spec)
    if not isinstance(agent.name, str) or not agent.name.strip():
        raise AgentError(
            f"The agent {spec!r:.200} has the name {agent.name!r}; a name must be text. "
            "Give its class a line such as: name = 'mine'"
        )
    return agent


def is_ceiling(agent: Agent) -> bool:
    """Whether an agent was shown the gold, by its attribute `uses_gold`."""
    return bool(getattr(agent, "uses_gold", False))


def spec_text(spec: Any) -> str:
    """Return what a user named an agent by; nothing for one given as an object."""
    return str(spec) if isinstance(spec, str | Path) else ""


def check_different(names: Sequence[str], noun: str) -> None:
    """Refuse one name for two."""
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise ConfigError(
            f"Two {noun} are called {twice[0]!r}; their results would share a file. "
            f"Give each its own name{_HOW.get(noun, '')}."
        )
