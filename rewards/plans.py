"""What a reward reads off the plans of an episode of `hopgym/DagSearch-v0`.

Everything comes from what the environment recorded of an accepted plan (its nodes, what they asked
and what they found) and from the codes of refused actions; no text is parsed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ..core import Question, Step, Trajectory
from .normalize import squad_cached
from .words import content_words, naming_words, words

GRAPH_ERRORS = frozenset(
    [
        "no_nodes",
        "too_many_nodes",
        "bad_node",
        "duplicate_label",
        "unknown_tool",
        "unknown_label",
        "self_loop",
        "cycle",
        "query_too_long",
        "empty_query",
    ]
)
"""Parse errors of an action that kept the sections of the format: only its content is wrong.

The same codes as `GRAPH_ERRORS` of the grammar, which rewards may not import; a test compares.
"""

MIN_SHARED = 3
"""Content words that a query without a name must share with the question."""

STEM = 4
"""Letters by which words are compared: "Egypt" and "Egyptians", "hunter" and "hunters"."""


def plan_steps(trajectory: Trajectory) -> list[Step]:
    """Return the accepted plans."""
    return [step for step in trajectory.steps if step.parsed.get("kind") == "plan"]


def sections_kept(trajectory: Trajectory) -> bool:
    """Return whether every turn had its sections, whatever stood in them.

    An episode that ran out of turns lacks its last section.
    """
    errors = [step.parse_error for step in trajectory.steps if step.parse_error is not None]
    ended = trajectory.outcome in ("answered", "malformed")
    return ended and all(error in GRAPH_ERRORS for error in errors)


def graphs_valid(trajectory: Trajectory) -> bool:
    """Return whether the agent gave plans, all of them valid, and then an answer."""
    broken = any(step.parse_error in GRAPH_ERRORS for step in trajectory.steps)
    return trajectory.outcome == "answered" and not broken and bool(plan_steps(trajectory))


def nodes_find_new(trajectory: Trajectory) -> bool:
    """Return whether every node found a document that the agent had not seen when it planned.

    A node that repeats another one of its plan, same words and same source, finds nothing. What
    other nodes of the same plan find does not count against a node: the agent could not know.
    """
    seen: set[str] = set()
    for step in trajectory.steps:
        if step.parsed.get("kind") == "plan" and not _finds_new(step, seen):
            return False
        seen.update(hit.document_id for hit in step.hits)
    return bool(plan_steps(trajectory))


def is_grounded(question: Question, trajectory: Trajectory) -> bool:
    """Return whether the first plan is about the question: some node asks for what it names.

    A node does if its query shares a name or a number with the question, or three content words
    (as many as there are, if fewer) that make up half of its own. Later plans may follow up on
    what the first one found.
    """
    plans = plan_steps(trajectory)
    nodes = plans[0].parsed.get("nodes", ()) if plans else ()
    return any(asks_of(node["query"], question.text) for node in nodes)


def asks_of(query: str, question: str) -> bool:
    """Return whether a query asks for something of a question.

    >>> asks_of("Ada Orm birthplace", "Where was Ada Orm born?")
    True
    >>> asks_of("most famous film director", "Where was Ada Orm born?")
    False
    """
    if not _stems(words(query)).isdisjoint(_naming_stems(question)):
        return True
    own, asked = _stems(content_words(query)), _content_stems(question)
    shared = len(own & asked)
    return shared >= min(MIN_SHARED, max(len(asked), 1)) and 2 * shared >= len(own)


def _finds_new(step: Step, seen: set[str]) -> bool:
    nodes = step.parsed.get("nodes", ())
    asked = {(squad_cached(node["query"]), node.get("source", node["tool"])) for node in nodes}
    fresh = {hit.query for hit in step.hits if hit.document_id not in seen}
    return len(asked) == len(nodes) > 0 and fresh >= set(range(len(nodes)))


def _stems(given: Iterable[str]) -> frozenset[str]:
    return frozenset(word[:STEM] for word in given)


@lru_cache(maxsize=4_096)
def _naming_stems(question: str) -> frozenset[str]:
    return _stems(naming_words(question))


@lru_cache(maxsize=4_096)
def _content_stems(question: str) -> frozenset[str]:
    return _stems(content_words(question))
