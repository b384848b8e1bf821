"""Reading without a model: which name, number or day in some documents answers some words.

Every name, number or day that stands in a document is a candidate, and so is the document's subject
where the words ask for what fulfils conditions ("Which city lies on the river Orm?"). What speaks
for a candidate is added up: that its document is about a name that was asked about, that its
sentence shares words with the question or means the same by others, that it is of the kind that was
asked for, and that it stands near to what is shared.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from .asking import Asked, asked, wants_verdict
from .names import Documents
from .passages import Mention, Passage, Sentence, passage

MOST_ASKED = 2_000
"""Characters of a question; what comes after is not read."""

# What speaks for a candidate, by how much. The order of magnitude matters, not the digits: half or
# double of any of them costs three right answers in a hundred at most. Chosen on dev splits of
# worlds of the seeds 1 to 3, on facts of 2WikiMultiHopQA and on sub-questions of MuSiQue.
SUBJECT = 8.0  # its document is about a name asked about
TITLE = 5.0  # its document's title has such a name
WORDS = 4.0  # its sentence has all words of the question; a share of it for some
SENSE = 2.0  # its sentence has none of them, but other words for the same
OTHER = -1.0  # its sentence speaks of something else
VAGUE = -1.0  # its sentence opens with something new, and so tells of that
SPOKEN = 0.5  # its sentence has a name asked about
KIND = 1.5  # it is of the kind asked for; or, taken off, of another
DAY = 1.0  # a day where a day is asked for, rather than a number
LIFE = 3.0  # a day of birth where that is asked for; or, taken off, one of death
AGENT = 2.0  # "directed by Orm", where the question says so too
CONTAINS = -2.0  # its name contains one asked about, as "Vel Works" does where Vel is
FAR = -0.05  # for each word between it and what is shared
RANK = -0.1  # for each document before its own
LATE = -0.05  # for each sentence before its own
MEETS = 10.0  # a subject whose document has all the names asked about; a share of it for some
MEETS_KIND = 8.0  # and is of the kind asked for; or, taken off, of another
REVERSE = 3.0  # a subject of the kind asked for, whose document has the one name asked about


class Reading(NamedTuple):
    """What was found."""

    answer: str = ""
    sentence: str = ""
    sure: bool = False
    """Whether the document is about what was asked, and the sentence speaks of the same."""


class _Candidate(NamedTuple):
    score: float
    reading: Reading


class _Row(NamedTuple):
    """The documents, as far as all of them together say something."""

    passages: tuple[Passage, ...]
    weights: Mapping[str, float]
    """What each stem of the question is worth: the rarer in the documents, the more; 1 in all."""
    kinds: Mapping[frozenset[str], frozenset[str]]
    """What the documents' subjects are."""
    known: Set[str]


def read(words: str, documents: Documents) -> Reading:
    """Find the name, number or day that answers some words.

    >>> read("the director of Vel", [("Vel", "Vel is a film. The director of Vel is Ada Orm.")])
    Reading(answer='Ada Orm', sentence='The director of Vel is Ada Orm.', sure=True)
    >>> read("Who directed Vel?", [])
    Reading(answer='', sentence='', sure=False)
    """
    if wants_verdict(words):
        return Reading("yes" if documents else "no")
    question = asked(words[:MOST_ASKED])
    row = _row(question, documents)
    found = [c for rank in range(len(row.passages)) for c in _candidates(question, row, rank)]
    return max(found, key=lambda candidate: candidate.score).reading if found else Reading()


def _row(question: Asked, documents: Documents) -> _Row:
    passages = tuple(passage(title, text) for title, text in documents)
    said = [sentence.stems for each in passages for sentence in each.sentences]
    raw = {
        stem: math.log(1 + (1 + len(said)) / (1 + sum(stem in stems for stems in said)))
        for stem in question.stems
    }
    total = sum(raw.values())
    kinds: dict[frozenset[str], frozenset[str]] = {}
    for each in passages:
        kinds[each.about] = each.kinds.union(kinds.get(each.about, ()))
    return _Row(
        passages,
        {stem: weight / total for stem, weight in raw.items()},
        kinds,
        frozenset().union(*(each.known for each in passages)),
    )


def _candidates(question: Asked, row: _Row, rank: int) -> Iterator[_Candidate]:
    each = row.passages[rank]
    titled = _titled(question, each)
    yield from _subject(question, row, rank)
    for place, sentence in enumerate(each.sentences):
        shared = [stem for stem in question.stems if stem in sentence.stems]
        senses = [sense for sense in question.senses if sense in sentence.senses]
        base = titled + RANK * rank + LATE * place + _told(question, row, sentence, shared, senses)
        places = sorted(
            [at for stem in shared for at in sentence.stems[stem]]
            + [at for sense in senses for at in sentence.senses[sense]]
        )
        sure = titled > 0 and bool(places)
        for mention in sentence.mentions:
            if _may_answer(question, row, each, mention):
                score = base + _fits(question, row, mention) + _nearness(mention, places)
                yield _Candidate(score, Reading(mention.text, sentence.text, sure))


def _titled(question: Asked, each: Passage) -> float:
    """Return what it is worth that a document is about a name in the question."""
    if not question.names:  # one who asks in lower case means names all the same
        return SUBJECT if each.about and each.about <= question.words else 0.0
    if each.about in question.names:
        return SUBJECT
    return TITLE if any(name <= each.title for name in question.names) else 0.0


def _told(
    question: Asked, row: _Row, sentence: Sentence, shared: Sequence[str], senses: Sequence[str]
) -> float:
    """Return how much a sentence tells of what was asked."""
    score = WORDS * sum(row.weights[stem] for stem in shared)
    if not shared:
        score += SENSE if senses else OTHER if sentence.senses else 0.0
    if sentence.vague:
        score += VAGUE
    if any(name <= sentence.words for name in question.names):
        score += SPOKEN
    return score


def _may_answer(question: Asked, row: _Row, each: Passage, mention: Mention) -> bool:
    """Return whether a mention is of the right sort, and not what was asked about."""
    if mention.sort not in question.sorts:
        return False
    if mention.sort != "name":
        return True
    if mention.words <= question.named or mention.words == each.about:
        return False
    # A word alone at the sentence's start may be a name or just its first word.
    return mention.at > 0 or " " in mention.text or mention.text in row.known


def _fits(question: Asked, row: _Row, mention: Mention) -> float:
    """Return what it is worth that a mention is what was asked for."""
    score = DAY if mention.sort == "date" else 0.0
    if mention.senses:
        score += LIFE if mention.senses & question.senses else -LIFE
    if any(name <= mention.words for name in question.names):
        score += CONTAINS
    kinds = mention.kinds | row.kinds.get(mention.words, frozenset())
    if question.kinds & kinds:
        score += KIND
    elif question.kinds and kinds - {"place"}:  # "in Vel" may be in a film
        score -= KIND
    return score


def _nearness(mention: Mention, places: Sequence[int]) -> float:
    """Return what the distance is worth to the places, in order, of what is shared."""
    if not places:
        return 0.0
    after = bisect_left(places, mention.at)
    behind = mention.at - places[after - 1] if after else math.inf
    ahead = 1.5 * max(0, places[after] - mention.end + 1) if after < len(places) else math.inf
    agent = AGENT if mention.by and behind <= 2 else 0.0
    return FAR * min(behind, ahead) + agent


def _subject(question: Asked, row: _Row, rank: int) -> Iterator[_Candidate]:
    """Yield a document's subject, if it may be what fulfils the question's conditions."""
    each = row.passages[rank]
    if "name" not in question.sorts or not each.about <= each.words:
        return
    if not question.names or each.about & question.named:
        return
    met = sum(name <= each.words for name in question.names)
    fits = bool(question.kinds & each.kinds)
    if len(question.names) > 1 and (met > 1 or (met and fits)):
        other = bool(question.kinds and each.kinds) and not fits
        kind = MEETS_KIND if fits else -MEETS_KIND if other else 0.0
        score = MEETS * met / len(question.names) + kind + RANK * rank
        sure = met == len(question.names)
        yield _Candidate(score, Reading(each.subject, each.sentences[0].text, sure))
    elif met and fits:
        yield from _reversed(question, row, rank)


def _reversed(question: Asked, row: _Row, rank: int) -> Iterator[_Candidate]:
    """Yield the subject of "Vel was shot by Ada Orm" for "the film by Ada Orm"."""
    each = row.passages[rank]
    for sentence in each.sentences:
        if question.names[0] <= sentence.words:
            shared = [stem for stem in question.stems if stem in sentence.stems]
            senses = [sense for sense in question.senses if sense in sentence.senses]
            score = REVERSE + RANK * rank + _told(question, row, sentence, shared, senses)
            yield _Candidate(score, Reading(each.subject, sentence.text))
