"""Records of knowledge-graph sets: a question, its topics and answers, and its facts as triples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from ...core import Fact, Question
from ...errors import DataError
from .records import CURE, Record, check_limit, warn_skipped


class NoAnswersError(DataError):
    """A record that is well formed and has no answer: it cannot be scored, and is left out."""


class Subgraph(NamedTuple):
    """The facts of a record, each once, in the order of the record."""

    facts: tuple[Fact, ...]
    places: tuple[int, ...]
    """For each triple of the record, repeated ones too, which of `facts` it is."""


class FactPool:
    """Makes each fact once: the graphs of a set share most of theirs."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Fact] = {}

    def read(self, record: Record, field: str) -> Subgraph:
        """Read a record's triples.

        Facts that differ in their relation alone are two facts, and a fact may lead from an entity
        to itself. A triple that stands twice is one fact.

        Raises:
            DataError: If there is none such field, or one is no `[head, relation, tail]` of texts;
                `{head, relation, tail}` is as good.
        """
        order: dict[int, int] = {}
        facts: list[Fact] = []
        places = []
        for number, triple in enumerate(record.list(field, "a list of [head, relation, tail]")):
            fact = self._fact(triple)
            if fact is None:
                raise record.bad(
                    f"{field}[{number}]",
                    f"must be [head, relation, tail], three texts, not {triple!r:.60}",
                )
            place = order.setdefault(id(fact), len(facts))  # in a pool, equal ones are the same
            if place == len(facts):
                facts.append(fact)
            places.append(place)
        return Subgraph(tuple(facts), tuple(places))

    def _fact(self, triple: Any) -> Fact | None:
        if isinstance(triple, Mapping) and len(triple) == 3:
            triple = [triple.get(part) for part in ("head", "relation", "tail")]
        if not isinstance(triple, list | tuple):
            return None
        try:
            return self._known.get(tuple(triple)) or self._made(tuple(triple))
        except TypeError:  # a part that cannot be looked up is no text
            return None

    def _made(self, triple: tuple[Any, ...]) -> Fact | None:
        if len(triple) != 3:
            return None
        head, kind, tail = triple
        if not (isinstance(head, str) and isinstance(kind, str) and isinstance(tail, str)):
            return None
        plain = (head.strip(), kind.strip(), tail.strip())
        fact = self._known.get(plain)
        if fact is None:
            fact = self._known[plain] = Fact(*plain)
        self._known[triple] = fact
        return fact


def entities(record: Record, *fields: str) -> tuple[str, ...]:
    """Return the first of these fields that is there: no, one or more names, each once."""
    for field in fields:
        if field in record:
            return record.texts(field) if record.get(field) not in ([], ()) else ()
    return ()


def answers(record: Record, *fields: str) -> tuple[str, ...]:
    """Return the answers of a record.

    Raises:
        NoAnswersError: If the list is there and empty.
        DataError: If it is not there, or no list of texts.
    """
    for field in fields:
        if field in record.value and record.value[field] in (None, [], ()):
            raise NoAnswersError(f"{record.where}: field `{field}` is empty: nothing to score.")
    return record.texts(*fields)


def read_graphs(
    name: str,
    convert: Callable[[Record], Question],
    values: Iterable[tuple[str, Any]],
    *,
    strict: bool = True,
    limit: int | None = None,
) -> tuple[tuple[Question, ...], tuple[str, ...]]:
    """Read the questions of a split.

    Args:
        name: What to call it in warnings and errors.
        convert: Reads one record.
        values: `(place, value)` pairs; a value may be the error that kept it from being read.
        strict: Whether a bad record raises; otherwise it is skipped. One without answers is
            skipped in either case. A warning says how many were.
        limit: Read no more records than this.

    Returns:
        The questions, and why records were skipped.

    Raises:
        DataError: If a record is bad, or none is left.
    """
    questions: dict[str, Question] = {}
    skipped: list[str] = []
    for where, value in islice(values, check_limit(limit)):
        try:
            question = _read(convert, where, value)
            if question.id in questions:
                raise DataError(f"{where}: the id {question.id!r} stands above already. {CURE}")
            questions[question.id] = question
        except DataError as error:
            if strict and not isinstance(error, NoAnswersError):
                raise
            skipped.append(str(error))
    if not questions:
        first = f"; first: {skipped[0]}" if skipped else ""
        raise DataError(f"{name}: no question could be read{first}.")
    warn_skipped(name, skipped)
    return tuple(questions.values()), tuple(skipped)


def _read(convert: Callable[[Record], Question], where: str, value: Any) -> Question:
    if isinstance(value, DataError):
        raise value
    return convert(Record(value, where))


def gold_places(facts: Sequence[Fact], gold: Iterable[Fact]) -> tuple[int, ...]:
    """Return where gold facts stand among the facts of a question; others are out of reach."""
    wanted = set(gold)
    return tuple(place for place, fact in enumerate(facts) if fact in wanted)
