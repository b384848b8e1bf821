"""A circuit breaker: whoever keeps failing is left alone for a while.

Closed, calls pass. After several failures in a row it opens, and calls are refused at once instead
of each waiting for its timeout. After a pause one call is let through to try: it closes the
breaker again, or keeps it open for another pause. Used by retrievers that ask other machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import Any

from ..errors import ConfigError, RetrievalError
from .backoff import GaveUpError


class Breaker:
    """Counts failures in a row. Safe to use from several threads.

    Args:
        name: What is called, for messages.
        failures: How many open it.
        pause: Seconds until one call may try again.
        clock: Seconds that never run backwards.

    Raises:
        ConfigError: If `failures` is below 1 or `pause` negative.

    >>> breaker = Breaker("The index", failures=1, pause=60, clock=lambda: 0.0)
    >>> with breaker.guard(): raise GaveUpError("No reply.")
    Traceback (most recent call last):
    hopgym.retrieval.backoff.GaveUpError: No reply.
    >>> with breaker.guard(): print("called")
    Traceback (most recent call last):
    hopgym.errors.RetrievalError: The index failed (No reply.) and is left alone for another 60.0 s.
    """

    def __init__(
        self,
        name: str,
        failures: int = 5,
        pause: float = 10.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        if failures < 1 or not pause >= 0:
            raise ConfigError(
                f"A breaker of {failures} failures and {pause} s makes no sense; give 1 failure "
                "or more, and 0 s or more."
            )
        self._name, self._limit, self._pause, self._clock = name, failures, pause, clock
        self._lock = Lock()
        self._failures = 0
        self._until = 0.0
        self._last = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return Breaker, (self._name, self._limit, self._pause)  # another process sees for itself

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Guard one call: a `GaveUpError` in it counts as a failure.

        Other errors do not count: whoever refuses a request is there.

        Raises:
            RetrievalError: If the breaker is open; the call is then not made.
        """
        self._enter()
        try:
            yield
        except GaveUpError as error:
            self._failed(str(error))
            raise
        with self._lock:
            self._failures = 0

    def _enter(self) -> None:
        with self._lock:
            now = self._clock()
            if self._failures < self._limit:
                return
            if now < self._until:
                raise RetrievalError(
                    f"{self._name} failed ({self._last}) and is left alone for another "
                    f"{self._until - now:.1f} s."
                )
            self._until = now + self._pause  # this call tries; the others wait for its outcome

    def _failed(self, message: str) -> None:
        with self._lock:
            self._failures += 1
            self._until = self._clock() + self._pause
            self._last = message
