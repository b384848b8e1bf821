"""What a server takes from a client, and how it batches: one frozen record, checked once."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ...errors import ConfigError

_LOWEST = {"wait_ms": 0, "body_seconds": 0.1, "head_seconds": 0.1, "reply_seconds": 0.1}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a server.

    Raises:
        ConfigError: If a limit is out of its range.

    >>> Limits(max_k=50).max_k
    50
    """

    max_body: int = 4 * 2**20
    """Bytes of a request."""
    max_queries: int = 4096
    """Queries of a request; a trainer sends a whole batch of rollouts at once."""
    max_chars: int = 10_000
    """Characters of a query."""
    max_k: int = 1000
    """Hits for a query."""
    max_hits: int = 100_000
    """Hits for all queries of a request together, which bounds the reply."""
    default_k: int = 3
    """Hits for a query if a request does not say."""
    max_batch: int = 64
    """Queries that are searched together, of however many clients."""
    wait_ms: float = 3.0
    """How long an idle server waits for more queries under load, or for a twentieth of the time that
    the last search took, whichever is longer; with 0 it never waits."""
    workers: int = 1
    """Threads that search; the batches of one are the larger ones."""
    max_waiting: int = 16_384
    """Queries in the queue; beyond it the answer is 503."""
    body_seconds: float = 30.0
    """How long a client may take to send a request."""
    head_seconds: float = 10.0
    """How long it may take to begin one: to send its first line and headers."""
    reply_seconds: float = 60.0
    """How long it may leave a reply unread."""
    max_connections: int = 1000
    """Connections at a time; beyond it the answer is 503. A system may allow fewer open files."""
    stop_seconds: int = 10
    """How long requests under way may take when the server is told to stop."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            lowest = _LOWEST.get(field.name, 1)
            known = isinstance(value, int if field.type == "int" else int | float)
            if not known or not lowest <= value < float("inf"):
                raise ConfigError(f"{field.name} is {value}; give a number from {lowest}.")
        if self.default_k > self.max_k:
            raise ConfigError(f"default_k {self.default_k} is above max_k {self.max_k}.")
        if self.max_waiting < self.max_queries:
            raise ConfigError(
                f"max_waiting {self.max_waiting} is below max_queries {self.max_queries}: a request "
                "of the allowed size would never be let in. Raise the one or lower the other."
            )
