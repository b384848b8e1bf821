"""How sound a step is, by rules that can be stated: what a judge without a model can tell.

Three values, each from 0 to 1. They look at words alone: whether a text takes up what was known,
whether a query was asked before, whether what was found has the words that were looked for. They
know nothing of what is true.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ..normalize import squad
from .base import ProcessVerdict, StepClaim
from .wording import SMALL, words

LONGEST_QUERY = 40
"""Words of a query at most; more are a text and no query."""

_READ = 20_000  # characters of a text; of what stood before, the last
_PIECES = re.compile(r"[\n<>]+")
_LABELS = 3  # at most: "Nodes: A: the query"
_RUN, _LEAST_RUN = 40, 8
_SOURCE = re.compile(r"\s*\((?:\w+[ \w]*)\)\s*$")


def judge_step(claim: StepClaim) -> ProcessVerdict:
    """Judge one step by the rules below.

    >>> step = StepClaim("Where was the author of Vel born?", "I need the author of Vel.",
    ...                  "Who is the author of Vel?", ("Vel: The author of Vel is Ada Orm.",))
    >>> judge_step(step)[:3]
    (1.0, 1.0, 0.8333333333333333)
    """
    coherent, rational = coherence(claim), rationality(claim)
    told = f"coherence: {coherent[1]}; rationality: {rational[1]}"
    return ProcessVerdict(coherent[0], rational[0], relevance(claim), told)


def coherence(claim: StepClaim) -> tuple[float, str]:
    """Judge the analysis: half for taking up what was known, half for leading to the query.

    It takes up what was known if it has a telling word of the question or of what stood before; it
    leads to the query if they share one. Nothing, a text that repeats itself, or one that stood
    before word for word is worth 0.
    """
    said = _telling(claim.analysis)
    if not said or _repeats_itself(claim.analysis):
        return 0.0, "says nothing"
    if _stands(claim.analysis, claim.before):
        return 0.0, "says what was said before"
    known = _telling(claim.question) | _telling(claim.before[-_READ:])
    taken_up, leads = not said.isdisjoint(known), not said.isdisjoint(_telling(claim.query))
    told = "takes up what was known" if taken_up else "takes up nothing"
    return (taken_up + leads) / 2, told + (" and leads to the query" if leads else "")


def rationality(claim: StepClaim) -> tuple[float, str]:
    """Judge the query: the share of its telling words that are known, from half of them 1.

    Known are the words of the question, of the analysis and of what stood before. Nothing, a text
    that repeats itself or is no query for its length, and a query that was asked before are
    worth 0.
    """
    asked = _telling(claim.query)
    if not asked or _repeats_itself(claim.query) or len(words(claim.query)) > LONGEST_QUERY:
        return 0.0, "no query"
    if was_asked(claim.query, claim.before, claim.question):
        return 0.0, "asked before"
    known = _telling(claim.question) | _telling(claim.analysis) | _telling(claim.before[-_READ:])
    return min(1.0, 2 * _share(asked, known)), "asks something new"


def relevance(claim: StepClaim) -> float:
    """Judge the documents: the mean of two shares, both of the best document.

    The share of the query's telling words that it has, and of the question's. No document: 0.
    """
    query, question = _telling(claim.query), _telling(claim.question)
    found = [_telling(document) for document in claim.documents]
    return max(((_share(query, one) + _share(question, one)) / 2 for one in found), default=0.0)


def was_asked(query: str, before: str, question: str = "") -> bool:
    r"""Whether a query stood before, as a line or an element of its own, or after a label.

    The question itself, where it stands as the question, is not a query that was asked.

    >>> was_asked("who is ada?", "Step 1:\nThe retrieval query: Who is Ada?\n")
    True
    >>> was_asked("Ada", "The retrieval documents: Ada was born in Vel.")
    False
    """
    return _stands(query, before) > (squad(question) == squad(query))


def _stands(text: str, before: str) -> int:
    """Count the lines that say a text."""
    wanted = squad(text)
    places = [piece for piece in _pieces(before) if wanted in squad(piece)]
    return sum(wanted in _readings(piece) for piece in places)


def _readings(piece: str) -> set[str]:
    """Return what one line may say: all of it, or what follows a label; with or without a source."""
    texts = (piece, _SOURCE.sub("", piece))
    split = [text.split(":", _LABELS) for text in texts]
    return {squad(":".join(parts[n:])) for parts in split for n in range(len(parts))}


def _pieces(text: str) -> list[str]:
    return [piece for piece in _PIECES.split(text[-_READ:]) if piece.strip()]


def _telling(text: str) -> frozenset[str]:
    """Return the different words that tell something."""
    return frozenset(words(text, _READ)) - SMALL


def _share(some: Collection[str], known: Iterable[str]) -> float:
    return len(set(some).intersection(known)) / len(some) if some else 0.0


def _repeats_itself(text: str) -> bool:
    """Whether, of forty words in a row (or all of at least eight), less than half are different."""
    all_ = words(text)
    runs = [all_[start : start + _RUN] for start in range(0, len(all_), _RUN)]
    return any(len(run) >= _LEAST_RUN and 2 * len(set(run)) < len(run) for run in runs)
