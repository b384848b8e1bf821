"""Nearly the same texts: those that share long runs of words.

Runs of 8 words, as in PaLM's and FLAN's checks (arXiv 2204.02311, section 8; arXiv 2109.01652,
appendix C): GPT-3's 13 (arXiv 2005.14165, appendix C) are more than many questions have. How much of
a text is shared is told by its words that stand in a shared run (Llama 2, arXiv 2307.09288,
appendix A.6), of the one text or the other: a question with a preface holds all of it. Rare words
weigh more here: of two questions made by one template, with one name changed, most words are the
same, and what is asked is not. For the same reason runs that many texts have make no pair, as in
GPT-3's check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...seeding import rng_for

SIZE = 8
"""Words of a run."""
SHARE = 0.8
"""Of a text's words, by weight, how many must stand in shared runs."""
COMMON = 10
"""Runs that more texts have than this are common wording."""

Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class Alike(NamedTuple):
    """A text that is nearly the same as one trained on."""

    evaluated: int
    """Its place."""
    trained: int
    """The place of the other."""
    share: float
    """Of its words or of the other's, by weight, how many stand in shared runs: the larger one."""


class _Words(NamedTuple):
    """The words of some texts, one behind the other, by their places in the vocabulary."""

    places: Numbers
    owners: Numbers


class _Grams(NamedTuple):
    """The runs of some texts in the order of their hashes, each once for each text that has it."""

    hashes: Hashes
    owners: Numbers


def alike(
    trained: Sequence[str],
    evaluated: Sequence[str],
    *,
    size: int = SIZE,
    share: float = SHARE,
    common: int = COMMON,
) -> list[Alike]:
    """Return for each evaluated text the most alike trained one, if any is alike enough.

    Args:
        trained: Normalised texts: words parted by blanks.
        evaluated: The same. Texts of fewer words than a run has are passed over.
        size: Words of a run.
        share: From which share of a text's words on, the one's or the other's, the two are alike.
        common: Runs that more texts of either side have make no pair.

    >>> text = "in which year was the river that flows through the town of vel first crossed"
    >>> [(each.evaluated, each.trained) for each in alike([text], [text.replace("first", "last")])]
    [(0, 0)]
    """
    first = {text: place for place, text in reversed(list(enumerate(trained)))}
    different = sorted(first, key=first.__getitem__)
    vocabulary: dict[str, int] = {}
    own, theirs = (_words(texts, vocabulary) for texts in (different, evaluated))
    weight = dict(zip(vocabulary, _weights(own, theirs, len(vocabulary)), strict=True))
    drawn = rng_for(0, "ngrams").integers(1 << 64, size=len(vocabulary), dtype=np.uint64)
    grams = [_rare(_grams(side, drawn, size), common) for side in (own, theirs)]
    best: dict[int, Alike] = {}
    for one, place in _pairs(*grams):
        other = different[place]
        both = (evaluated[one], other)
        most = max(covered(*pair, size, weight) for pair in (both, both[::-1]))
        found = Alike(one, first[other], most)
        if found.share >= share and (one not in best or found.share > best[one].share):
            best[one] = found
    return [best[one] for one in sorted(best)]


def covered(
    text: str, other: str, size: int = SIZE, weight: Mapping[str, float] | None = None
) -> float:
    """Return the share of a text's words that stand in a run which the other text has too.

    Args:
        text: The text.
        other: The other.
        size: Words of a run.
        weight: What each word counts; 1 for one that is not there.

    >>> covered("a b c d e", "x a b c d", 3), covered("a b c d e", "x a b c d", 3, {"e": 4.0})
    (0.8, 0.5)
    """
    words, weight = text.split(), weight or {}
    held = set(_runs(other.split(), size))
    inside: set[int] = set()
    for start, run in enumerate(_runs(words, size)):
        if run in held:
            inside.update(range(start, start + size))
    weights = [weight.get(word, 1.0) for word in words]
    return sum(weights[place] for place in sorted(inside)) / sum(weights) if words else 0.0


def _runs(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(size)), strict=False)


def _words(texts: Sequence[str], vocabulary: dict[str, int]) -> _Words:
    """Return the words of texts; the vocabulary grows."""
    rows = [
        [vocabulary.setdefault(word, len(vocabulary)) for word in text.split()] for text in texts
    ]
    lengths = [len(row) for row in rows]
    places = np.fromiter((place for row in rows for place in row), np.int64, sum(lengths))
    return _Words(places, np.repeat(np.arange(len(rows), dtype=np.int64), lengths))


def _weights(own: _Words, theirs: _Words, size: int) -> list[float]:
    """Return what each word of the vocabulary counts: its smoothed inverse document frequency."""
    having = np.zeros(size, np.int64)
    texts = 0
    for side in (own, theirs):
        places, owners = _distinct(*side)
        having += np.bincount(places, minlength=size)
        texts += len(np.unique(owners))
    weights: list[float] = (np.log((texts + 1) / (having + 1)) + 1).tolist()
    return weights


def _grams(words: _Words, drawn: Hashes, size: int) -> _Grams:
    """Return the runs of texts, hashed by a polynomial over a number drawn for each word."""
    codes, owners = drawn[words.places], words.owners
    count = max(len(codes) - size + 1, 0)
    hashes = np.zeros(count, np.uint64)
    for offset in range(size):
        hashes = hashes * _FACTOR + codes[offset : offset + count]
    whole = owners[:count] == owners[size - 1 :][:count]  # one that ends in the next text is none
    return _Grams(*_distinct(hashes[whole], owners[:count][whole]))


def _rare(grams: _Grams, common: int) -> _Grams:
    """Return the runs that few texts have."""
    _, inverse, counts = np.unique(grams.hashes, return_inverse=True, return_counts=True)
    kept = counts[inverse] <= common
    return _Grams(grams.hashes[kept], grams.owners[kept])


def _pairs(trained: _Grams, evaluated: _Grams) -> Iterator[tuple[int, int]]:
    """Return `(evaluated, trained)` for all texts that share a run, each pair once, in order."""
    left = np.searchsorted(trained.hashes, evaluated.hashes, "left")
    counts = np.searchsorted(trained.hashes, evaluated.hashes, "right") - left
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    others = trained.owners[np.repeat(left, counts) + within]
    others, ones = _distinct(others, np.repeat(evaluated.owners, counts))
    return zip(ones.tolist(), others.tolist(), strict=True)


def _distinct(first: NDArray[Any], second: Numbers) -> tuple[NDArray[Any], Numbers]:
    """Return pairs in order, each once."""
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    new = np.ones(len(first), bool)
    new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return first[new], second[new]
