"""When an answer that resembles an accepted one is refused all the same, guard by guard.

What resembles can be bought: by naming many candidates, by copying the question, by a word that
many answers share. Each guard closes one of these ways; it sees a pair of texts and says no or
nothing. What they cost and gain on published verdicts is in docs/judges.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..normalize import squad_cached
from ..words import naming_words
from .wording import LONGEST, SMALL, Pair, content, parts, words

VERDICTS = frozenset({"yes", "no"})
"""Answers that are right or wrong as a whole."""

_QUALIFIERS = """
king queen prince princess emperor empress tsar sultan duke duchess count countess earl baron
margrave lord lady sir dame saint president general captain capt doctor dr professor prof mr mrs ms
pope bishop city town village county state province region country island river lake mount sea
film movie series show song album book novel play band team club company university disease year
years old century north south east west northern southern eastern western central rural urban
first second third last older oldest younger youngest earlier earliest later latest larger largest
bigger biggest smaller smallest higher highest taller tallest longer longest more most
km kilometres kilometers metres meters miles m feet people inhabitants us dollars euros percent
"""
QUALIFIERS = frozenset(_QUALIFIERS.split())
"""Titles, kinds of things, comparisons and units: beside a short name they name nobody else."""

SHORT = 2
"""Words up to which a gold answer leaves no room for an unknown one."""

_NEGATIONS = """
aint arent cannot cant couldnt didnt doesnt dont except excluding hadnt hasnt havent incorrect instead
isnt neither never no nor not rather shouldnt unlike wasnt werent without wont wouldnt wrong
"""
_OTHERWISE = """
true false or but maybe perhaps idea one doubt information answer data evidence clue wrong lied knows
"""
_SAID_OTHERWISE = frozenset(_OTHERWISE.split())
NEGATIONS = frozenset(_NEGATIONS.split())

_MONTHS = "january february march april may june july august september october november december"
MONTHS = frozenset(_MONTHS.split())

_FIGURE = re.compile(r"(?<!\w)-?\d+(?:[.,:/-]\d+)*|(?<=[A-Za-z])[+#]+|[$€£¥]")
_THOUSAND = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")

MOST_WORDS = 12
"""Words that an answer may have beyond the gold's: a short sentence around it."""


def degenerate(pair: Pair) -> bool:
    """One character, or nothing but small words."""
    return len(squad_cached(pair.answer)) < 2 or SMALL.issuperset(words(pair.answer))


def verdict(pair: Pair) -> bool:
    """Part of a sentence that says yes or no: "yes and no" is neither."""
    return not VERDICTS.isdisjoint((squad_cached(pair.answer), squad_cached(pair.gold)))


def says(answer: str, gold: str) -> bool:
    """Whether an answer starts with the verdict that is the gold and takes nothing of it back.

    >>> says("Yes, Ada Orm did.", "yes"), says("No, it is not", "no"), says("Yes and no", "yes")
    (True, True, False)
    """
    right = squad_cached(gold)
    said = words(answer) if right in VERDICTS else []
    if not said or said[0] != right or len(said) > 1 + MOST_WORDS:
        return False
    rest = set(said[1:]) - ({"not"} if right == "no" else set())
    return rest.isdisjoint(NEGATIONS | VERDICTS | _SAID_OTHERWISE)


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
    """A number that only one of the two has: another day, year or count; "35" for "3.5"."""
    if dates(pair):
        return False
    if not same_figures(pair.answer, pair.gold):
        return True
    differing = any(any(map(str.isdigit, word)) for word in (*pair.own, *pair.lacking))
    return differing and any(map(str.isdigit, pair.answer)) and any(map(str.isdigit, pair.gold))


def same_figures(answer: str, gold: str) -> bool:
    """Return whether texts that differ in their marks alone have the same numbers and signs.

    >>> same_figures("3.5", "35"), same_figures("1,000", "1000"), same_figures("C#", "C++")
    (False, True, False)
    """
    if answer == gold or squad_cached(answer) != squad_cached(gold):
        return True
    return _FIGURE.findall(_THOUSAND.sub("", answer)) == _FIGURE.findall(_THOUSAND.sub("", gold))


def other(pair: Pair) -> bool:
    """Both have words of their own: "University of Vel" is not "University of Ull"."""
    return bool(pair.own) and bool(pair.lacking)


def share(pair: Pair) -> bool:
    """No more than half of the gold: a word that many answers have, such as "New" or "Port"."""
    return len(pair.lacking) >= pair.shared


def candidates(pair: Pair) -> bool:
    """More parts than the gold, and other words in them: "A, B", "A or B", "A (B)"."""
    return bool(pair.own) and parts(pair.answer) > parts(pair.gold) and not dates(pair)


def surplus(pair: Pair) -> bool:
    """Candidates that nothing parts.

    Beside a gold of one or two words, any word that is neither a title, kind or unit nor the
    question's: all but a middle name, or one small word before it ("short illness"), which pays
    for what it precedes alone. Beside a longer gold, two words of its own.
    """
    fine = () if QUALIFIERS.issuperset(content(pair.gold)) else QUALIFIERS
    own = [word for word in pair.own if word not in fine]
    if len(content(pair.gold)) > SHORT:
        return len(pair.own) > 1
    if own and pair.named:  # own words may be the question's then: those that name nothing are fine
        plain = pair.asked - naming_words(pair.question)
        own = [word for word in own if word not in plain]
    return bool(own) and not (dates(pair) or _is_middle(own, pair) or _describes(own, pair))


def dates(pair: Pair) -> bool:
    """Whether a year was asked for and one whole date of that year is said."""
    gold, said = words(pair.gold), words(pair.answer)
    if len(gold) != 1 or not (len(gold[0]) == 4 and gold[0].isdigit()) or gold[0] not in said:
        return False
    rest = sorted(word for word in said if word != gold[0])
    return len(rest) == 2 and rest[1] in MONTHS and rest[0].isdigit() and int(rest[0]) <= 31


def _is_middle(own: list[str], pair: Pair) -> bool:
    """Whether one word stands between the gold's two."""
    said = content(pair.answer)
    whole = len(content(pair.gold)) == SHORT and not pair.lacking
    return whole and len(own) == 1 and len(said) == SHORT + 1 and said[1] == own[0]


def _describes(own: list[str], pair: Pair) -> bool:
    """Whether one word without capitals stands right before a gold of one word."""
    said = content(pair.answer)
    plain = len(content(pair.gold)) == 1 and not any(map(str.isupper, pair.answer.strip()[1:]))
    return plain and own == [said[0]] and len(said) == 2 and pair.answer.strip()[0].islower()


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
