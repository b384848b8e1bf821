"""Strings that end a turn: found in new text only, wherever the borders of its tokens are.

The tokens up to the one that completes a stop are kept as they were sampled; where that token says
more than the stop's end, the action is cut at the stop and the token stays whole. Looking is cheap:
most tokens cannot complete a stop, and the text is decoded only after those that can.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .codec import TextCodec

_HALF = "\ufffd"
"""What stands for a part of a character."""


class Stop(NamedTuple):
    """The strings that end a turn.

    >>> Stop(("</search>",), keep=True).cut("<search>Vel</search> and")
    '<search>Vel</search>'
    >>> Stop(("</search>",)).cut("<search>Vel</search> and")
    '<search>Vel'
    """

    strings: tuple[str, ...] = ()
    keep: bool = False
    """Whether the string belongs to the action."""

    def cut(self, text: str) -> str:
        """Return the text up to the first of the strings; all of it where there is none."""
        found = [(text.find(string), string) for string in self.strings]
        ends = [(start + len(string) * self.keep) for start, string in found if start >= 0]
        return text[: min(ends)] if ends else text

    def within(self, text: str) -> bool:
        """Return whether the text has one of the strings."""
        return any(string in text for string in self.strings)


class StopWatch:
    """Tells whether the newest token completes a stop.

    Args:
        codec: Decodes.
        stop: What to look for.
    """

    def __init__(self, codec: TextCodec, stop: Stop) -> None:
        self._codec = codec
        self._stop = stop
        self._last = {string[-1] for string in stop.strings}
        # A token has a byte or more. Eight more: the first may be halves of a character.
        self._window = 8 + max((len(string.encode()) for string in stop.strings), default=0)
        self._may_end: dict[int, bool] = {}

    def sees(self, ids: Sequence[int]) -> bool:
        """Return whether these new tokens, all but the last of which had no stop, have one now."""
        if not self._last or not self._completes(ids[-1]):
            return False
        recent = self._codec.decode(ids[-self._window :])
        return self._stop.within(recent) and self._stop.within(self._codec.decode(ids))

    def _completes(self, token: int) -> bool:
        """Return whether a token may hold the last character of a stop."""
        known = self._may_end.get(token)
        if known is None:
            text = self._codec.decode([token])
            known = _HALF in text or not text or any(last in text for last in self._last)
            self._may_end[token] = known
        return known
