"""Taking a question apart by its words: what has to be found out first.

Questions nest: "the mentor of the author of Vel" needs the author first. `next_part` finds an
innermost part that can be looked up by itself; when its value is put in its place, the question
has become one hop shorter.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..retrieval.readers.names import NAME, names

_PHRASE = re.compile(rf"\bthe ((?:(?!the\b)[a-z][a-z'-]* ){{2,}}?)({NAME})")
MOST_EITHER = 300
"""Characters at a question's end in which "A or B?" is looked for."""

_TYPED = re.compile(
    rf"\bthe (?:city|town|river|region|country|company|university|book|film|person|place) "
    rf"(?:of|with|named|called) ({NAME})"
)
_SUPERLATIVE = re.compile(
    rf"\bthe (oldest|earliest|first|smallest|youngest|latest|newest|last|largest|biggest|longest|"
    rf"tallest) of ({NAME}(?:(?:, | and | or |, and |, or ){NAME})+)"
)
_EITHER = re.compile(rf"[,:]? ({NAME}) or ({NAME})\s*\?")
_LINK = re.compile(r"\b(?:of|in|by|with|for|at|from|to|on|through|that|who|whose)\b")
_CUE = re.compile(
    r"\b(older|oldest|earlier|earliest|first|before|smaller|smallest|fewer|fewest|younger|youngest|"
    r"later|latest|last|newer|newest|after|larger|largest|bigger|more|longer|taller|higher)\b"
)
_LEAST = frozenset(
    [
        "older",
        "oldest",
        "earlier",
        "earliest",
        "first",
        "before",
        "smaller",
        "smallest",
        "fewer",
        "fewest",
    ]
)
_TIME = frozenset(
    [
        "older",
        "oldest",
        "earlier",
        "earliest",
        "first",
        "before",
        "younger",
        "youngest",
        "later",
        "latest",
        "last",
        "newer",
        "newest",
        "after",
    ]
)
_MEETING = re.compile(r"\bthe ([a-z]+) that (.+?)\??$")
_WHICH = re.compile(r"[Ww]hich ([a-z]+) (.+?)\??$")
_AND = re.compile(r" and (?=(?!the\b)[a-z])")
_LIST = re.compile(r", and (?!the )|, or |, | and (?!the )| or ")

_EMPTY = frozenset(
    ["who", "what", "which", "is", "was", "are", "were", "the", "whom", "has", "had", "have"]
)


class Part(NamedTuple):
    """A part of a question that can be looked up."""

    text: str
    """The words, as they stand in the question."""
    queries: tuple[str, ...]
    """What to search for it."""


class Lookup(Part):
    """One relation of one name: "the author of Vel"."""


class Meeting(Part):
    """The thing that fulfils several conditions: "the person that wrote Vel and founded Orm"."""


class Comparison(Part):
    """The name with the least or most of something: "the oldest of Vel and Orm"."""


class Whole(Part):
    """Nothing more to take apart."""


def next_part(question: str) -> Part:
    """Return an innermost part, or the whole question.

    >>> next_part("Who was the mentor of the author of Vel?").text
    'the author of Vel'
    >>> next_part("Which film came first, Vel or Orm?").queries
    ('Vel year', 'Orm year')
    """
    return (
        _comparison(question)
        or _lookup(question)
        or _meeting(question)
        or _either(question)
        or Whole(question, (question,))
    )


def simplify(question: str) -> str:
    """Drop words that only say the type of a name: "the city of Vel" is Vel.

    >>> simplify("What is the population of the city with Vel?")
    'What is the population of Vel?'
    """
    return _TYPED.sub(r"\1", question)


def is_settled(question: str, answer: str) -> bool:
    """Return whether "What is Tessa?" is all that is left.

    >>> is_settled("What is Tessa?", "Tessa"), is_settled("Who founded Tessa?", "Tessa")
    (True, False)
    """
    if not question.removesuffix("?").endswith(f" {answer}"):
        return False
    words = question.removesuffix("?").removesuffix(answer).lower().split()
    rest = [word for word in words if word not in _EMPTY]
    return len(rest) <= 1 and (not rest or words[0] in ("which", "what"))


def conditions(meeting: Meeting) -> list[str]:
    """Return the conditions of a meeting.

    >>> conditions(_meeting("Who taught the person that has the employer Vel and wrote Orm?"))
    ['has the employer Vel', 'wrote Orm']
    """
    match = _MEETING.match(meeting.text) or _WHICH.match(meeting.text)
    return _AND.split(match[2]) if match else []


def picks_least(text: str) -> bool:
    """Return whether a comparison picks the smallest."""
    cue = _CUE.search(text)
    return cue is None or cue[1] in _LEAST


def measure(text: str) -> str:
    """Return what a comparison compares, in words.

    >>> measure("the oldest of Vel and Orm"), measure("the largest of Vel and Orm")
    ('year', 'population')
    """
    cue = _CUE.search(text)
    return "year" if cue is None or cue[1] in _TIME else "population"


def _comparison(question: str) -> Comparison | None:
    match = _SUPERLATIVE.search(question)
    if match is None:
        return None
    what = measure(match[0])
    return Comparison(match[0], tuple(f"{name} {what}" for name in _LIST.split(match[2])))


def _either(question: str) -> Comparison | None:
    match = _EITHER.search(question[-MOST_EITHER:])
    if match is None or not _CUE.search(question):
        return None
    what = measure(question)
    return Comparison(question, (f"{match[1]} {what}", f"{match[2]} {what}"))


def _lookup(question: str) -> Lookup | None:
    for match in _PHRASE.finditer(question):
        # "the home town Vel" only says what Vel is.
        if _LINK.search(match[1]) and not _is_condition(question, match):
            return Lookup(match[0], (match[0].removeprefix("the "), match[2]))
    return None


def _is_condition(question: str, match: re.Match[str]) -> bool:
    """Return whether "the person that wrote Vel" goes on with "and founded Orm"."""
    if " that " not in match[0] or not _AND.match(question, match.end()):
        return False
    # "in the region the region that holds Vel and …": what goes on is the outer condition.
    return not re.search(r"\bthe [a-z]+ $", question[: match.start()])


def _meeting(question: str) -> Meeting | None:
    for pattern in (_MEETING, _WHICH):
        match = pattern.search(question)
        if match and len(_AND.split(match[2])) > 1 and len(names(match[2])) > 1:
            parts = _AND.split(match[2])
            queries = (f"{match[1]} {match[2]}", *(f"{match[1]} {part}" for part in parts))
            return Meeting(match[0], queries)
    return None
