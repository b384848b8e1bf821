"""`symbolic`: the answers are where the selected facts end, walked from the topic entities.

No model and no gold, and the order of the facts is nothing to it. The walk goes in waves. A wave
takes every selected fact from a known head to its unknown tail; only where there is none, from
known tails to unknown heads: "the author of X" follows a fact, "the book that A wrote and B
printed" is described by facts that lead away from it, and must wait until all that lead on are
followed. What the last wave reached is the answer; what lies on the way is not.

One thing more, for comparisons ("who founded the larger of X and Y?"): where the walk ends at the
topics' own neighbours, values that one relation gives of several topics (the populations) are what
is compared, and fall out if something else (the founder) was reached too.

Read off their gold facts, all questions of the world that ask for an entity are answered exactly.
Limits: no topic entity is ever an answer; no topic known, no answer; a mediator without a name
counts as an entity; and a question whose answers lie at several depths is read to the deepest alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .reader import Selection

Ints = NDArray[np.integer[Any]]


class Facts(NamedTuple):
    """The selected facts of a batch of questions, one after the other.

    Entities are numbered over the whole batch: no two questions share one.
    """

    heads: Ints
    """`[S]`"""
    relations: Ints
    """`[S]`"""
    tails: Ints
    """`[S]`"""
    owners: Ints
    """`[S]`, the question of each fact, from 0."""


class Ends(NamedTuple):
    """Answers of a batch, by question and then by entity."""

    owners: Ints
    """`[E]`, the question of each answer."""
    entities: Ints
    """`[E]`"""


def read_ids(facts: Facts, topics: Ints, *, entities: int, questions: int) -> Ends:
    """Read a whole batch at once.

    Several answers to one question are equally good and come in the order of their numbers; number
    entities by name, and the order is that of the names.

    Args:
        facts: Of all questions.
        topics: `[T]`, the topic entities of all questions; negative ones are left out.
        entities: How many entities the batch has.
        questions: How many questions.

    >>> row = [np.array(column) for column in ([0, 1, 3], [5, 6, 5], [1, 2, 4], [0, 0, 1])]
    >>> read_ids(Facts(*row), np.array([0, 3]), entities=5, questions=2)
    Ends(owners=array([0, 1]), entities=array([2, 4]))
    """
    depth, last = walk(facts, topics, entities, questions)
    ends = _kept(facts, _lead_to_the_end(facts, depth, last))
    at_tail = depth[ends.tails] > depth[ends.heads]
    found = np.where(at_tail, ends.tails, ends.heads)
    known = np.where(at_tail, ends.heads, ends.tails)
    compared = _compared(ends, known, found, last)
    found, owners = found[~compared], ends.owners[~compared]
    answers, first = np.unique(found, return_index=True)
    by_question = np.argsort(owners[first], kind="stable")
    return Ends(owners[first][by_question], answers[by_question])


def walk(
    facts: Facts, topics: Ints, entities: int, questions: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the wave in which each entity was reached, and the last wave of each question.

    Returns:
        `[entities]`, 0 for topics and -1 for what was not reached; `[questions]`, 0 where nothing
        was.
    """
    depth = np.full(entities, -1, dtype=np.int32)
    depth[topics[topics >= 0]] = 0
    last = np.zeros(questions, dtype=np.int32)
    heads, _, tails, owners = facts
    wave = 0
    while True:
        wave += 1
        known, known_tail = depth[heads] >= 0, depth[tails] >= 0
        on = known & ~known_tail
        moving = np.zeros(questions, dtype=np.bool_)
        moving[owners[on]] = True
        back = known_tail & ~known & ~moving[owners]
        if not (on.any() or back.any()):
            return depth, last
        depth[tails[on]] = depth[heads[back]] = wave
        last[owners[on]] = last[owners[back]] = wave


def _lead_to_the_end(facts: Facts, depth: Ints, last: Ints) -> NDArray[np.bool_]:
    """Tell which facts led to what the last wave of their question reached."""
    end = last[facts.owners]
    one_side = (depth[facts.heads] == end) ^ (depth[facts.tails] == end)
    return np.asarray(one_side & (end > 0), dtype=np.bool_)


def _compared(ends: Facts, known: Ints, found: Ints, last: Ints) -> NDArray[np.bool_]:
    """Tell which facts give what several topics are compared by, where others are left to answer.

    A relation compares if it leads from several topics; not where they meet in one entity.
    """
    beside = last[ends.owners] == 1  # then what was known is a topic
    if not beside.any():
        return np.zeros(len(found), dtype=np.bool_)
    relation = ends.owners * (np.max(ends.relations) + 1) + ends.relations
    compared = beside & _several(relation, known) & ~_several(found, known)
    answered = np.zeros(len(last), dtype=np.bool_)
    answered[ends.owners[~compared]] = True
    return np.asarray(compared & answered[ends.owners], dtype=np.bool_)


def _several(groups: Ints, members: Ints) -> NDArray[np.bool_]:
    """Tell of each row whether its group has several distinct members.

    >>> _several(np.array([1, 1, 2, 2]), np.array([5, 6, 7, 7]))
    array([ True,  True, False, False])
    """
    _, group = np.unique(groups, return_inverse=True)
    least = np.full(len(groups), np.iinfo(np.int64).max)
    most = np.full(len(groups), -1)
    np.minimum.at(least, group, members)
    np.maximum.at(most, group, members)
    return np.asarray(least[group] < most[group], dtype=np.bool_)


def _kept(facts: Facts, which: NDArray[np.bool_]) -> Facts:
    return Facts(*(column[which] for column in facts))


class SymbolicReader:
    """Reads selections as `read_ids` does; equally good answers come in the order of their names.

    >>> from hopgym.core import Fact
    >>> from hopgym.rewards.kg.reader import Selection
    >>> facts = (Fact("Vel", "author", "Ada"), Fact("Ada", "born_in", "Ull"))
    >>> SymbolicReader()(Selection("Where was the author of Vel born?", facts, ("Vel",)))
    ['Ull']
    """

    def __call__(self, selection: Selection) -> list[str]:
        """Return the names of the answers; none if no fact leads from a topic."""
        return self.many([selection])[0]

    def many(self, selections: Sequence[Selection]) -> list[list[str]]:
        """Read a batch in one walk."""
        names: list[str] = []
        rows: list[tuple[int, int, int, int]] = []
        topics: list[int] = []
        relations: dict[str, int] = {}
        for owner, selection in enumerate(selections):
            own = sorted({name for f in selection.facts for name in (f.head, f.tail)})
            at = {name: len(names) + rank for rank, name in enumerate(own)}
            names += own
            topics += [at[topic] for topic in selection.topics if topic in at]
            for f in selection.facts:
                relation = relations.setdefault(f.relation, len(relations))
                rows.append((at[f.head], relation, at[f.tail], owner))
        facts = Facts(*np.array(rows, dtype=np.int64).reshape(-1, 4).T)
        known = np.array(topics, dtype=np.int64)
        ends = read_ids(facts, known, entities=len(names), questions=len(selections))
        answers: list[list[str]] = [[] for _ in selections]
        for owner, entity in zip(ends.owners, ends.entities, strict=True):
            answers[owner].append(names[entity])
        return answers

    def __repr__(self) -> str:
        return "SymbolicReader()"
