"""What the speed benchmark of D-RAG's phase 1 trains on: questions over graphs of 50 facts.

The graphs are those of `kg_heuristics`, with hubs and parallel facts, 2 topics and 3 answers, as large
as what is cut out of a graph for a retriever. How many relations a question's facts have matters: what
a message says is worked out once for each. Of the published path graphs of WebQSP, those of 40 to 60
facts have 49 facts, 35 entities and 13 relations in the mean; a graph here has as many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...agents.drag.cases import Cases
from ...core import Fact, Question
from ...envs.subgraph.case import Case
from ...errors import ConfigError
from ...seeding import rng_for
from .kg_workload import GraphQuestions, Size

GRAPHS = Size(35, 50)
RELATIONS = 13
"""Of a question."""
NAMES = 1_500
"""Relations of all questions together, at most; a few of them are far more frequent than others."""
STEP = "a step for each batch"
SUMMED = "single graphs, gradients summed"
BUILT = "building batches alone"
PRODUCT = "a product of matrices"


def questions(count: int, relations: int = RELATIONS, start: int = 0) -> Sequence[Question]:
    """Return questions with gold facts, always the same.

    Args:
        count: How many.
        relations: How many each question's facts have, up to one for each.
        start: The number of the first.

    Raises:
        ConfigError: If a graph cannot have so many relations.
    """
    if not 1 <= relations <= GRAPHS.facts:
        raise ConfigError(
            f"relations is {relations}; graphs of {GRAPHS.facts} facts have 1 to {GRAPHS.facts}."
        )
    drawn = GraphQuestions(GRAPHS, count, start).questions("train")
    return [_with(question, relations, start + n) for n, question in enumerate(drawn)]


def cases(asked: Sequence[Question]) -> list[Case]:
    """Return questions as phase 1 learns from them, without those that teach nothing."""
    return [case for case in Cases(asked, GRAPHS.facts) if case.gold.any()]


def relation_name(number: int) -> str:
    """Return a name in three parts, as Freebase's are; seven words.

    >>> relation_name(123)
    'domain_3.kind_3.relation_of_123'
    """
    return f"domain_{number % 40}.kind_{number % 120}.relation_of_{number}"


def _with(question: Question, relations: int, index: int) -> Question:
    """Return a question with so many relations: each stands in a fact, a few of them in many."""
    rng = rng_for(0, "speed", "drag", index)
    kinds: dict[int, None] = {}
    while len(kinds) < relations:
        kinds[int(NAMES * rng.random() ** 2)] = None
    names = [relation_name(kind) for kind in kinds]
    count = len(question.facts)
    places = [*range(relations), *(relations * rng.random(count) ** 2).astype(int).tolist()][:count]
    facts = tuple(
        Fact(fact.head, names[place], fact.tail)
        for fact, place in zip(question.facts, rng.permutation(places).tolist(), strict=True)
    )
    return replace(question, facts=facts)
