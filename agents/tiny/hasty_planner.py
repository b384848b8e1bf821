"""Two teachers of plans: one plans all that a question takes, the other the first search alone.

What the hasty one teaches is a policy that can plan and read and does not plan enough, which is what
reinforcement learning is to mend: see `hopgym.benchmarks.grpo_gain`. Both play
`hopgym/DagSearch-v0`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from string import ascii_uppercase
from typing import ClassVar

from ...core import Question
from ...envs.grammars.tools import TOOLS
from ...envs.plans import Edge, Node
from ...seeding import rng_for
from ..transcript import Transcript
from .sentences import statement
from .teacher import Lookup, TeacherAgent, lookups


class PatientPlanner(TeacherAgent):
    """Plans all searches at once, then states what each told and concludes."""

    name: ClassVar[str] = "patient-planner"

    def play(self, view: Transcript) -> str:
        """Plan, or answer."""
        question = self.gold(view)
        plan = lookups(question)
        if not view.may_answer:
            return write_plan(view, question, plan)
        read = [_read(look) for look in plan]
        said = read if question.type == "chain" else [self._conclusion(question, read)]
        return _spaced(view.answer(" ".join(said), question.answers[0]))


class HastyPlanner(PatientPlanner):
    """Plans the first of two searches, most of the time, and says what that one told.

    Of a chain it answers with the name that stands in the middle, of a comparison with the first
    name. Which questions it is hasty at follows their ids.
    """

    name: ClassVar[str] = "hasty-planner"
    share: ClassVar[float] = 0.8
    """How much of the time."""

    def play(self, view: Transcript) -> str:
        """Plan and answer too early, or play as the patient teacher does."""
        question = self.gold(view)
        plan = lookups(question)
        if len(plan) < 2 or not self._is_hasty(question.id):
            return super().play(view)
        if not view.may_answer:
            return write_plan(view, question, plan[:1])
        fact = plan[0].facts[-1]
        given = fact.head if question.type == "comparison" else fact.tail
        return _spaced(view.answer(_read(plan[0]), given))

    def _is_hasty(self, question_id: str) -> bool:
        return bool(rng_for(0, "hasty", question_id).random() < self.share)


def write_plan(view: Transcript, question: Question, plan: Sequence[Lookup]) -> str:
    """Write the action that makes some lookups of a question."""
    return _spaced(view.plan("I plan.", *planned(question, plan, view.tools)))


def planned(
    question: Question, plan: Sequence[Lookup], tools: Sequence[str]
) -> tuple[list[Node], list[Edge]]:
    """Return the plan that makes some lookups of a question: its nodes and its edges.

    A node asks a source that has the answer: one beside the usual ones, such as a search engine of
    everything, if there is any. In a chain each takes what the one before has found.
    """
    sources = {hop.answer: hop.source for hop in question.hops}
    everything = next((tool for tool in tools if tool not in TOOLS), None)
    labels = ascii_uppercase[: len(plan)]
    nodes: list[Node] = []
    for label, look in zip(labels, plan, strict=True):
        source = everything or sources.get(look.facts[-1].tail, "")
        query = _query(question, look, nodes[-1].label if nodes else "")
        nodes.append(Node(label, query, source if source in tools else tools[0]))
    chain = question.type == "chain"
    return nodes, list(pairwise(labels)) if chain else []


def _query(question: Question, look: Lookup, before: str) -> str:
    if question.type == "chain" and before:
        return look.query.replace(look.facts[0].head, f"{{{before}}}")
    return look.query


def _read(look: Lookup) -> str:
    return " ".join(map(statement, look.facts))


def _spaced(action: str) -> str:
    """Begin what stands inside tags with a space: names are then the same tokens as elsewhere."""
    return re.sub(r"<(think|answer)>(?=\S)", r"<\1> ", action)
