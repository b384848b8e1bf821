"""What an environment's server takes from its clients: one frozen record, checked once."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ...errors import ConfigError


@dataclass(frozen=True, slots=True)
class EnvLimits:
    """The limits of a server.

    Raises:
        ConfigError: If a limit is out of its range.

    >>> EnvLimits(max_sessions=8).max_sessions
    8
    """

    max_sessions: int = 256
    """Episodes under way at a time; beyond it the answer is 503."""
    idle_seconds: float = 3600.0
    """A session that nobody has used for so long may make room for another."""
    max_body: int = 4 * 2**20
    """Bytes of a request."""
    body_seconds: float = 30.0
    """How long a client may take to send a request."""
    head_seconds: float = 10.0
    """How long it may take to begin one: to send its first line and headers."""
    reply_seconds: float = 60.0
    """How long it may leave a reply unread."""
    max_connections: int = 1000
    """Connections at a time; beyond it the answer is 503."""
    stop_seconds: int = 10
    """How long requests under way may take when the server is told to stop."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            lowest = 0.1 if field.name.endswith("seconds") else 1
            known = isinstance(value, int if field.type == "int" else int | float)
            if not known or not lowest <= value < float("inf"):
                raise ConfigError(f"{field.name} is {value}; give a number from {lowest}.")
