"""Which facts of a question are offered: all, or the best that a retriever finds.

What ranks facts sees the question's text, the facts and the topics, and no gold. A retriever of
documents searches the facts as texts, with the question as its query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core import Document, Fact, Question
from ...errors import (
    ConfigError,
    HopgymError,
    RetrievalError,
    UnknownNameError,
    told,
    unknown_name,
)
from ...retrieval import RETRIEVERS, make_retriever
from ...retrieval.base import Retriever, check_hits
from ...retrieval.options import split_options
from ...rewards.kg.facts import gold_answers
from ..kg import Graph
from ..kg.expansion import nearest_facts
from ..kg.heuristics import known
from ..kg.index import Ids
from .words import fact_words

Choose = Callable[[Question, Graph, Ids, int], Sequence[int]]
"""The question, the graph of facts, its topics and a number in; at most so many facts out."""


def ppr(question: Question, graph: Graph, topics: Ids, count: int) -> Sequence[int]:
    """Choose the facts around the topics by personalised PageRank."""
    found: list[int] = nearest_facts(graph, topics, count).tolist()
    return found


def every(question: Question, graph: Graph, topics: Ids, count: int) -> Sequence[int]:
    """Refuse to leave any fact out.

    Raises:
        ConfigError: If there are more facts than may be offered.
    """
    if graph.num_facts > count:
        raise ConfigError(
            f"Question {question.id!r} has {graph.num_facts} facts, and top_k is {count}: give "
            "top_k as large, or a retriever that chooses, such as 'ppr'."
        )
    return range(graph.num_facts)


CHOOSERS: dict[str, Choose] = {"ppr": ppr, "all": every}


def make_chooser(spec: str | Retriever) -> Choose:
    """Return what chooses the facts: one of `CHOOSERS`, or a retriever of documents.

    Raises:
        UnknownNameError: If no retriever has that name.
        ConfigError: If it is no retriever, or one that brings its own documents, or one of
            `CHOOSERS` with options.
    """
    if isinstance(spec, str) and spec in CHOOSERS:
        return CHOOSERS[spec]
    if isinstance(spec, Retriever) and not isinstance(spec, type):
        raise ConfigError(
            f"The retriever {spec!r:.100} searches its own documents, and here the facts of each "
            "question are searched: give a name, such as 'bm25', or module:attribute of a factory "
            "that takes documents."
        )
    try:
        make_retriever(spec, [Document("0", "", "a fact")])  # a wrong name is told at once
    except UnknownNameError:
        name, options = split_options(str(spec))
        if name in RETRIEVERS:
            raise  # one within it is unknown, which searches documents
        if name in CHOOSERS:
            raise ConfigError(
                f"The retriever {name!r} of facts takes no options; got {next(iter(options))!r}."
            ) from None
        known = [*RETRIEVERS, *CHOOSERS]
        raise unknown_name("retriever", name, known, RETRIEVERS.listing, own=True) from None
    return Searched(spec)


class Searched:
    """Facts chosen by a retriever of documents; what it does not find follows in their order."""

    def __init__(self, spec: str | Retriever) -> None:
        self.spec = spec

    def __call__(self, question: Question, graph: Graph, topics: Ids, count: int) -> Sequence[int]:
        """Choose the facts that the question finds.

        Raises:
            RetrievalError: If the retriever failed, or found what is no fact.
        """
        if graph.num_facts <= count:
            return range(graph.num_facts)
        documents = fact_documents(graph.facts())
        retriever = make_retriever(self.spec, documents)
        try:
            hits = retriever.search([question.text], count)
        except HopgymError:
            raise
        except Exception as error:
            raise RetrievalError(
                f"The retriever {self.spec!r:.100} failed: {told(error)}."
            ) from error
        check_hits(hits, [question.text], count, str(self.spec))
        place = {document.id: at for at, document in enumerate(documents)}
        found = [place.get(document.id, -1) for document, _ in hits.rows[0]]
        if -1 in found or len(set(found)) < len(found):
            ids = [document.id for document, _ in hits.rows[0]]
            raise RetrievalError(
                f"The retriever {self.spec!r:.100} found the documents {ids!r:.60}; those it was "
                f"given are 0 to {graph.num_facts - 1}, and each may be found once."
            )
        rest = sorted(set(range(graph.num_facts)) - set(found))
        return [*found, *rest][:count]


def fact_documents(facts: Sequence[Fact]) -> list[Document]:
    """Return facts as documents; the id is the place."""
    return [Document(str(place), "", fact_words(fact)) for place, fact in enumerate(facts)]


def offered_facts(
    question: Question, graph: Graph, choose: Choose, top_k: int, *, direct_facts: bool = True
) -> Ids:
    """Return the places of the facts that are offered, in the order of the facts' names.

    Question sets write facts as they were found, those of the answer's path first in some: an order
    that an agent could learn in place of the question. So slot i is not place i.

    Args:
        question: With its facts.
        graph: Of its facts.
        choose: Which of them, where they are too many.
        top_k: How many at most.
        direct_facts: Whether those that join a topic and an answer may be among them.
    """
    places, graph = _by_name(graph, possible_facts(question, graph, direct_facts=direct_facts))
    topics = known(graph.entity_ids(question.topic_entities))
    chosen = choose(question, graph, topics, top_k)
    return places[np.sort(np.asarray(chosen, dtype=np.int64))]


def _by_name(graph: Graph, places: Ids) -> tuple[Ids, Graph]:
    """Return places in the order of their facts' names, equal facts in theirs, and the graph of these.

    It is made before any fact is chosen, and numbers names in their order too: of facts alike in
    rank, which one is offered does not depend on the file either.
    """
    entities, ranks = _ranked(graph.entities)
    relations, kinds = _ranked(graph.relation_names)
    heads, tails = ranks[graph.heads[places]], ranks[graph.tails[places]]
    types = kinds[graph.relations[places]]
    order = np.lexsort((tails, types, heads))
    return places[order], Graph(heads[order], types[order], tails[order], entities, relations)


def _ranked(names: Sequence[str]) -> tuple[list[str], Any]:
    """Return names in order, and the place of each there."""
    order = sorted(range(len(names)), key=names.__getitem__)
    ranks = np.empty(len(names), dtype=np.int32)
    ranks[order] = np.arange(len(names), dtype=np.int32)
    return [names[at] for at in order], ranks


def possible_facts(question: Question, graph: Graph, *, direct_facts: bool = True) -> Ids:
    """Return the places of the facts that may be offered: all, or those that are not direct."""
    places = np.arange(graph.num_facts, dtype=np.int32)
    return places if direct_facts else places[~_direct(question, graph)]


def _direct(question: Question, graph: Graph) -> Any:
    """Tell which facts join a topic and an answer, either way."""
    topics = known(graph.entity_ids(question.topic_entities))
    answers = known(graph.entity_ids(gold_answers(question)))
    heads, tails = graph.heads, graph.tails
    along = np.isin(heads, topics) & np.isin(tails, answers)
    return along | (np.isin(tails, topics) & np.isin(heads, answers))
