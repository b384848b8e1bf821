"""How long labelling the graphs of a whole question set takes, beside enumerating their paths.

Each graph is as large as one of ComplexWebQuestions: 1,400 entities, 4,500 facts with hubs and
parallel facts, 2 topics and 3 answers, as facts with names. Ours is timed from those to labels, the
graph's arrays included. The other side is the published way: a plain networkx graph, and all its
shortest paths between every topic and answer (RoG and GNN-RAG make their labels so). Both sides are
timed one right after the other; drawing the graphs is not timed.

    python -m hopgym.benchmarks.speed.kg_heuristics [--graphs 27639] [--enumerate 20]
        [--mode undirected] [--slack 0] [--json FILE]

A figure for the whole set is told only where that many graphs were labelled.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ...core import Fact, to_json
from ...envs.kg import MODES, Graph, Labels, Rule, label
from ...errors import MissingExtraError, require
from ...files import atomic_write
from ...seeding import rng_for
from .env_steps import _count

WHOLE = 27_639
"""The training questions of ComplexWebQuestions, in RoG's form."""
ENTITIES, FACTS, RELATIONS = 1_400, 4_500, 300
PARALLEL = 0.1
"""The share of facts between two entities that another fact joins already, at the least."""
HOPS = (0.28, 0.66, 0.06)
"""How many answers are 1, 2 and 3 random steps away from a topic, as in that set."""


class Case(NamedTuple):
    """One graph and what is asked of it."""

    facts: list[Fact]
    topics: list[str]
    answers: list[str]


@dataclass(slots=True)
class Report:
    """All figures of a run; seconds are for all graphs together."""

    graphs: int
    mode: str
    slack: int
    build_cpu: float = 0.0
    label_cpu: float = 0.0
    wall: float = 0.0
    positives: float = 0.0
    """Facts labelled, the mean over graphs."""
    enumerated: int = 0
    enumeration_cpu: float = 0.0
    """Seconds of enumeration for one graph, the mean."""
    times_faster: float | None = None
    """The median over the graphs that both sides labelled."""
    same_pairs: int = 0
    """Graphs in which both label facts between the same entities."""
    lost: int = 0
    """Labelled facts that the plain graph does not have, over all enumerated graphs."""
    found: int = 0
    """Facts that we label in those graphs."""
    ratios: list[float] = field(default_factory=list)


def draw(index: int, entities: int = ENTITIES, facts: int = FACTS) -> Case:
    """Draw a graph: a tree that holds it together, then facts among hubs, some of them parallel."""
    rng = rng_for(0, "speed", "kg", index)
    parallel = int(PARALLEL * facts)
    free = facts - parallel - (entities - 1)
    older = (np.arange(1, entities) * rng.random(entities - 1) ** 3).astype(int)
    hubs = (entities * rng.random((free, 2)) ** (2.0, 1.2)).astype(int)
    pairs = np.concatenate([np.stack([older, np.arange(1, entities)], 1), hubs])
    pairs = np.concatenate([pairs, pairs[rng.integers(0, len(pairs), parallel)]])
    turned = rng.random(len(pairs)) < 0.5
    pairs[turned] = pairs[turned][:, ::-1]
    pairs = rng.permutation(pairs)
    names = [f"entity {name}" for name in rng.permutation(entities).tolist()]
    kinds = [f"relation {kind}" for kind in (RELATIONS * rng.random(len(pairs)) ** 2).astype(int)]
    drawn = [
        Fact(names[head], kind, names[tail])
        for (head, tail), kind in zip(pairs.tolist(), kinds, strict=True)
    ]
    topics = rng.integers(0, entities, 2)
    answers = [_walked(rng, pairs, topics[n % 2]) for n in range(3)]
    return Case(drawn, [names[topic] for topic in topics], [names[answer] for answer in answers])


def _walked(rng: np.random.Generator, pairs: Any, entity: int) -> int:
    for _ in range(1 + int(rng.choice(len(HOPS), p=HOPS))):
        at, side = np.nonzero(pairs == entity)
        step = rng.integers(len(at))
        entity = pairs[at[step], 1 - side[step]]
    return int(entity)


def measure(
    graphs: int,
    enumerate_graphs: int = 0,
    rule: Rule | None = None,
    draw: Callable[..., Case] = draw,
) -> Report:
    """Label graphs, and enumerate the paths of the first ones.

    Args:
        graphs: How many to label.
        enumerate_graphs: How many of those to enumerate too; needs networkx, a rule without slack,
            and not the mode `either`.
        rule: Which paths count.
        draw: Gives the graph of an index.
    """
    rule = rule or Rule()
    report = Report(graphs, rule.mode, rule.slack)
    label(Graph.of([]), [], [], rule)  # imports what is imported late
    console = Console(stderr=True)
    for index in track(range(graphs), "labelling", console=console, transient=True):
        case = draw(index)
        began = time.perf_counter()
        graph, build = _timed(lambda case=case: Graph.of(case.facts))  # type: ignore[misc]
        labels, told = _timed(lambda case=case, graph=graph: _labelled(graph, case, rule))  # type: ignore[misc]
        report.wall += time.perf_counter() - began
        report.build_cpu += build
        report.label_cpu += told
        report.positives += len(labels.facts) / graphs
        if index < enumerate_graphs:
            _compare(report, case, graph, labels, build + told)
    if report.ratios:
        report.times_faster = median(report.ratios)
    return report


def _labelled(graph: Graph, case: Case, rule: Rule) -> Labels:
    return label(graph, graph.entity_ids(case.topics), graph.entity_ids(case.answers), rule)


def _compare(report: Report, case: Case, graph: Graph, labels: Labels, ours: float) -> None:
    (pairs, kept), theirs = _timed(lambda: enumerate_paths(case, report.mode == "directed"))
    facts = graph.facts(labels.facts)
    ends = {(fact.head, fact.tail) for fact in facts}
    report.enumerated += 1
    report.enumeration_cpu += (theirs - report.enumeration_cpu) / report.enumerated
    report.ratios.append(theirs / ours)
    report.same_pairs += ends == pairs
    report.found += len(facts)
    report.lost += sum(fact not in kept for fact in facts)


def enumerate_paths(
    case: Case, directed: bool = False, longest: int = 6
) -> tuple[set[tuple[str, str]], set[Fact]]:
    """Label by the published way: all shortest paths of a plain graph, one relation for each pair.

    Returns:
        The pairs of head and tail that lie on a path, in the direction of the facts that join them;
        and the facts that a label can be put on, which are the last ones given for each pair.
    """
    networkx = require("networkx", "graph")
    plain = networkx.DiGraph() if directed else networkx.Graph()
    for fact in case.facts:
        plain.add_edge(fact.head, fact.tail, fact=fact)
    steps: set[tuple[str, str]] = set()
    for topic in dict.fromkeys(case.topics):
        for answer in dict.fromkeys(case.answers):
            try:
                paths = networkx.all_shortest_paths(plain, topic, answer)
                for path in paths:
                    if len(path) - 1 <= longest:
                        steps.update(pairwise(path))
            except networkx.NetworkXNoPath:
                continue
    kept = {plain.edges[step]["fact"] for step in steps}
    both = steps if directed else steps | {(tail, head) for head, tail in steps}
    return {(f.head, f.tail) for f in case.facts if (f.head, f.tail) in both}, kept


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    made = work()
    return made, time.process_time() - began


def table(report: Report) -> Table:
    """Lay a run out as a table."""
    title = (
        f"{report.graphs:,} graphs of {ENTITIES:,} entities and {FACTS:,} facts, 2 topics, "
        f"3 answers, {report.mode}, slack {report.slack}, one core"
    )
    shown = Table("What", "Figure", title=title, title_justify="left")
    cpu = report.build_cpu + report.label_cpu
    each = 1000 / report.graphs
    shown.add_row("arrays of the facts, ms a graph", f"{report.build_cpu * each:.2f}")
    shown.add_row("labels, ms a graph", f"{report.label_cpu * each:.2f}")
    shown.add_row("facts labelled, mean", f"{report.positives:.1f}")
    shown.add_row("all of them, CPU seconds", f"{cpu:,.1f}")
    shown.add_row("all of them, seconds on the clock", f"{report.wall:,.1f}")
    if report.graphs >= WHOLE:
        shown.add_row("all training questions of CWQ, CPU minutes", f"{cpu / 60:.2f}")
    if report.enumerated:
        count = report.enumerated
        shown.add_row(
            f"networkx, ms a graph (first {count})", f"{report.enumeration_cpu * 1e3:.1f}"
        )
        shown.add_row("times faster, median", f"{report.times_faster:.1f} (mean {_mean(report)})")
        shown.add_row("same pairs of entities", f"{report.same_pairs} of {count}")
        shown.add_row("labelled facts that a plain graph loses", f"{report.lost} of {report.found}")
    return shown


def _mean(report: Report) -> str:
    return f"{mean(report.ratios):.1f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the JSON file where one is asked for."""
    given = _parser().parse_args(arguments)
    rule = Rule(given.mode, given.slack)
    beside = given.enumerate if not given.slack and given.mode != "either" else 0
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        require("networkx", "graph")
    except MissingExtraError as missing:
        console.print(f"Without enumeration: {missing}", markup=False)
        beside = 0
    report = measure(given.graphs, beside, rule)
    console.print(table(report))
    if given.json:
        with atomic_write(given.json) as file:
            file.write(to_json(report))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hopgym.benchmarks.speed.kg_heuristics", allow_abbrev=False
    )
    parser.add_argument("--graphs", type=_count, default=300, metavar="N")
    parser.add_argument("--enumerate", type=_count, default=20, metavar="N", help="by networkx too")
    parser.add_argument("--mode", choices=MODES, default="undirected")
    parser.add_argument("--slack", type=int, choices=(0, 1, 2), default=0)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
