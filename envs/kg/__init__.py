"""Knowledge graphs: the store, ways to look around in it, and supervision made from it.

    graph = Graph.of(question.facts)
    topics = graph.entity_ids(question.topic_entities)
    answers = graph.entity_ids(question.answer_entities)
    label(graph, topics, answers, Rule("undirected")).facts

It knows questions and facts, and nothing of how they are played or learned from.
"""

from __future__ import annotations

from .expansion import distances, expand, facts_among, nearest_facts, pagerank
from .graph import Graph
from .heuristics import Labels, label
from .index import Index
from .paths import entity_paths, shortest_path
from .rule import MODES, Rule
from .summary import Summary
from .supervision import Settings, supervise, write_supervision

__all__ = [
    "MODES",
    "Graph",
    "Index",
    "Labels",
    "Rule",
    "Settings",
    "Summary",
    "distances",
    "entity_paths",
    "expand",
    "facts_among",
    "label",
    "nearest_facts",
    "pagerank",
    "shortest_path",
    "supervise",
    "write_supervision",
]
