"""Several rankings into one: pure functions of ids and scores.

Scores of different retrievers live on different scales, so each ranking is first brought onto a
common one, and then a document's parts are added, each times the weight of its ranking. Nothing
here knows a retriever. Used by hybrid, recursive and multi_source.

Sources: reciprocal rank, Cormack, Clarke & Buettcher (SIGIR 2009); min-max and z-score, Renda &
Straccia, "Web Metasearch: Rank vs. Score Based Rank Aggregation Methods" (SAC 2003).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import ConfigError, unknown_name

Ranking = Sequence[tuple[str, float]]
"""Ids with their scores, best first; an id stands in it once."""

RANK_CONSTANT = 60
"""How slowly reciprocal rank falls; the paper's."""


@dataclass(frozen=True, slots=True)
class Fused:
    """One document of a fused ranking."""

    id: str
    score: float
    components: Mapping[str, float] = field(default_factory=dict)
    """The score that each ranking gave it, as it was; those that did not find it are absent."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A ranking on the common scale."""

    scores: Mapping[str, float]
    absent: float = 0.0
    """What a document counts that is not in it."""


def reciprocal_rank(ranking: Ranking, constant: float = RANK_CONSTANT) -> Scaled:
    """Score by rank alone: 1 / (constant + rank), the first rank being 1.

    >>> reciprocal_rank([("a", 9.0), ("b", 2.0)], constant=1).scores
    {'a': 0.5, 'b': 0.3333333333333333}
    """
    return Scaled({id: 1 / (constant + n) for n, (id, _) in enumerate(ranking, 1)})


def min_max(ranking: Ranking) -> Scaled:
    """Stretch the scores over 0..1; where all are equal, all are 1.

    >>> min_max([("a", 9.0), ("b", 4.0), ("c", 1.0)]).scores
    {'a': 1.0, 'b': 0.375, 'c': 0.0}
    """
    scores = [score for _, score in ranking]
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    width = high - low
    return Scaled({id: (score - low) / width if width else 1.0 for id, score in ranking})


def z_score(ranking: Ranking) -> Scaled:
    """Count in standard deviations from the mean; where all are equal, all are 0.

    A document that is not in the ranking lies one deviation below the last that is: it was found
    worse, by an unknown amount, and must not pass for an average one.

    >>> scaled = z_score([("a", 3.0), ("b", 1.0)])
    >>> dict(scaled.scores), scaled.absent
    ({'a': 1.0, 'b': -1.0}, -2.0)
    """
    if not ranking:
        return Scaled({})
    scores = [score for _, score in ranking]
    mean = math.fsum(scores) / len(scores)
    deviation = math.sqrt(math.fsum((score - mean) ** 2 for score in scores) / len(scores))
    if deviation == 0 or min(scores) == max(scores):
        return Scaled(dict.fromkeys((id for id, _ in ranking), 0.0), absent=-1.0)
    scaled = {id: (score - mean) / deviation for id, score in ranking}
    return Scaled(scaled, absent=min(scaled.values()) - 1)


def raw(ranking: Ranking) -> Scaled:
    """Leave the scores as they are: only for rankings that were made alike.

    Adding a BM25 score of 25 to a cosine of 0.7 lets BM25 decide alone.

    >>> raw([("a", 9.0)]).scores
    {'a': 9.0}
    """
    return Scaled(dict(ranking), absent=min([0.0, *(score for _, score in ranking)]))


SCALES: dict[str, Callable[[Ranking], Scaled]] = {
    "rrf": reciprocal_rank,
    "minmax": min_max,
    "zscore": z_score,
    "raw": raw,
}
"""The ways to fuse, by name."""


def fuse(rankings: Mapping[str, Ranking], method: str, weights: Mapping[str, float]) -> list[Fused]:
    """Fuse rankings by name into one, by score and then by id.

    Args:
        rankings: The rankings of one query.
        method: One of `SCALES`.
        weights: The weight of each ranking.

    >>> rankings = {"x": [("a", 9.0), ("b", 1.0)], "y": [("b", 0.5), ("c", 0.1)]}
    >>> [fused.id for fused in fuse(rankings, "minmax", {"x": 0.4, "y": 0.6})]
    ['b', 'a', 'c']
    """
    scale = scale_for(method)
    scaled = {name: scale(ranking) for name, ranking in rankings.items()}
    raw = {name: dict(ranking) for name, ranking in rankings.items()}
    fused = [
        Fused(
            id,
            math.fsum(weights[n] * part.scores.get(id, part.absent) for n, part in scaled.items()),
            {name: scores[id] for name, scores in raw.items() if id in scores},
        )
        for id in _ids(rankings.values())
    ]
    return sorted(fused, key=lambda one: (-one.score, one.id))


def scale_for(method: str) -> Callable[[Ranking], Scaled]:
    """Return the scale of a way to fuse.

    Raises:
        UnknownNameError: If there is none of this name.
    """
    if method not in SCALES:
        raise unknown_name("fusion", str(method), SCALES, "hopgym retrievers")
    return SCALES[method]


def check_weights(
    weights: Mapping[str, float] | Sequence[float] | None, names: Sequence[str]
) -> dict[str, float]:
    """Return the weight of each name, equal ones if none are given, as shares of 1.

    Raises:
        ConfigError: If they are not one number from 0 for each name, at least one above 0.

    >>> check_weights([3, 1], ["bm25", "dense"])
    {'bm25': 0.75, 'dense': 0.25}
    """
    if weights is None:
        return dict.fromkeys(names, 1 / len(names))
    given = weights if isinstance(weights, Mapping) else _in_order(weights, names)
    if set(given) != set(names):
        raise ConfigError(
            f"weights names {', '.join(map(repr, given)) or 'nothing'}; "
            f"give one for each of: {', '.join(names)}."
        )
    for name, weight in given.items():
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not math.isfinite(weight) or weight < 0:
            raise ConfigError(f"The weight of {name!r} is {weight!r}; give a number from 0.")
    total = math.fsum(given.values())
    if total == 0:
        raise ConfigError("All weights are 0; give at least one above it.")
    return {name: given[name] / total for name in names}


def _in_order(weights: Sequence[float], names: Sequence[str]) -> dict[str, float]:
    if not isinstance(weights, Sequence) or isinstance(weights, str) or len(weights) != len(names):
        raise ConfigError(
            f"weights is {weights!r}; give {len(names)} numbers, for: {', '.join(names)}."
        )
    return dict(zip(names, weights, strict=True))


def _ids(rankings: Iterable[Ranking]) -> list[str]:
    """Return every id once, in the order in which they are met."""
    return list(dict.fromkeys(id for ranking in rankings for id, _ in ranking))
