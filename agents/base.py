"""What an agent is: observations in, actions out, a batch at a time.

An agent sees what any player sees: the observation and the info of each episode. One that needs
more (the oracle needs the gold, random play needs the action space) may have a method
`bind(env)`, which the rollout loop calls once before it plays. One that looks at the gold of the
questions it plays says so by an attribute `uses_gold = True`; leaderboards show it as a ceiling. What
it plays it may say by `plays` (see `games`) and by `grammars`, or by an `AgentError` from `bind`;
benchmarks leave it out elsewhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from ..errors import AgentError, HopgymError
from .games import check_text

Info = Mapping[str, Any]


@runtime_checkable
class Agent(Protocol):
    """Anything that plays. One call of `act` serves a whole batch of episodes."""

    name: str

    def reset(self, seed: int | None = None) -> None:
        """Forget everything and reseed; called once before a run."""

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Return one action for each observation, in order."""


class UnansweredError(AgentError):
    """Infrastructure kept an agent from some of its actions, such as a server that is down.

    `act` raises it, so that nobody takes a failure for an action. The rollout loop plays on with
    the actions there are, and ends the other episodes as errors.

    Args:
        actions: One for each observation, in order; where there is none, the error in its place.

    >>> str(UnansweredError(["a", AgentError("No reply."), "b"]))
    'There is no action for 1 of 3 observations: No reply.'
    """

    def __init__(self, actions: Sequence[Any]) -> None:
        self.actions = list(actions)
        super().__init__(self.actions)

    def __str__(self) -> str:
        failures = [action for action in self.actions if isinstance(action, HopgymError)]
        first = failures[0] if failures else "no error was given"
        count = f"{len(failures)} of {len(self.actions)}"
        return f"There is no action for {count} observations: {first}"


class FunctionAgent:
    """A plain function `observation -> action`, as an agent.

    What the function says of itself by `plays`, `grammars` or `uses_gold` holds for the agent. One
    whose argument is annotated `str` reads text, and refuses an environment that shows arrays.

    >>> shout = FunctionAgent(str.upper, name="shout")
    >>> shout.act(["a", "b"], [{}, {}])
    ['A', 'B']
    """

    def __init__(self, function: Callable[[Any], Any], name: str | None = None) -> None:
        self.function = function
        self.name = name or str(getattr(function, "__name__", "function"))
        for said in ("plays", "grammars", "uses_gold"):
            if hasattr(function, said):
                setattr(self, said, getattr(function, said))

    def bind(self, env: Any) -> None:
        """Refuse arrays, if the function reads text.

        Raises:
            AgentError: If arrays are shown.
        """
        if _reads_text(self.function):
            check_text(self, env)

    def reset(self, seed: int | None = None) -> None:
        """A function has nothing to forget."""

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Call the function on each observation."""
        return [self.function(observation) for observation in observations]


def _reads_text(function: Callable[[Any], Any]) -> bool:
    """Return whether a function's argument is annotated as a text."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some built-in functions have no signature
        return False
    return bool(parameters) and parameters[0].annotation in (str, "str")
