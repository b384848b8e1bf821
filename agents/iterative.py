"""`iterative`: searches hop by hop without having learnt anything.

It takes the question apart by its words, searches for an innermost part, reads its value in the
documents, puts the value in the part's place, and goes on until nothing is left to take apart. It
keeps no state: each turn it goes through the transcript again. Where searches are planned, a plan
of its asks one query, and every source at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from typing import ClassVar, NamedTuple

from ..retrieval.readers.names import (
    Documents,
    candidates,
    known_names,
    names,
    overlaps,
    split,
    value,
)
from ..retrieval.readers.reading import Reading, read
from .phrases import (
    Comparison,
    Meeting,
    Part,
    Whole,
    conditions,
    is_settled,
    next_part,
    picks_least,
    simplify,
)
from .planning import everywhere
from .transcript import TextAgent, Transcript

MOST_PARTS = 12
FOLLOW_UPS = 2
"""Searches after the question's own, when there was nothing to take apart."""


class Thought(NamedTuple):
    """Where the reasoning stands: a query to ask, or an answer."""

    words: str
    query: str = ""
    answer: str = ""


class IterativeAgent(TextAgent):
    """Search, read, replace, until the question is answered."""

    name: ClassVar[str] = "iterative"

    def play(self, view: Transcript) -> str:
        """Ask for the next part that the documents do not tell, or answer."""
        thought = think(view.question, view.documents, view.queries, view.turns_left, view.fit)
        query = thought.query or ("" if view.may_answer else view.fit(view.question))
        if query and view.may_search:
            if not view.tools:
                return view.ask(thought.words, query)
            return view.plan(thought.words, everywhere(query, view.tools, view.max_nodes))
        if thought.query:  # no turn is left to search: say the best there is
            thought = conclude(view.question, view.documents)
        return view.answer(thought.words, thought.answer)


def think(
    question: str,
    documents: Documents,
    asked: Iterable[str],
    turns: int,
    fit: Callable[[str], str] = str,
) -> Thought:
    """Go through the question with what is known.

    Args:
        question: The question's text.
        documents: `(title, text)` of what was found so far.
        asked: The queries that were asked so far.
        turns: How many turns are left, this one included.
        fit: Makes of a query what can be asked, as it made those that were.
    """
    return _think(question, documents, _Asked(asked, fit), turns)


def conclude(question: str, documents: Documents) -> Thought:
    """Go through the question with what is known, and answer it: nothing more can be asked.

    >>> told = [("Vel", "The director of Vel is Ada Orm."), ("Ada Orm", "Ada Orm had the mentor Bo.")]
    >>> conclude("Who was the mentor of the director of Vel?", told)
    Thought(words='I read: Ada Orm had the mentor Bo.', query='', answer='Bo')
    """
    return _think(question, documents, _Everything(), 0)


class _Asked:
    """The queries that were asked, however a grammar had to write them."""

    def __init__(self, queries: Iterable[str], fit: Callable[[str], str]) -> None:
        self._keys = {_key(query) for query in queries}
        self._fit = fit

    def __contains__(self, query: object) -> bool:
        return _key(self._fit(str(query))) in self._keys


class _Everything:
    """Contains every query."""

    def __contains__(self, query: object) -> bool:
        return True


def _think(question: str, documents: Documents, asked: Container[str], turns: int) -> Thought:
    for _ in range(MOST_PARTS):
        part = next_part(question)
        spare = turns - 2 - question.count("the ")  # what the rest of the question does not need
        found, query = _resolve(part, documents, asked, spare)
        if query:
            return Thought(f"I need to find out {part.text.rstrip('?')}.", query=query)
        if part.text == question or not found.answer:
            answer = found.answer or read(question, documents).answer
            return Thought(f"I read: {found.sentence or 'nothing'}", answer=answer)
        question = simplify(question.replace(part.text, found.answer))
        if is_settled(question, found.answer):
            return Thought(f"I read: {found.sentence}", answer=found.answer)
    return Thought("I have taken the question apart.", answer=found.answer)


def _resolve(
    part: Part, documents: Documents, asked: Container[str], spare: int
) -> tuple[Reading, str]:
    """Return what a part means, or the next query that it needs."""
    unasked = (
        query
        for number, query in enumerate(part.queries)
        if query not in asked and (number == 0 or spare > 0)
    )
    if isinstance(part, Comparison):
        return _compare(part, documents, asked)
    if isinstance(part, Meeting):
        found = _meet(part, documents)
        return found, "" if found.sure else next(unasked, "")
    found = read(part.text, documents)
    if found.sure and names(part.text):
        return found, ""
    query = next(unasked, "")
    if not query and isinstance(part, Whole) and not found.sure:
        query = next(_follow_ups(part, documents, asked), "")
    return found, query


def _compare(part: Comparison, documents: Documents, asked: Container[str]) -> tuple[Reading, str]:
    """Read a number for each name and pick the least or the most."""
    measured: list[tuple[int, str, str]] = []
    for query in part.queries:
        name = query.rpartition(" ")[0]
        found = read(query, documents)
        if not found.sure and query not in asked:
            return found, query
        if found.answer:
            measured.append((value(found.answer), name, found.sentence))
    if not measured:
        return Reading(part.queries[0].rpartition(" ")[0]), ""
    pick = min if picks_least(part.text) else max
    _, name, sentence = pick(measured, key=lambda item: item[0])
    return Reading(name, sentence, len(measured) == len(part.queries)), ""


def _meet(part: Meeting, documents: Documents) -> Reading:
    """Find the name that stands beside the names of the most conditions."""
    wanted = [names(condition) for condition in conditions(part)]
    given = [name for each in wanted for name in each]
    known = known_names(documents)
    met: Counter[str] = Counter()
    for each in wanted:
        met.update(
            list(dict.fromkeys(_beside(each, documents, known)))
        )  # each condition counts once
    for name in [name for name in met if overlaps(name, given)]:
        del met[name]
    if not met:
        return Reading()
    best = min(met, key=lambda name: (-met[name], -_titled(name, documents)))
    words = f"{best} fulfils {met[best]} of {len(wanted)} conditions."
    return Reading(best, words, met[best] == len(wanted))


def _beside(given: list[str], documents: Documents, known: set[str]) -> Iterator[str]:
    """Yield the names that share a sentence with one of those given."""
    for _, text in documents:
        for sentence in split(text):
            if any(name in sentence for name in given):
                yield from candidates(sentence, known)


def _titled(name: str, documents: Documents) -> int:
    return sum(name in title for title, _ in documents)


def _follow_ups(part: Whole, documents: Documents, asked: Container[str]) -> Iterator[str]:
    """Search on with the titles of what was found, one at a time."""
    followed = 0
    for title, _ in documents:
        query = f"{title} {part.text}"
        if query in asked:
            followed += 1
        elif title not in part.text and followed < FOLLOW_UPS:
            yield query


def _key(query: str) -> str:
    """Return what makes two queries the same, however a grammar had to write them."""
    return " ".join(_WORD.findall(query.lower()))


_WORD = re.compile(r"\w+")
