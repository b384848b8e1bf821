"""How good selected facts are: precision, recall and F1 against the gold facts, and answer recall.

A fact is its *index* in the question's graph. Two facts between the same two entities are two
facts, whatever their relations; where a graph holds the very same triple twice and only one of the
two is gold, the other is wrong, unless both are first mapped to one index by `first_copies`.

A share of nothing is 0: an empty selection has precision 0, and a question without gold facts has
precision, recall and F1 0. Arrays may have any leading dimensions, written `...` in the shapes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...core import Question
from ...errors import ConfigError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.integer[Any]]


class Ratios(NamedTuple):
    """Precision, recall and their harmonic mean, each from 0 to 1."""

    precision: Floats
    recall: Floats
    f1: Floats


def ratios(right: ArrayLike, chosen: ArrayLike, gold: ArrayLike) -> Ratios:
    """Return precision, recall and F1 from counts, shape `[...]`.

    An environment that counts as facts are chosen pays three divisions a step and no more. The same
    function scores answers: the right ones, those given, and the gold.

    Args:
        right: How many of the chosen are gold.
        chosen: How many are chosen.
        gold: How many there are to choose.

    >>> ratios([1, 0], [2, 0], [1, 3])
    Ratios(precision=array([0.5, 0. ]), recall=array([1., 0.]), f1=array([0.66666667, 0.        ]))
    """
    right, chosen, gold = (np.asarray(n, dtype=np.float64) for n in (right, chosen, gold))
    return Ratios(share(right, chosen), share(right, gold), share(2 * right, chosen + gold))


def share(part: ArrayLike, whole: ArrayLike) -> Floats:
    """Return `part / whole`, and 0 where the whole is 0.

    >>> share([1, 0], [4, 0])
    array([0.25, 0.  ])
    """
    # A whole is a count: where it is 0, so is the part.
    return np.asarray(part, dtype=np.float64) / np.maximum(np.asarray(whole, dtype=np.float64), 1)


def fact_ratios(selected: Bools, gold: Bools) -> Ratios:
    """Return precision, recall and F1 of selections given as masks.

    Args:
        selected: `[..., M]`, True where a fact is selected; False in padded places.
        gold: `[..., M]`, True where a fact is gold.

    >>> print(*fact_ratios(np.array([True, True, False]), np.array([True, False, False])))
    0.5 1.0 0.6666666666666666
    """
    right = np.count_nonzero(selected & gold, axis=-1)
    return ratios(right, np.count_nonzero(selected, axis=-1), np.count_nonzero(gold, axis=-1))


def first_copies(heads: Ints, relations: Ints, tails: Ints) -> NDArray[np.intp]:
    """Map each fact to the first fact with the same head, relation and tail, shape `[M]`.

    Facts that differ in the relation alone stay apart.

    >>> first_copies(np.array([0, 0, 0]), np.array([5, 6, 5]), np.array([1, 1, 1]))
    array([0, 1, 0])
    """
    triples = np.stack([heads, relations, tails], axis=1)
    _, first, inverse = np.unique(triples, axis=0, return_index=True, return_inverse=True)
    return np.asarray(first[inverse.reshape(-1)], dtype=np.intp)


def answers_touched(heads: Ints, tails: Ints, answers: Ints) -> Bools:
    """Tell which answers stand in one fact each, as its head or its tail: for a step of play.

    Args:
        heads: `[...]`, the entity at the head of each fact.
        tails: `[...]`, the entity at its tail.
        answers: `[..., A]`, entities; negative in padded places and for answers outside the graph.

    Returns:
        `[..., A]`. What a selection has found is the `|` of this over its facts.

    >>> answers_touched(np.array([3]), np.array([7]), np.array([[7, 8, -1]]))
    array([[ True, False, False]])
    """
    touched = (answers == heads[..., None]) | (answers == tails[..., None])
    return np.asarray(touched & (answers >= 0), dtype=np.bool_)


def answers_found(selected: Bools, heads: Ints, tails: Ints, answers: Ints) -> Bools:
    """Tell which answers stand in a whole selection each, as the head or the tail of a fact.

    Args:
        selected: `[B, M]`, True where a fact is selected.
        heads: `[B, M]`, entities from 0; anything in places that are not selected.
        tails: `[B, M]`, likewise.
        answers: `[B, A]`, entities; negative in padded places and for answers outside the graph.

    Returns:
        `[B, A]`.
    """
    row, fact = np.nonzero(selected)
    head, tail = heads[row, fact], tails[row, fact]
    size = 1 + max((int(array.max()) for array in (head, tail, answers) if array.size), default=0)
    stands = np.zeros((len(selected), max(size, 1)), dtype=np.bool_)
    stands[row, head] = stands[row, tail] = True
    found = np.take_along_axis(stands, np.maximum(answers, 0), axis=1)
    return np.asarray(found & (answers >= 0), dtype=np.bool_)


def answer_recall(found: Bools, total: ArrayLike) -> Floats:
    """Return the share of the answers that was found, shape `[...]`.

    Args:
        found: `[..., A]`, of `answers_found` or `answers_touched`.
        total: `[...]`, how many answers the question has: those outside the graph count.

    >>> answer_recall(np.array([[True, False, False]]), [2])
    array([0.5])
    """
    return share(np.count_nonzero(found, axis=-1), total)


def gold_answers(question: Question) -> tuple[str, ...]:
    """Return the answers that are asked for, each once: the answer entities.

    Where a question names none: those of its accepted answers that are entities of its graph, or,
    if none is, the first one; the others are its aliases.

    >>> from hopgym.core import Fact
    >>> gold_answers(Question("q", "?", ("Ull", "Ul"), facts=(Fact("Ada", "lives", "Ul"),)))
    ('Ul',)
    >>> gold_answers(Question("q", "?", ("yes", "true")))
    ('yes',)
    """
    if question.answer_entities:
        return tuple(dict.fromkeys(question.answer_entities))
    wanted = set(question.answers)
    stands = {e for fact in question.facts for e in (fact.head, fact.tail) if e in wanted}
    return tuple(a for a in dict.fromkeys(question.answers) if a in stands) or question.answers[:1]


def selection_metrics(question: Question, chosen: Iterable[int]) -> dict[str, float]:
    """Return the metrics of one selection by name.

    `selected`, how many facts; `answer_recall`, the share of `gold_answers` that stand in it as a
    whole head or tail, those outside the graph too, left out where the question names none;
    `fact_precision`, `fact_recall` and `fact_f1`, left out where it names no gold facts.

    Args:
        question: With its facts and gold.
        chosen: Indices into its facts; one that comes again counts once.

    Raises:
        ConfigError: If there is no fact of that index.
    """
    indices = checked_indices(chosen, len(question.facts))
    facts = [question.facts[index] for index in indices]
    stands = {entity for fact in facts for entity in (fact.head, fact.tail)}
    answers, gold = set(gold_answers(question)), set(question.gold_facts)
    metrics = {"selected": float(len(facts))}
    if answers:
        metrics["answer_recall"] = len(answers & stands) / len(answers)
    if gold:
        found = ratios(len(gold.intersection(indices)), len(indices), len(gold))
        metrics |= {f"fact_{name}": float(value) for name, value in found._asdict().items()}
    return metrics


def checked_indices(chosen: Iterable[int], count: int) -> list[int]:
    """Return indices in rising order, each once.

    Raises:
        ConfigError: If one is no index of that many facts.

    >>> checked_indices([2, 0, 2], 3)
    [0, 2]
    """
    indices = sorted(set(chosen))
    if indices and not 0 <= indices[0] <= indices[-1] < count:
        wrong = indices[0] if indices[0] < 0 else indices[-1]
        raise ConfigError(
            f"There is no fact {wrong}: the question has {count}. Select by index, from 0"
            + (f" to {count - 1}." if count else "; of none, nothing can be selected.")
        )
    return indices
