"""`planner`: plans all searches before it reads any document, without having learnt anything.

Its plan is the `outline` of the question, put to the first source. Nobody knows beforehand where
something is told, so the room that is left asks other sources too (`spread`). In the answer's turn
it goes through all documents as `iterative` does. Where searches are made one by one, it asks the
same outline in its order, with what it reads on the way in the placeholders' place.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import ClassVar

from ..envs.plans import Edge, Node, placeholders, substitute
from ..retrieval.readers.names import Documents
from ..retrieval.readers.reading import read
from .iterative import conclude
from .outline import outline
from .transcript import TextAgent, Transcript


class PlannerAgent(TextAgent):
    """Plan once, read once, answer."""

    name: ClassVar[str] = "planner"

    def play(self, view: Transcript) -> str:
        """Plan what the question needs, or ask for the next of it, or answer."""
        if not view.may_answer:
            queries = outline(view.question, view.max_nodes)
            nodes = spread(queries, view.tools, view.max_nodes)
            return view.plan("I plan all that the question needs.", nodes, edges_of(nodes))
        if not view.tools and view.may_search:
            queries = outline(view.question)[: len(view.queries) + 1]
            if len(queries) > len(view.queries):
                return view.ask("I go on with my plan.", filled(queries, view.documents)[-1])
        thought = conclude(view.question, view.documents)
        return view.answer(thought.words, thought.answer)


def spread(queries: Sequence[str], tools: Sequence[str], most: int) -> list[Node]:
    """Return the nodes that put queries to the first tool, and as many as fit to the others too.

    What is asked elsewhere may find something else, so what builds on it is asked once more, with
    that. The queries on which the least builds come first: they take up the least room.

    >>> for node in spread(["author of Vel", "mentor of {A}"], ["General", "News"], most=5):
    ...     print(*node)
    A author of Vel General
    B mentor of {A} General
    C mentor of {A} News
    D author of Vel News
    E mentor of {D} General
    """
    nodes = [Node(*node, tools[0]) for node in zip(ascii_uppercase, queries, strict=False)][:most]
    families = [_family(node, nodes) for node in nodes]
    elsewhere = [(family, tool) for tool in tools[1:] for family in families]
    for family, tool in sorted(elsewhere, key=lambda pair: len(pair[0])):
        if len(nodes) + len(family) <= most:
            nodes += _asked_anew(family, tool, ascii_uppercase[len(nodes) :])
    return nodes


def edges_of(nodes: Sequence[Node]) -> list[Edge]:
    """Return the edges that placeholders stand for, from earlier nodes to later ones.

    Braces of the question's own, which name anything else, stand for none.

    >>> edges_of([Node("A", "author of {B}", "News"), Node("B", "mentor of {A}, {Z}", "News")])
    [('A', 'B')]
    """
    labels = [node.label for node in nodes]
    return [
        (parent, node.label)
        for place, node in enumerate(nodes)
        for parent in placeholders(node.query)
        if parent in labels[:place]
    ]


def filled(queries: Sequence[str], documents: Documents) -> list[str]:
    """Return queries with what documents say in the place of placeholders.

    >>> filled(["author of Vel", "mentor of {A}"], [("Vel", "The author of Vel is Ada Orm.")])
    ['author of Vel', 'mentor of Ada Orm']
    """
    values: dict[str, str] = {}
    done = []
    for label, query in zip(ascii_uppercase, queries, strict=False):
        done.append(substitute(query, values))
        values[label] = read(done[-1], documents).answer
    return done


def _family(first: Node, nodes: Sequence[Node]) -> list[Node]:
    """Return a node and all that builds on it, in the order of the nodes."""
    family = [first]
    for node in nodes[nodes.index(first) + 1 :]:
        if any(parent.label in placeholders(node.query) for parent in family):
            family.append(node)
    return family


def _asked_anew(family: Sequence[Node], tool: str, labels: str) -> list[Node]:
    """Return copies under other labels, the first of them put to another tool."""
    copies = {node.label: f"{{{label}}}" for node, label in zip(family, labels, strict=False)}
    others = {label: f"{{{label}}}" for node in family for label in placeholders(node.query)}
    return [
        Node(
            label, substitute(node.query, others | copies), tool if node is family[0] else node.tool
        )
        for node, label in zip(family, labels, strict=False)
    ]
