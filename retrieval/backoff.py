"""Trying again: how often, and how long to wait in between.

Waits double, are jittered so that many clients do not come back at the same moment, and honour
what a server asks for. Used by retrievers that ask other machines.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from secrets import SystemRandom
from typing import TypeVar

from ..errors import ConfigError, RetrievalError

T = TypeVar("T")

# The only randomness without a seed: it decides when something is asked again, never what is found,
# and processes that share a seed must not come back together.
_JITTER = SystemRandom()


class TemporaryError(RetrievalError):
    """A failure that may be gone in a moment; `after` is what the server asked to wait."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class GaveUpError(RetrievalError):
    """Every try failed."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How a call is repeated.

    Raises:
        ConfigError: If a number is out of its range.

    >>> calls = iter([TemporaryError("Busy."), "found"])
    >>> def call():
    ...     reply = next(calls)
    ...     if isinstance(reply, Exception): raise reply
    ...     return reply
    >>> Backoff(first=0).run(call)
    'found'
    """

    retries: int = 3
    """How many times after the first."""
    first: float = 0.25
    """The seconds before the first repetition, before jitter; then they double."""
    longest: float = 30.0
    """No wait is longer; a server that asks for more has failed."""
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        if not isinstance(self.retries, int) or self.retries < 0:
            raise ConfigError(f"retries is {self.retries!r}; give a whole number from 0.")
        if not (0 <= self.first < math.inf and 0 <= self.longest < math.inf):
            raise ConfigError(f"Waits of {self.first} to {self.longest} s; give seconds from 0.")

    def run(self, call: Callable[[], T]) -> T:
        """Return what the call returns, repeating it on `TemporaryError`.

        Raises:
            GaveUpError: If all tries failed.
            RetrievalError: If one failed in another way; it is not repeated.
        """
        for attempt in range(self.retries + 1):
            try:
                return call()
            except TemporaryError as error:
                wait = self.wait(attempt, error.after)
                if attempt == self.retries or wait is None:
                    tries = f"{attempt + 1} {'try' if attempt == 0 else 'tries'}"
                    raise GaveUpError(f"{error} Gave up after {tries}.") from error
            self.sleep(wait)
        raise AssertionError("unreachable")

    def wait(self, attempt: int, asked: float | None = None) -> float | None:
        """Return the seconds before the next try, or None if the server asks for too many."""
        if asked is not None and asked > self.longest:
            return None
        wait = min(self.first * 2.0**attempt, self.longest)
        return max(wait * _JITTER.uniform(0.5, 1.0), asked or 0.0)


def retry_after(value: str | None, sent: str | None = None) -> float | None:
    """Read a `Retry-After` header: seconds, or a date; None if there is none or it is neither.

    Args:
        value: The header.
        sent: The reply's `Date`. A date is counted from it, so that a clock that is wrong here, or
            jumps, changes nothing; without it, from this machine's time.

    >>> retry_after("2"), retry_after("soon"), retry_after("Thu, 01 Jan 1970 00:00:00 GMT")
    (2.0, None, 0.0)
    >>> retry_after("Thu, 01 Jan 1970 00:00:09 GMT", sent="Thu, 01 Jan 1970 00:00:04 GMT")
    5.0
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - _when(sent)
        except (ValueError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _when(sent: str | None) -> float:
    try:
        return time.time() if sent is None else parsedate_to_datetime(sent).timestamp()
    except (ValueError, OverflowError):
        return time.time()
