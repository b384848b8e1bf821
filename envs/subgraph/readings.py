"""Answers read off selections, for many episodes at once.

The symbolic reader, which nearly always reads, is asked in numbers; any other is shown names.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...errors import RewardError
from ...rewards.kg import FactReader, Selection, read_answers
from ...rewards.kg.symbolic import Facts, SymbolicReader, read_ids
from .case import Case

Chosen = Sequence[tuple[Case, NDArray[np.int64]]]
"""Cases, and the facts selected of each, in order."""


def read(reader: FactReader, chosen: Chosen) -> list[list[str]]:
    """Return the answers of each.

    Raises:
        RewardError: If the reader failed.
    """
    if type(reader) is SymbolicReader:
        return _in_numbers(chosen)
    return read_answers(reader, [_selection(case, facts) for case, facts in chosen])


def read_each(reader: FactReader, chosen: Chosen) -> list[list[str] | RewardError]:
    """Return the answers of each; where a batch fails each is asked alone, and failures stand."""
    try:
        return list(read(reader, chosen))
    except RewardError as error:
        if len(chosen) == 1:
            return [error]
    return [answers for one in chosen for answers in read_each(reader, [one])]


def _selection(case: Case, facts: NDArray[np.int64]) -> Selection:
    offer = case.offer
    chosen = tuple(offer.facts[fact] for fact in facts)
    return Selection(offer.question, chosen, offer.topics, offer.facts)


def _in_numbers(chosen: Chosen) -> list[list[str]]:
    answers: list[list[str]] = [[] for _ in chosen]
    if not chosen:
        return answers
    starts = np.cumsum([0, *(len(case.names) for case, _ in chosen)])
    facts = Facts(
        np.concatenate(
            [case.heads[own] + at for (case, own), at in zip(chosen, starts, strict=False)]
        ),
        np.concatenate([case.relations[own] for case, own in chosen]),
        np.concatenate(
            [case.tails[own] + at for (case, own), at in zip(chosen, starts, strict=False)]
        ),
        np.repeat(np.arange(len(chosen)), [len(own) for _, own in chosen]),
    )
    topics = np.concatenate(
        [case.topics + at for (case, _), at in zip(chosen, starts, strict=False)]
    )
    ends = read_ids(facts, topics, entities=int(starts[-1]), questions=len(chosen))
    for owner, entity in zip(ends.owners.tolist(), ends.entities.tolist(), strict=True):
        answers[owner].append(chosen[owner][0].names[entity - int(starts[owner])])
    return answers
