"""What a judge has spent, and when it must stop.

Counted for the whole life of a judge, in each process by itself. Used by sessions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .failures import UnjudgedError, Why


@dataclass(slots=True)
class Usage:
    """What was asked and spent so far."""

    claims: int = 0
    """Claims that were judged or could not be."""
    calls: int = 0
    """Requests that were sent, the repeated ones included."""
    retries: int = 0
    """How many of these repeated one that had failed."""
    cached: int = 0
    """Claims that cost no call: known, or the same as one that was under way."""
    unscored: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Both kinds together."""
        return self.prompt_tokens + self.completion_tokens


class Budget:
    """Counts, and refuses calls when all is spent.

    A call is refused when it would be one too many, or when the tokens that came back so far have
    reached their limit; the calls that are then under way still end, and may pass it.

    Args:
        max_calls: The most requests; None for any number.
        max_tokens: The most tokens, of prompts and replies together; None for any number.

    >>> budget = Budget(max_calls=1)
    >>> budget.call(again=False); budget.call(again=True)
    Traceback (most recent call last):
    ...
    hopgym.rewards.judges.failures.UnjudgedError: budget: all 1 calls are spent (max_calls)
    """

    def __init__(self, max_calls: int | None = None, max_tokens: int | None = None) -> None:
        self._max_calls = math.inf if max_calls is None else max_calls
        self._max_tokens = math.inf if max_tokens is None else max_tokens
        self.usage = Usage()

    def call(self, *, again: bool) -> None:
        """Count a call that is about to be made.

        Raises:
            UnjudgedError: If it may not be made.
        """
        if self.usage.calls >= self._max_calls:
            raise UnjudgedError(Why.BUDGET, f"all {self._max_calls} calls are spent (max_calls)")
        if self.usage.tokens >= self._max_tokens:
            raise UnjudgedError(Why.BUDGET, f"all {self._max_tokens} tokens are spent (max_tokens)")
        self.usage.calls += 1
        self.usage.retries += again

    def tokens(self, prompt: int, completion: int) -> None:
        """Count what a call took."""
        self.usage.prompt_tokens += prompt
        self.usage.completion_tokens += completion

    def claims(self, asked: int, *, cached: int, unscored: int) -> None:
        """Count a batch that has its verdicts."""
        self.usage.claims += asked
        self.usage.cached += cached
        self.usage.unscored += unscored

    def so_far(self) -> Usage:
        """Return the counts as they stand."""
        return replace(self.usage)
