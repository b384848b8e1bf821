"""What a question set holds, which environments it feeds, and what in it will not work as meant.

Loaders refuse what cannot be read. This tells what can be read and is still a mistake, before an
hour of play shows it: a misspelt field, a topic that is no entity of the graph, an answer that no
document states. It knows questions, documents and files, and nothing of how they are played.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from ..core import Question
from ..envs.datasets.base import QuestionSet
from ..envs.datasets.make import detect_shape
from ..envs.datasets.plain import FIELDS
from ..envs.datasets.records import read_values
from .reachability import find_reachable

KNOWN = frozenset(FIELDS) | {field.name for field in fields(Question)}
"""The fields that questions of one's own may have."""

FEW = 100
"""Questions below which an interval is too wide to tell most agents apart."""


class Finding(NamedTuple):
    """Something about some questions of a split."""

    split: str
    what: str
    number: int
    example: str
    """A question's id, or a field."""
    wrong: bool = True
    """Whether it is a mistake, and not only good to know."""


class Holds(NamedTuple):
    """What a split holds: numbers of questions."""

    split: str
    questions: int
    hops: str
    """The fewest and most hops, as `1-3`; empty where none are told."""
    gold_documents: int
    """With gold documents that are told."""
    answers_found: int | None
    """With an answer that a document states; None without documents."""
    graphs: int
    """With facts."""


def survey(question_set: QuestionSet) -> tuple[list[Holds], list[Finding]]:
    """Look at every question of a set.

    Args:
        question_set: The set; a large one is read whole.
    """
    documents = question_set.documents
    holds: list[Holds] = []
    findings: list[Finding] = []
    for split in question_set.splits:
        questions = list(question_set.questions(split))
        found = find_reachable(questions, documents)
        answers = [facts.answer_reachable for facts in found.values()]
        hops = sorted({len(question.hops) for question in questions if question.hops})
        holds.append(
            Holds(
                split,
                len(questions),
                "-".join(map(str, dict.fromkeys((hops[0], hops[-1])))) if hops else "",
                sum(bool(question.document_ids) for question in questions),
                sum(map(bool, answers)) if documents else None,
                sum(bool(question.facts) for question in questions),
            )
        )
        missing = {id for id, facts in found.items() if facts.documents_reachable is False}
        findings += _findings(split, questions, missing)
    return holds, findings


def misspelt(path: str | Path) -> list[Finding]:
    """Return the fields of questions of one's own that nothing reads.

    Args:
        path: A file, or a folder with `questions/*.jsonl`. Files of other shapes have fields of
            their own and are passed over.
    """
    place = Path(path)
    files = sorted(place.glob("questions/*.jsonl")) if place.is_dir() else [place]
    return [finding for file in files for finding in _misspelt(file)]


def _misspelt(file: Path) -> Iterator[Finding]:
    if file.suffix in (".tsv", ".parquet") or detect_shape(file) not in ("plain", "native"):
        return
    counts: dict[str, int] = {}
    for _, value in read_values(file):
        if isinstance(value, Mapping):  # a broken line is told by the loader
            for field in value.keys() - KNOWN:
                counts[field] = counts.get(field, 0) + 1
    for field, count in sorted(counts.items()):
        like = get_close_matches(field, sorted(KNOWN), 1, 0.8)
        what = f"field not read; did you mean {like[0]}?" if like else "field not read"
        yield Finding(file.stem, what, count, field, bool(like))


def _findings(split: str, questions: Sequence[Question], missing: set[str]) -> Iterator[Finding]:
    """Yield what holds of some questions, by the tests below."""
    tests: tuple[tuple[str, bool, Callable[[Question], bool]], ...] = (
        ("topic entities that are in none of its facts", True, _lost("topic_entities")),
        ("answer entities that are in none of its facts", True, _lost("answer_entities")),
        ("facts, and no topic entities: nothing to begin with", True, _no("topic_entities")),
        ("facts, and no gold facts: the oracle has nothing to select", False, _no("gold_facts")),
        ("gold documents that are in no corpus: out of reach", False, lambda q: q.id in missing),
    )
    for what, wrong, test in tests:
        ids = [question.id for question in questions if test(question)]
        if ids:
            yield Finding(split, what, len(ids), ids[0], wrong)
    texts = Counter(question.text for question in questions)
    again = [question.id for question in questions if texts[question.text] > 1]
    if again:
        yield Finding(split, "the same text as another question", len(again), again[0])
    if len(questions) < FEW:
        wide = 100 / max(len(questions), 1) ** 0.5
        what = f"few questions: an interval may be ± {wide:.0f} points"
        yield Finding(split, what, len(questions), "", False)


def _lost(field: str) -> Callable[[Question], bool]:
    def test(question: Question) -> bool:
        ends = {end for fact in question.facts for end in (fact.head, fact.tail)}
        return bool(ends) and not ends.issuperset(getattr(question, field))

    return test


def _no(field: str) -> Callable[[Question], bool]:
    return lambda question: bool(question.facts) and not getattr(question, field)
