"""Sessions: one environment for each client that plays, as many as are allowed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import Any

import gymnasium

from ...errors import EpisodeError, HopgymError
from .limits import EnvLimits

Env = gymnasium.Env[Any, Any]


class UnknownSessionError(HopgymError, LookupError):
    """A session that was never opened, or has been closed."""


class FullError(HopgymError, RuntimeError):
    """There are as many sessions as are allowed, and all are in use."""


class Sessions:
    """The environments under way.

    Their ids cannot be guessed, so that no client plays another's episode.

    Args:
        make_env: Makes an environment.
        limits: How many there may be, and how long one may lie idle.
        clock: Tells seconds that only ever grow.
    """

    def __init__(
        self, make_env: Callable[[], Env], limits: EnvLimits, clock: Callable[[], float] = monotonic
    ) -> None:
        self._make_env = make_env
        self._limits = limits
        self._clock = clock
        self._lock = Lock()
        self._held: dict[str, _Session] = {}

    def __len__(self) -> int:
        return len(self._held)

    def open(self) -> str:
        """Make an environment and return its session's id.

        Raises:
            FullError: If there are too many already.
        """
        session = _Session(self._clock())
        with self._lock:
            stale = self._stale() if len(self._held) >= self._limits.max_sessions else None
            if len(self._held) >= self._limits.max_sessions and stale is None:
                raise FullError(
                    f"{self._limits.max_sessions} sessions are open, as many as are allowed. Close "
                    "one, or come back."
                )
            gone = self._held.pop(stale) if stale is not None else None
            id = secrets.token_urlsafe(16)
            self._held[id] = session
        if gone is not None:
            gone.close()
        try:
            session.env = self._make_env()
        except BaseException:
            self._held.pop(id, None)
            raise
        return id

    @contextmanager
    def using(self, id: str) -> Iterator[Env]:
        """Lend a session's environment.

        Raises:
            UnknownSessionError: If there is no such session.
            EpisodeError: If another request is using it.
        """
        session = self._held.get(id)
        if session is None or session.env is None:
            raise UnknownSessionError(
                "There is no such session: it was never opened, was closed, or lay idle for too long. "
                "Open another with POST /sessions."
            )
        if not session.lock.acquire(blocking=False):
            raise EpisodeError("This session is busy with another request. Send one at a time.")
        try:
            session.used = self._clock()
            yield session.env
        finally:
            session.used = self._clock()
            session.lock.release()

    def close(self, id: str) -> None:
        """Close a session.

        Raises:
            UnknownSessionError: If there is no such session.
            EpisodeError: If another request is using it.
        """
        with self.using(id) as env:
            self._held.pop(id, None)
            env.close()

    def close_all(self) -> None:
        """Close every session."""
        with self._lock:
            held, self._held = self._held, {}
        for session in held.values():
            session.close()

    def _stale(self) -> str | None:
        """Return the session that has lain idle longest, if it has for too long."""
        idle: Mapping[str, float] = {
            id: session.used for id, session in self._held.items() if not session.lock.locked()
        }
        oldest = min(idle, key=lambda id: idle[id], default=None)
        if oldest is None or self._clock() - idle[oldest] < self._limits.idle_seconds:
            return None
        return oldest


class _Session:
    def __init__(self, used: float) -> None:
        self.env: Env | None = None
        self.lock = Lock()
        self.used = used

    def close(self) -> None:
        with self.lock:
            if self.env is not None:
                self.env.close()
