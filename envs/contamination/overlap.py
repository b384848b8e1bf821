"""Which questions of an evaluation also stand among those trained on, by each kind of likeness.

`id` (within one question set), `text` and `facts` say that two questions are the same. `chain` (all
gold facts of a question stand in one that was trained on), `documents` (the same gold documents)
and `ngram` (nearly the same words) are near it: for people to look at. It refuses nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...core import Document, Question
from ..datasets.base import QuestionSet
from .keys import answers_of, chain_of, exact_keys, hashed, links_of, outlines_of, plain
from .ngrams import alike

EXACT = ("id", "text", "facts")
NEAR = ("chain", "documents", "ngram")
KINDS = (*EXACT, *NEAR)

LEAST_LINKS = 2
"""Facts that make a chain: one alone may well be asked for in many ways."""


@dataclass(frozen=True)
class Asked:
    """Questions to compare."""

    name: str
    """What to call them."""
    questions: Sequence[Question]
    scope: str = ""
    """Within which their ids say which they are: the fingerprint of their set; empty for none."""
    documents: Sequence[Document] = ()
    """Among which their gold documents are, if these are known."""


@dataclass(frozen=True)
class Finding:
    """A question of an evaluation that stands among those trained on."""

    kind: str
    evaluated: Question
    trained: Question
    """The one that is the same, or the nearest."""
    share: float = 1.0
    """How much of it: of its words, for `ngram`."""

    @property
    def same_answer(self) -> bool:
        """Whether the two share an accepted answer."""
        return bool(answers_of(self.evaluated) & answers_of(self.trained))


@dataclass(frozen=True)
class Overlap:
    """What two sets of questions share."""

    trained: Asked
    evaluated: Asked
    findings: tuple[Finding, ...] = ()
    """One at most for each evaluated question and kind."""

    @cached_property
    def by_kind(self) -> dict[str, list[Finding]]:
        """The findings of each kind that has any."""
        kinds: dict[str, list[Finding]] = {}
        for finding in self.findings:
            kinds.setdefault(finding.kind, []).append(finding)
        return kinds

    def ids(self, kinds: Collection[str] = KINDS) -> list[str]:
        """Return the ids of the evaluated questions that were found by any of these kinds."""
        found = (f.evaluated.id for f in self.findings if f.kind in kinds)
        return list(dict.fromkeys(found))


def asked(question_set: QuestionSet, split: str) -> Asked:
    """Return a split of a question set, without the graphs of questions that are made when asked.

    Raises:
        ConfigError: If there is no such split.
    """
    questions = outlines_of(question_set.questions(split))
    name = f"{question_set.name} {split}"
    return Asked(name, questions, question_set.fingerprint, question_set.documents)


def compare(trained: Asked, evaluated: Asked, kinds: Collection[str] = KINDS) -> Overlap:
    """Return which evaluated questions stand among those trained on.

    Args:
        trained: What is trained on.
        evaluated: What is played to see how good the result is.
        kinds: Which likeness counts.

    >>> one = Asked("a", [Question("1", "Who wrote Vel?", ("Ada",))])
    >>> compare(one, Asked("b", [Question("2", "WHO wrote the Vel", ("Bo",))])).by_kind.keys()
    dict_keys(['text'])
    """
    found: list[Finding] = []
    if exact := [kind for kind in EXACT if kind in kinds]:
        found += _exact(trained, evaluated, exact)
    others = {"chain": _chains, "documents": _documents, "ngram": _ngrams}
    for kind, look in others.items():
        if kind in kinds:
            found += look(trained, evaluated)
    return Overlap(trained, evaluated, tuple(found))


def _exact(trained: Asked, evaluated: Asked, kinds: Sequence[str]) -> Iterator[Finding]:
    known: dict[tuple[str, object], int] = {}
    for number, own in enumerate(trained.questions):
        for pair in exact_keys(own):
            known.setdefault(pair, number)
    same_set = bool(trained.scope) and trained.scope == evaluated.scope
    for question in evaluated.questions:
        for kind, key in exact_keys(question):
            place = known.get((kind, key)) if kind in kinds else None
            if place is not None and (kind != "id" or same_set):
                yield Finding(kind, question, trained.questions[place])


def _chains(trained: Asked, evaluated: Asked) -> Iterator[Finding]:
    """Find questions all of whose facts, of two or more, stand in one that was trained on."""
    chains = [links_of(chain_of(question)) for question in trained.questions]
    holders = _holders(chains)
    for question in evaluated.questions:
        links = links_of(chain_of(question))
        if len(links) < LEAST_LINKS:
            continue
        rarest = min((holders.get(link, []) for link in links), key=len)
        first = next((place for place in rarest if links <= chains[place]), None)
        if first is not None:
            yield Finding("chain", question, trained.questions[first])


def _holders(groups: Iterable[frozenset[frozenset[str]]]) -> Mapping[frozenset[str], list[int]]:
    """Return the places at which each link stands."""
    holders: dict[frozenset[str], list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        for link in group:
            holders[link].append(place)
    return holders


def _documents(trained: Asked, evaluated: Asked) -> Iterator[Finding]:
    """Find questions on the same gold documents: two or more, or one and the same answer.

    Of two sets documents are the same by their titles and texts, of one by their ids.
    """
    same_set = bool(trained.scope) and trained.scope == evaluated.scope
    names = [_by_id if same_set else _by_content(each) for each in (trained, evaluated)]
    known: dict[frozenset[int], list[int]] = defaultdict(list)
    for place, question in enumerate(trained.questions):
        if own := names[0](question):
            known[own].append(place)
    for question in evaluated.questions:
        gold = names[1](question)
        others = [trained.questions[place] for place in known.get(gold, ())] if gold else []
        answered = [other for other in others if answers_of(other) & answers_of(question)]
        found = answered or (others if len(gold) > 1 else [])
        if found:
            yield Finding("documents", question, found[0])


def _by_id(question: Question) -> frozenset[int]:
    return frozenset(hashed("document", id) for id in question.document_ids)


def _by_content(one: Asked) -> Callable[[Question], frozenset[int]]:
    """Return what names a question's gold documents by what they say; nothing if any is unknown."""
    needed = {id for question in one.questions for id in question.document_ids}
    texts = {
        document.id: hashed("document", [plain(document.title), plain(document.text)])
        for document in one.documents
        if document.id in needed
    } if needed else {}  # fmt: skip

    def name(question: Question) -> frozenset[int]:
        whole = all(id in texts for id in question.document_ids)
        return frozenset(texts[id] for id in question.document_ids) if whole else frozenset()

    return name


def _ngrams(trained: Asked, evaluated: Asked) -> Iterator[Finding]:
    own, theirs = ([plain(q.text) for q in each.questions] for each in (trained, evaluated))
    for found in alike(own, theirs):
        place = found.evaluated
        pair = evaluated.questions[place], trained.questions[found.trained]
        yield Finding("ngram", *pair, found.share)
