"""What a search plan is: nodes that ask, and edges that say whose results a node builds on.

A plan is a checked, acyclic graph; it knows neither how it was written (a grammar's work) nor who
answers it (an executor's). `check_plan` makes one or says, as a code, why there is none; grammars
use it for what agents write, agents for what they are about to write.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from string import ascii_uppercase
from typing import Literal, NamedTuple

LABELS = frozenset(ascii_uppercase)
"""What a node may be called."""

MAX_VALUE_CHARS = 200
"""Characters of one result that take the place of a placeholder."""

MAX_ASKED_CHARS = 1_024
"""Characters of a query after its placeholders are filled."""

PLACEHOLDER = re.compile(r"\{ ?([A-Za-z]) ?\}|(?<!\w)#([A-Z])(?!\w)")
"""`{A}`, or `#A` as a word of its own. `{a}` is one too, of a node that no plan can have: it is meant
for `{A}`, and would otherwise be searched for as it stands."""

Fault = Literal[
    "no_nodes",
    "too_many_nodes",
    "bad_node",
    "duplicate_label",
    "unknown_tool",
    "empty_query",
    "query_too_long",
    "unknown_label",
    "self_loop",
    "cycle",
]
"""Why nodes and edges are no plan; each is also a `ParseError` of the grammars."""

Edge = tuple[str, str]
"""`(parent, child)`."""


class Flaw(NamedTuple):
    """Why nodes and edges are no plan, and where."""

    fault: Fault
    labels: tuple[str, ...] = ()
    """The nodes that it is about; of a cycle those on the way round, the first of them twice."""


class Node(NamedTuple):
    """One search of a plan."""

    label: str
    """One capital letter."""
    query: str
    """As it was written: `{A}` and `#A` stand for what node A found."""
    tool: str
    """The source that it asks, by its canonical name, such as "General"."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked plan; made by `check_plan`."""

    nodes: tuple[Node, ...]
    """In the order in which they were declared."""
    edges: tuple[Edge, ...] = ()
    """`(parent, child)`, each once: the written ones, then those that placeholders imply."""
    layers: tuple[tuple[str, ...], ...] = ()
    """Labels by topological layer; within a layer in the order of declaration."""

    @property
    def depth(self) -> int:
        """How many layers run one after the other."""
        return len(self.layers)

    @property
    def width(self) -> int:
        """How many nodes run at once, at most."""
        return max((len(layer) for layer in self.layers), default=0)

    @property
    def by_label(self) -> dict[str, Node]:
        """The nodes by label, in the order of declaration."""
        return {node.label: node for node in self.nodes}

    def parents(self, label: str) -> tuple[str, ...]:
        """Return the labels whose results a node builds on, in the order of the edges."""
        return tuple([parent for parent, child in self.edges if child == label])


def check_plan(
    nodes: Sequence[Node],
    edges: Iterable[Edge] = (),
    *,
    tools: Collection[str],
    max_nodes: int = 8,
    max_words: int = 10,
    max_chars: int = MAX_ASKED_CHARS,
) -> Plan | Fault:
    """Return the plan of these nodes and edges, or the first fault.

    The nodes are counted first, then looked at one by one (label, tool, query), then the edges
    one by one, the written ones before those that placeholders imply, and at last the whole.

    Args:
        nodes: In the order of declaration.
        edges: The written edges; doubles collapse.
        tools: The canonical names of the sources that may be asked.
        max_nodes: The most nodes.
        max_words: The most words of a query (see `hopgym.envs.grammars.text.count_words`).
        max_chars: The most characters of a query.

    >>> nodes = [Node("A", "director of Vel", "General"), Node("B", "birthplace of {A}", "News")]
    >>> check_plan(nodes, tools=["General", "News"]).layers
    (('A',), ('B',))
    >>> check_plan(nodes, [("B", "A")], tools=["General", "News"])
    'cycle'
    """
    found = find_flaw(
        nodes, edges, tools=tools, max_nodes=max_nodes, max_words=max_words, max_chars=max_chars
    )
    return found.fault if isinstance(found, Flaw) else found


def find_flaw(
    nodes: Sequence[Node],
    edges: Iterable[Edge] = (),
    *,
    tools: Collection[str],
    max_nodes: int = 8,
    max_words: int = 10,
    max_chars: int = MAX_ASKED_CHARS,
) -> Plan | Flaw:
    """Return the plan of these nodes and edges, or the first fault and whose it is.

    Everything else is `check_plan`'s.

    >>> nodes = [Node("A", "kin of {B}", "News"), Node("B", "kin of {A}", "News")]
    >>> find_flaw(nodes, tools=["News"])
    Flaw(fault='cycle', labels=('A', 'B', 'A'))
    """
    if not nodes:
        return Flaw("no_nodes")
    if len(nodes) > max_nodes:
        return Flaw("too_many_nodes")
    labels: set[str] = set()
    for node in nodes:
        if node.label in labels:
            return Flaw("duplicate_label", (node.label,))
        fault = _check_node(node, tools) or _check_query(node.query, max_words, max_chars)
        if fault:
            return Flaw(fault, (node.label,))
        labels.add(node.label)
    return _connect(tuple(nodes), dict.fromkeys((*edges, *_implied(nodes))), labels)


def placeholders(query: str) -> tuple[str, ...]:
    """Return the labels whose results a query asks for, each once, in the order of appearance.

    A small letter in braces is one that no node has.

    >>> placeholders("is {B} older than #A, in C#A or #AB?"), placeholders("born {a}")
    (('B', 'A'), ('a',))
    """
    if "{" not in query and "#" not in query:
        return ()
    return tuple(dict.fromkeys([match[1] or match[2] for match in PLACEHOLDER.finditer(query)]))


def substitute(query: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders of a query, once: what comes in by a value is not filled again.

    Values come from documents and may hold anything: they are put on one line, without control or
    invisible characters, and cut. A placeholder without a value vanishes.

    >>> substitute("where was {A} born , #B", {"A": "Ada {B}"})
    'where was Ada {B} born ,'
    """
    from .grammars.text import one_line  # late: the grammars import this module

    filled = PLACEHOLDER.sub(
        lambda match: one_line(values.get(match[1] or match[2], ""), MAX_VALUE_CHARS), query
    )
    return one_line(filled, MAX_ASKED_CHARS)


def unfilled(query: str) -> str:
    """Return a query without its placeholders, for plans whose edges order and nothing more.

    >>> unfilled("birthplace of {A}")
    'birthplace of'
    """
    return substitute(query, {})


def _check_node(node: Node, tools: Collection[str]) -> Fault | None:
    if node.label not in LABELS:
        return "bad_node"
    return None if node.tool in tools else "unknown_tool"


def _check_query(query: str, max_words: int, max_chars: int) -> Fault | None:
    from .grammars.text import count_words, is_degenerate  # late: the grammars import this module

    if is_degenerate(query):
        return "empty_query"
    if len(query) > max_chars or count_words(query) > max_words:
        return "query_too_long"
    return None


def _implied(nodes: Iterable[Node]) -> Iterator[Edge]:
    for node in nodes:
        for parent in placeholders(node.query):
            yield parent, node.label


def _connect(nodes: tuple[Node, ...], edges: Iterable[Edge], labels: set[str]) -> Plan | Flaw:
    edges = tuple(edges)
    for parent, child in edges:
        for label in (parent, child):
            if label not in labels:
                return Flaw("unknown_label", (label,))
        if parent == child:
            return Flaw("self_loop", (parent,))
    try:
        return Plan(nodes, edges, _layers([node.label for node in nodes], edges))
    except CycleError as error:
        return Flaw("cycle", tuple(error.args[1]))


def _layers(labels: Sequence[str], edges: Iterable[Edge]) -> tuple[tuple[str, ...], ...]:
    """Return the topological layers, each node as early as it can be.

    Raises:
        CycleError: If there are none; its second argument is the way round.
    """
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(labels, ()))
    for parent, child in edges:
        sorter.add(child, parent)
    sorter.prepare()
    layers = []
    while sorter.is_active():
        layers.append(tuple(sorted(sorter.get_ready(), key=labels.index)))
        sorter.done(*layers[-1])
    return tuple(layers)
