"""When an answer that resembles an accepted one is refused all the same, guard by guard.

What resembles can be bought: by naming many candidates, by copying the question, by a word that
many answers share. Each guard closes one of these ways; it sees a pair of texts and says no or
nothing. What they cost and gain on published verdicts is in docs/judges.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..normalize import squad_cached
from .wording import LONGEST, SMALL, Pair, content, parts, words

VERDICTS = frozenset({"yes", "no"})
"""Answers that are right or wrong as a whole."""

_NEGATIONS = "cannot cant except isnt neither never no nor not unlike wasnt werent without"
NEGATIONS = frozenset(_NEGATIONS.split())

MOST_WORDS = 12
"""Words that an answer may have beyond the gold's: a short sentence around it."""


def degenerate(pair: Pair) -> bool:
    """One character, or nothing but small words."""
    return len(squad_cached(pair.answer)) < 2 or SMALL.issuperset(words(pair.answer))


def verdict(pair: Pair) -> bool:
    """Part of a sentence that says yes or no: "yes and no" is neither."""
    return not VERDICTS.isdisjoint((squad_cached(pair.answer), squad_cached(pair.gold)))


def length(pair: Pair) -> bool:
    """A paragraph: more than a dozen words around the gold."""
    many = len(words(pair.answer)) > len(words(pair.gold)) + MOST_WORDS
    return many or len(pair.answer) > LONGEST


def negation(pair: Pair) -> bool:
    """A denial that the gold does not have: "not Ada"."""
    return not NEGATIONS.isdisjoint(set(words(pair.answer)) - set(words(pair.gold)))


def echo(pair: Pair) -> bool:
    """Copied from the question, and without a whole accepted answer."""
    return bool(pair.lacking) and pair.asked.issuperset(content(pair.answer))


def number(pair: Pair) -> bool:
    """A number that only one of the two has: another day, year or count."""
    differing = any(any(map(str.isdigit, word)) for word in (*pair.own, *pair.lacking))
    return differing and any(map(str.isdigit, pair.answer)) and any(map(str.isdigit, pair.gold))


def other(pair: Pair) -> bool:
    """Both have words of their own: "University of Vel" is not "University of Ull"."""
    return bool(pair.own) and bool(pair.lacking)


def share(pair: Pair) -> bool:
    """No more than half of the gold: a word that many answers have, such as "New" or "Port"."""
    return len(pair.lacking) >= pair.shared


def candidates(pair: Pair) -> bool:
    """More parts than the gold, and other words in them: "A, B", "A or B", "A (B)"."""
    return bool(pair.own) and parts(pair.answer) > parts(pair.gold)


def surplus(pair: Pair) -> bool:
    """As many words of its own as it shares: candidates that nothing parts; one is a title's."""
    return len(pair.own) > max(1, pair.shared - 1)


def loose_candidates(pair: Pair) -> bool:
    """More than one part beyond the gold's, so that "Leeds, England" is Leeds; and any "or"."""
    either = "or" in words(pair.answer) and "or" not in words(pair.gold)
    return bool(pair.own) and (either or parts(pair.answer) > parts(pair.gold) + 1)


def loose_surplus(pair: Pair) -> bool:
    """More than twice as many words of its own as it shares."""
    return len(pair.own) > 2 * pair.shared


Guard = Callable[[Pair], bool]

STRICT: Mapping[str, Guard] = {
    "degenerate": degenerate,
    "verdict": verdict,
    "length": length,
    "negation": negation,
    "echo": echo,
    "candidates": candidates,
    "number": number,
    "other": other,
    "share": share,
    "surplus": surplus,
}
"""All guards by name, in the order in which they are asked: to train on."""

LOOSE: Mapping[str, Guard] = {**STRICT, "candidates": loose_candidates, "surplus": loose_surplus}
"""The same with room for a specification, as a model judges: to report with."""
