"""What a reward reads off the plans of an episode of `hopgym/DagSearch-v0`.

Everything comes from what the environment recorded of an accepted plan (its nodes, what they asked
and what they found) and from the codes of refused actions; no text is parsed here. What is wrong is
said in words, and None where nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from ..core import Step, Trajectory
from .normalize import squad_cached

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


def plan_steps(trajectory: Trajectory) -> list[Step]:
    """Return the accepted plans."""
    return [step for step in trajectory.steps if step.parsed.get("kind") == "plan"]


def format_fault(trajectory: Trajectory) -> str | None:
    """Return where a turn lacked its sections, whatever stood in them.

    An episode that ran out of turns lacks its last section.
    """
    fault = _refused(trajectory, graph=False)
    ended = trajectory.outcome in ("answered", "malformed")
    return fault or (None if ended else "the turns ran out before the answer")


def graph_fault(trajectory: Trajectory) -> str | None:
    """Return what kept the agent from giving plans, all of them valid, and then an answer."""
    if fault := _refused(trajectory, graph=True):
        return fault
    if not plan_steps(trajectory):
        return "there is no plan"
    return None if trajectory.outcome == "answered" else "no answer followed"


def search_fault(trajectory: Trajectory) -> str | None:
    """Return which nodes found no document that the agent had not seen when it planned.

    Each node must have one for itself: no fewer documents than nodes. What other nodes of the same
    plan find as well does not count against a node, as the agent could not know. Where searches
    give one document alone, a node may find that of a node that it builds on. A node that asked
    what another one had, of the same source or with the same documents, repeats it, unless it
    builds on that one and could not know: a check such as "Which region contains {B}?".
    """
    seen: set[str] = set()
    plans = 0
    for step in trajectory.steps:
        if step.parsed.get("kind") == "plan":
            plans += 1
            if fault := _idle(step, seen):
                return fault if plans == 1 else f"{fault} (plan {plans})"
        seen.update(hit.document_id for hit in step.hits)
    return None if plans else "there is no plan"


def _refused(trajectory: Trajectory, *, graph: bool) -> str | None:
    """Return the first action that was refused, for its graph alone or for its sections."""
    for number, step in enumerate(trajectory.steps, 1):
        if step.parse_error is not None and (step.parse_error in GRAPH_ERRORS) == graph:
            return f"step {number} was refused ({step.parse_error})"
    return None


def _idle(step: Step, seen: set[str]) -> str | None:
    """Return which nodes of a plan repeat another, or else found nothing new of their own."""
    found = _found(step)
    if not found:
        return "there is no node"
    if repeat := _repeat(step, found):
        return repeat
    new = {label: documents - seen for label, documents in found.items()}
    idle = sorted(label for label, documents in new.items() if not documents)
    if idle:
        return f"{'node' if len(idle) == 1 else 'nodes'} {', '.join(idle)} found nothing new"
    apart = {label: new[label] for label in new if not _may_share(label, step, new)}
    crowded = without_own(apart)
    return f"node {crowded} found only what other nodes of its plan did" if crowded else None


def _found(step: Step) -> dict[str, set[str]]:
    """Return the documents that each node found, in the order of execution."""
    ran = [label for layer in step.parsed.get("layers", ()) for label in layer]
    found: dict[str, set[str]] = {label: set() for label in ran}
    for hit in step.hits:
        found[ran[hit.query]].add(hit.document_id)
    return found


def _repeat(step: Step, found: Mapping[str, set[str]]) -> str | None:
    """Return a node that asked what another one had: of the same source, or to the same end."""
    for one, other in combinations(step.parsed["nodes"], 2):
        if squad_cached(_asked(one)) != squad_cached(_asked(other)):
            continue
        if _checks(one, other, step) or _checks(other, one, step):
            continue
        same = one.get("source", one["tool"]) == other.get("source", other["tool"])
        if same or found[one["label"]] == found[other["label"]]:
            return f"node {other['label']} repeats node {one['label']}"
    return None


def _checks(node: Mapping[str, str], other: Mapping[str, str], step: Step) -> bool:
    """Whether a node builds on another one and came to ask the same by what was found."""
    filled = _asked(node) != node["query"]
    return filled and other["label"] in ancestors(node["label"], step.parsed.get("edges", ()))


def _asked(node: Mapping[str, str]) -> str:
    return node.get("asked", node["query"])


def _may_share(label: str, step: Step, new: Mapping[str, set[str]]) -> bool:
    """Whether a search that gave one document alone gave that of a search that it builds on."""
    return len(new[label]) == 1 and any(
        new[label] <= new[parent] for parent in ancestors(label, step.parsed.get("edges", ()))
    )


def ancestors(label: str, edges: Iterable[Sequence[str]]) -> set[str]:
    """Return the nodes that a node builds on, near and far.

    >>> sorted(ancestors("C", [("A", "B"), ("B", "C"), ("C", "D")]))
    ['A', 'B']
    """
    known: set[str] = set()
    wanted = [label]
    pairs = list(edges)
    while wanted:
        child = wanted.pop()
        parents = {parent for parent, of in pairs if of == child} - known
        known |= parents
        wanted += sorted(parents)
    return known


def without_own(found: Mapping[str, set[str]]) -> str | None:
    """Return a node that is left without a document if no two nodes may have the same one.

    A matching of nodes and documents by augmenting paths (Kuhn, 1955).

    >>> without_own({"A": {"d1", "d2"}, "B": {"d1"}}), without_own({"A": {"d1"}, "B": {"d1"}})
    (None, 'B')
    """
    owner: dict[str, str] = {}

    def place(label: str, tried: set[str]) -> bool:
        for document in sorted(found[label] - tried):
            tried.add(document)
            if document not in owner or place(owner[document], tried):
                owner[document] = label
                return True
        return False

    return next((label for label in found if not place(label, set())), None)
