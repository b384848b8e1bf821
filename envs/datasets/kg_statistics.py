"""What a set of graph questions is like: how large its graphs are, and whether they hold the answers.

These are the figures that papers print of WebQSP, CWQ and MetaQA. A question whose answer is not in
its graph cannot be answered from it, so `coverage` is the most that any retriever can reach. Where a
question names no answer entities, its answers count (`hopgym.rewards.kg.gold_answers`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ...core import Question
from ...errors import DataError
from ...rewards.kg.facts import gold_answers
from ..kg import Graph, expand

SIZES = ((1, 1), (2, 4), (5, 9), (10, None))
"""Ranges of answer-set sizes, as in the table of WebQSP and CWQ by SubgraphRAG and GCR."""

FAR = 6
"""Answers further from every topic than this count as out of reach."""


@dataclass(frozen=True, slots=True)
class KGStatistics:
    """The figures of some questions."""

    questions: int
    with_topic: float
    """The share of questions with a topic entity in their graph."""
    coverage: float
    """The share of questions with at least one answer in their graph."""
    answer_recall: float
    """The share of a question's answers in its graph, the mean over questions."""
    covered: float
    """The share of questions with all their answers in their graph."""
    nodes: float
    """Entities in a graph, the mean over questions."""
    edges: float
    """Facts in a graph, the mean over questions."""
    most_edges: int
    with_gold: float
    """The share of questions with gold facts."""
    gold_edges: float
    """Gold facts of a question, the mean over those that have some."""
    hops: Mapping[int, float] = field(default_factory=dict)
    """Shares of questions by the least number of facts between a topic and an answer, walked either
    way: over the gold facts where there are some, else over all; 0 where there is no way."""
    answer_sets: Mapping[str, float] = field(default_factory=dict)
    """Shares of questions by how many answer entities they have."""

    def __str__(self) -> str:
        shares = (
            f"{name} {', '.join(f'{key}: {share:.1%}' for key, share in values.items())}"
            for name, values in (("hops", self.hops), ("answers", self.answer_sets))
        )
        return (
            f"{self.questions} questions; answer in graph {self.coverage:.1%} (all answers "
            f"{self.covered:.1%}, recall {self.answer_recall:.3f}); {self.nodes:.1f} nodes, "
            f"{self.edges:.1f} facts (most {self.most_edges}); gold {self.with_gold:.1%} with "
            f"{self.gold_edges:.1f} facts; {'; '.join(shares)}"
        )


def kg_statistics(questions: Iterable[Question]) -> KGStatistics:
    """Return the figures of questions. Each is looked at once, so a lazy set is fine.

    Raises:
        DataError: If there are none.

    >>> from hopgym.core import Fact
    >>> question = Question(
    ...     "1",
    ...     "Whose capital is Ada's birthplace?",
    ...     ("England",),
    ...     facts=(Fact("Ada", "born_in", "London"), Fact("London", "capital_of", "England")),
    ...     topic_entities=("Ada",),
    ...     answer_entities=("England",),
    ... )
    >>> found = kg_statistics([question])
    >>> found.nodes, found.edges, found.coverage, found.hops
    (3.0, 2.0, 1.0, {2: 1.0})
    """
    rows = [_row(question) for question in questions]
    if not rows:
        raise DataError("There are no questions to count.")
    table = np.array([row[:7] for row in rows], float)
    topic, share, nodes, edges, gold, answers, hops = table.T
    golden = gold[gold > 0]
    return KGStatistics(
        questions=len(rows),
        with_topic=float(topic.mean()),
        coverage=float((share > 0).mean()),
        answer_recall=float(share.mean()),
        covered=float((share == 1).mean()),
        nodes=float(nodes.mean()),
        edges=float(edges.mean()),
        most_edges=int(edges.max()),
        with_gold=len(golden) / len(rows),
        gold_edges=float(golden.mean()) if len(golden) else 0.0,
        hops={int(key): count / len(rows) for key, count in sorted(Counter(hops).items())},
        answer_sets={
            _named(least, most): float(((answers >= least) & (answers <= (most or np.inf))).mean())
            for least, most in SIZES
        },
    )


def _row(question: Question) -> tuple[float, ...]:
    graph = Graph.of(question.facts)
    topics, answers = (
        graph.entity_ids(dict.fromkeys(names))
        for names in (question.topic_entities, gold_answers(question))
    )
    evidence = graph.select(question.gold_facts) if question.gold_facts else graph
    return (
        bool((topics >= 0).any()),
        float((answers >= 0).mean()) if len(answers) else 0.0,
        graph.num_entities,
        graph.num_facts,
        len(question.gold_facts),
        len(answers),
        _hops(evidence, topics[topics >= 0], answers[answers >= 0]),
    )


def _hops(graph: Graph, topics: np.ndarray, answers: np.ndarray) -> int:
    """Return the least number of facts between a topic and an answer, 0 where there is no way."""
    if not len(topics) or not len(answers):
        return 0
    for hops in range(1, FAR + 1):
        if np.isin(answers, expand(graph, topics, hops)).any():
            return hops
    return 0


def _named(least: int, most: int | None) -> str:
    return f"{least}+" if most is None else str(least) if least == most else f"{least}-{most}"
