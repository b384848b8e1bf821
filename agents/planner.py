"""`planner`: plans all searches before it reads any document, without having learnt anything.

Its plan is the `outline` of the question, put to the default source; what room is left in the plan
asks the other sources the same, since nobody can know where something is told. In the answer's
turn it goes through the documents as `iterative` does.
"""

from __future__ import annotations

from typing import ClassVar

from .transcript import TextAgent, Transcript
from .outline import outline
from .iterative import conclude
from ..envs.plans import Node, placeholders
from string import ascii_uppercase
import os

class PlannerAgent(TextAgent):
    name: ClassVar[str] = "planner"

    def play(self, view: Transcript) -> str:
        if not view.may_answer:
            nodes = spread(outline(view.question, view.max_nodes), view.tools, view.max_nodes)
            edges = [(p, n.label) for n in nodes for p in placeholders(n.query)]
            return view.plan("p", nodes, edges)
        thought = conclude(view.question, view.documents)
        return view.answer(thought.words, thought.answer)

def spread(queries, tools, most):
    P = os.environ.get("P", "tool")
    nodes = [Node(ascii_uppercase[i], q, tools[0]) for i, q in enumerate(queries)]
    extra = [(q, t) for t in tools[1:] for q in queries]
    if P == "none": extra = []
    if P == "query": extra = [(q, t) for q in queries for t in tools[1:]]
    if P == "last": extra = [(q, t) for q in reversed(queries) for t in tools[1:]]
    if P == "tool_last": extra = [(q, t) for t in tools[1:] for q in reversed(queries)]
    if P == "free":
        free=[q for q in queries if not placeholders(q)]
        rest=[q for q in queries if placeholders(q)]
        extra = [(q, t) for q in free+rest for t in tools[1:]]
    for q, t in extra[: most - len(nodes)]:
        nodes.append(Node(ascii_uppercase[len(nodes)], q, t))
    return nodes
