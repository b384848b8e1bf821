"""What an agent plays, and what an environment is: documents to search, or facts to select.

An agent says it by an attribute `plays`; one without plays anything. An environment whose rules are
its owner's alone takes any agent.
"""

from __future__ import annotations

from typing import Any

from gymnasium import spaces

from ..errors import AgentError

DOCUMENTS = "documents"
"""Documents are searched and read, and a text answers (SearchRead, DagSearch)."""

FACTS = "facts"
"""Facts of a graph are selected, and a reader answers (KGSubgraph)."""


def game_of(env: Any) -> str:
    """Return what is played in an environment; empty where it does not say.

    >>> game_of(object())
    ''
    """
    stage = getattr(getattr(env, "unwrapped", env), "stage", None)
    if hasattr(stage, "offer"):
        return FACTS
    return DOCUMENTS if hasattr(stage, "search") else ""


def suits(agent: Any, game: str) -> bool:
    """Return whether an agent plays a game."""
    plays = getattr(agent, "plays", "")
    return not plays or not game or plays == game


def check_suits(agent: Any, env: Any) -> None:
    """Refuse an agent that does not play what is played here.

    Raises:
        AgentError: If so; it says what the agent plays and which agents would do.
    """
    game = game_of(env)
    if not suits(agent, game):
        raise AgentError(
            f"The agent {agent.name!r} {what_it_does(agent)}, and {_env_name(env)} {_IS[game]}. "
            f"Give another environment, or an agent such as {_WHO[game]}."
        )


def check_text(agent: Any, env: Any) -> None:
    """Refuse, for an agent that reads text alone, an environment that shows arrays.

    Raises:
        AgentError: If so; it says what to change.
    """
    seen = getattr(env, "single_observation_space", env.observation_space)
    if isinstance(seen, _ARRAYS):
        facts = game_of(env) == FACTS
        what = (
            "Make it with observation='text' (--set observation=text)" if facts else "Give another"
        )
        raise AgentError(
            f"The agent {agent.name!r} plays in text, and {_env_name(env)} shows arrays. {what}."
        )


def what_it_does(agent: Any) -> str:
    """Say what an agent plays."""
    return _DOES.get(agent.plays, f"plays {agent.plays!r:.60}")


_ARRAYS = (spaces.Box, spaces.Dict, spaces.Discrete, spaces.Graph, spaces.MultiBinary, spaces.Tuple)
_DOES = {DOCUMENTS: "searches documents and answers in text", FACTS: "selects facts of a graph"}
_IS = {DOCUMENTS: "has documents to search", FACTS: "has facts to select"}
_WHO = {DOCUMENTS: "'iterative', 'oracle' or 'random'", FACTS: "'ppr', 'oracle' or 'random'"}


def _env_name(env: Any) -> str:
    spec = getattr(env, "spec", None)
    return str(getattr(spec, "id", None) or type(env.unwrapped).__name__)
