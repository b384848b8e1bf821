"""What a model behind an API is asked: a system message, the transcript, and where to stop.

It has the shape that the judges' sessions and clients read of a request, so that both are used as
they are; there is no verdict in it. Used by `agent`, `session` and the clients.
"""

from __future__ import annotations

from typing import NamedTuple

MOST_STOPS = 4
"""Stop strings that every API takes: OpenAI's documented limit; Gemini's is 5."""


class Role(NamedTuple):
    """Where the judges' sessions and clients look for the system message."""

    system: str


class Chat(NamedTuple):
    """One turn: the model's reply to it is the action."""

    task: Role
    data: str
    """The user's message: the transcript."""
    stop: tuple[str, ...] = ()
    """Strings at which the server is to stop; what it replies then does not have them."""
