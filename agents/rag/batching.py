"""Batches of questions: of like length, no more tokens than a budget, in an order of each epoch's own.

Knows lengths, and neither models nor texts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core import Document
from .data import Example
from .settings import RagSettings

POOL = 50
"""Batches' worth of questions that are sorted by length together: few enough to stay random."""

CHARACTERS = 4.0
"""Of a token, about: lengths are estimated, since what will be retrieved is not known yet."""


def estimated_tokens(
    examples: Sequence[Example], documents: Sequence[Document], settings: RagSettings
) -> list[int]:
    """Return about how many tokens are read for each question: itself beside each passage.

    A passage is taken to be as long as the right one, or the mean one where none is known.
    """
    sizes = [len(document.title) + len(document.text) for document in documents]
    mean = sum(sizes) / max(len(sizes), 1)
    tokens = []
    for example in examples:
        passage = sizes[example.positives[0]] if example.positives else mean
        one = int((len(example.question) + passage) / CHARACTERS) + 1
        tokens.append(min(one, settings.max_input_tokens) * settings.n_docs)
    return tokens


def batches(
    tokens: Sequence[int], size: int, rng: np.random.Generator, most_tokens: int = 0
) -> list[list[int]]:
    """Return the places of all questions, in batches.

    Args:
        tokens: What each question takes.
        size: Questions in a batch, at most.
        rng: Draws the order.
        most_tokens: Tokens of a batch at most, each question padded to the longest; 0 for any. A
            question that is longer than that by itself is a batch.

    >>> drawn = batches([9, 1, 8, 2, 1], 2, np.random.default_rng(0))
    >>> sorted(sorted(batch) for batch in drawn)
    [[0], [1, 4], [2, 3]]
    >>> len(batches([9, 1, 8, 2, 1], 4, np.random.default_rng(0), most_tokens=9))
    3
    """
    order = rng.permutation(len(tokens)).tolist()
    made: list[list[int]] = []
    for start in range(0, len(order), size * POOL):
        pool = sorted(order[start : start + size * POOL], key=lambda place: tokens[place])
        batch: list[int] = []
        for place in pool:  # ever longer: the newest is the longest
            full = len(batch) == size
            if batch and (full or (most_tokens and tokens[place] * (len(batch) + 1) > most_tokens)):
                made.append(batch)
                batch = []
            batch.append(place)
        made.append(batch)
    return [made[place] for place in rng.permutation(len(made))]


def grouped(made: Sequence[list[int]], size: int) -> list[list[list[int]]]:
    """Return batches in groups, one for each optimiser step.

    >>> grouped([[1], [2], [3]], 2)
    [[[1], [2]], [[3]]]
    """
    return [list(made[start : start + size]) for start in range(0, len(made), size)]
