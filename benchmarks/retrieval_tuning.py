"""Chooses the parameters of hybrid and link hop, on questions that no table measures.

The questions are `retrieval_data.tuning`: of 2WikiMultiHopQA's development set, none of them among
the 1,000 that are measured. Each base is asked once and each setting ranks its answers anew. Chosen
is the plainest setting, the first in the order of the grid, that is not significantly below the
best one: neither in recall@5 nor in nDCG@10, which also sees what happens to the first places. Link
hop has one setting for every base: values are averaged over the bases.

    python -m hopgym.benchmarks.retrieval_tuning --data DIR
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table

from ..errors import MissingExtraError
from ..retrieval.base import Retriever
from ..retrieval.bm25 import BM25Retriever
from ..retrieval.hybrid import HybridRetriever
from ..retrieval.link_hop import LinkHopRetriever
from ..retrieval.metrics import evaluate
from ..retrieval.paired import paired_bootstrap
from .doctor import cache_folder
from .retrieval_data import Collection, tuning
from .retrieval_progress import Work
from .retrieval_systems import WEIGHTS, Remembered, make_dense

LINK_HOP: Mapping[str, Sequence[Any]] = {
    "follow": (1, 2, 3, 4, 5, 8),
    "weight": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
}
HYBRID: Mapping[str, Sequence[Any]] = {
    "fusion": ("minmax", "zscore", "rrf"),
    "weights": tuple((round(1 - dense, 1), dense) for dense in (0.5, 0.4, 0.6, 0.3, 0.7)),
}
"""What is tried: every combination, the plainest first. Weights are BM25's and the encoder's."""

METRICS = ("recall@5", "all_gold@5", "ndcg@10")
DECISIVE = ("recall@5", "ndcg@10")
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Tried:
    """A setting and what it reached on each question, on average over the bases."""

    settings: Mapping[str, Any]
    values: Mapping[str, Mapping[str, float]]
    """Metric, one of `METRICS`, to question id to value."""

    def mean(self, metric: str) -> float:
        """Return a metric's mean over the questions."""
        return round(fmean(self.values[metric].values()), 9)


def combinations(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return every combination of a grid, the last name changing fastest.

    >>> combinations({"a": [1, 2], "b": ["x", "y"]})[1]
    {'a': 1, 'b': 'y'}
    """
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def rank_settings(
    make: Callable[..., Iterable[Retriever]],
    grid: Mapping[str, Sequence[Any]],
    collection: Collection,
    work: Work | None = None,
    label: str = "",
) -> list[Tried]:
    """Try every combination; return the chosen one first and the others by recall.

    Args:
        make: Makes the retrievers of a setting, one for each base.
        grid: The values of each keyword, the plainest first.
        collection: The questions to choose on.
        work: Where progress is shown.
        label: What it is called there.
    """
    settings = combinations(grid)
    tried = [
        _tried(list(make(**chosen)), chosen, collection)
        for chosen in (work or Work()).counted(label, settings, len(settings))
    ]
    first = choose(tried)
    others = sorted(tried, key=lambda one: -one.mean("recall@5"))
    return [first, *(one for one in others if one is not first)]


def choose(tried: Sequence[Tried]) -> Tried:
    """Return the first setting that is as good as the best, by both decisive metrics."""
    best = {metric: max(tried, key=lambda one: one.mean(metric)) for metric in DECISIVE}
    good = [one for one in tried if not any(_is_below(one, best[m], m) for m in DECISIVE)]
    return good[0] if good else best[DECISIVE[0]]


def _is_below(one: Tried, best: Tried, metric: str) -> bool:
    found = paired_bootstrap(one.values[metric], best.values[metric], "tuning", metric)
    return found.p_value < SIGNIFICANT


def _tried(made: Sequence[Retriever], chosen: Mapping[str, Any], collection: Collection) -> Tried:
    found = [evaluate(retriever, collection.questions, [5, 10]) for retriever in made]
    return Tried(chosen, {metric: _averaged([e.of(metric) for e in found]) for metric in METRICS})


def _averaged(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {id: fmean(one[id] for one in values) for id in values[0]}


def tune_hybrid(
    collection: Collection, children: Mapping[str, Retriever], work: Work | None = None
) -> list[Tried]:
    """Try every way to fuse two retrievers."""
    kept = {name: Remembered(child) for name, child in children.items()}

    def make(**chosen: Any) -> list[Retriever]:
        return [HybridRetriever(collection.documents, children=kept, **chosen)]

    return rank_settings(make, HYBRID, collection, work, "hybrid")


def tune_link_hop(
    collection: Collection, bases: Sequence[Retriever], work: Work | None = None
) -> list[Tried]:
    """Try every setting of link hop on all bases together."""
    kept = [Remembered(base) for base in bases]

    def make(**chosen: Any) -> list[Retriever]:
        return [LinkHopRetriever(collection.documents, base=base, **chosen) for base in kept]

    return rank_settings(make, LINK_HOP, collection, work, "link hop")


def show(title: str, tried: Sequence[Tried], best: int = 8) -> Table:
    """Lay out the best settings; the first is the one chosen."""
    table = Table(title=title)
    names = list(tried[0].settings)
    for name in [*names, "R@5", "all gold@5", "nDCG@10"]:
        table.add_column(name, justify="right")
    for one in tried[:best]:
        means = [f"{100 * one.mean(metric):.2f}" for metric in METRICS]
        table.add_row(*(str(one.settings[name]) for name in names), *means)
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Tune, and print the best settings."""
    given = _parser().parse_args(arguments)
    console = Console()
    collection = tuning(given.data)
    console.print(f"{len(collection.questions)} questions, {len(collection.documents)} passages")
    bm25 = BM25Retriever(collection.documents)
    bases: list[Retriever] = [bm25]
    with Work(console) as work:
        try:
            dense = make_dense(collection.documents, given.encoder, given.cache, work)
        except MissingExtraError as error:
            work.say(f"without hybrid: {error}")
        else:
            children: dict[str, Retriever] = {"bm25": bm25, "dense": dense}
            console.print(show("hybrid", tune_hybrid(collection, children, work)))
            bases.append(HybridRetriever(collection.documents, children=children, weights=WEIGHTS))
        console.print(show("link hop", tune_link_hop(collection, bases, work)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.retrieval_tuning", allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--encoder", default="minilm", metavar="NAME")
    parser.add_argument("--cache", type=Path, default=cache_folder() / "vectors", metavar="DIR")
    return parser


if __name__ == "__main__":
    main()
