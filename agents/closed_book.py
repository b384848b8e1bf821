"""`closed_book`: never reads. It answers from what the train split says of such questions.

The prior is the commonest train answer among questions that begin with the same words. It shows
how far a benchmark can be guessed. Where a plan is due first, it asks the question itself, and
looks at nothing that is found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, ClassVar

from ..errors import HopgymError
from .transcript import TextAgent, Transcript

TRAIN = "train"
LONGEST = 4
"""Words of a question's beginning that are looked at, at most."""

NO_PRIOR = "yes"
"""The answer where nothing is known: the commonest one of HotpotQA."""


class ClosedBookAgent(TextAgent):
    """Guesses by the question's first words. Needs `bind(env)` to see the train split."""

    name: ClassVar[str] = "closed_book"

    def __init__(self) -> None:
        self._prior: dict[tuple[str, ...], str] = {}

    def bind(self, env: Any) -> None:
        """Count the train answers, unless the train split itself is played."""
        played = env.unwrapped
        self._prior = {}
        if TRAIN not in played.question_set.splits or played.split == TRAIN:
            return
        try:
            train = played.question_set.questions(TRAIN)
        except HopgymError:  # such as a world too small for its train split
            return
        counts: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for question in getattr(train, "outlines", train):  # no graph is made for it
            for beginning in _beginnings(question.text):
                counts[beginning].update(question.answers[:1])
        self._prior = {key: _commonest(count) for key, count in counts.items() if count}

    def play(self, view: Transcript) -> str:
        """Answer at once, or as soon as that is allowed."""
        if not view.may_answer:
            return view.ask("I must ask something.", view.question)
        known = (self._prior.get(beginning) for beginning in _beginnings(view.question))
        guess = next((answer for answer in known if answer is not None), NO_PRIOR)
        return view.answer("I do not search; I guess.", guess)


def _beginnings(question: str) -> list[tuple[str, ...]]:
    """Return the question's first words, the longest beginning first, down to none."""
    words = tuple(question.lower().split()[:LONGEST])
    return [words[:length] for length in range(len(words), -1, -1)]


def _commonest(counts: Counter[str]) -> str:
    return min(counts, key=lambda answer: (-counts[answer], answer))
