"""Teachers of recursive retrieval: they read what is shown, and search again only for what it lacks.

Both know the gold and play `hopgym/RAG-v0` with `generator="agent"`, or SearchRead: a turn states
the facts that the documents have told so far, in the question's words, and then asks for the first
that they have not, or answers. What is not told is never said, so that an episode whose documents
lack the answer ends with "unknown" and is no example.
"""

from __future__ import annotations

from typing import ClassVar

from ...core import Fact, Hop, Question
from ...envs.datasets.world.relations import BY_NAME
from ...seeding import rng_for
from ..expert.agent import UNKNOWN, not_told, tells
from ..tiny.sentences import statement
from ..tiny.teacher import Lookup, TeacherAgent, lookups
from ..transcript import Transcript


class RecursiveTeacher(TeacherAgent):
    """Decides by what is shown: a question whose documents tell all is answered at once."""

    name: ClassVar[str] = "recursive-teacher"

    def play(self, view: Transcript) -> str:
        """Search for the first fact that is not told, or answer."""
        question = self.gold(view)
        plan = lookups(question)
        told = told_of(view, plan)
        read = [_said(look) for look in plan[:told]]
        if told == len(plan):
            return view.answer(self._end(question, read), question.answers[0])
        for query in _queries(question, plan[told]):
            if view.may_search and view.fit(query) not in view.queries:
                return view.ask(" ".join([*read, f"I need {query}."]), query)
        return view.answer(" ".join([*read, not_told(plan[told].query)]), UNKNOWN)

    def _end(self, question: Question, read: list[str]) -> str:
        """Say all that the answer follows from: in a chain each fact begins with the one before."""
        return " ".join(read) if question.type == "chain" else self._conclusion(question, read)


class HastyRecursiveTeacher(RecursiveTeacher):
    """Answers with what it has read first, most of the time.

    Of a chain that is the name that stands in the middle, of a comparison the first name. Which
    questions it is hasty at follows their ids. It teaches a policy that can read and will not go
    on, which is what reinforcement learning is to mend: see `hopgym.benchmarks.refrag_gain`.
    """

    name: ClassVar[str] = "hasty-recursive-teacher"
    share: ClassVar[float] = 0.8
    """How much of the time."""

    def play(self, view: Transcript) -> str:
        """Answer too early, or play as the good teacher does."""
        question = self.gold(view)
        plan = lookups(question)
        if not 0 < told_of(view, plan) < len(plan) or not self._is_hasty(question.id):
            return super().play(view)
        fact = plan[0].facts[-1]
        given = fact.head if question.type == "comparison" else fact.tail
        return view.answer(_said(plan[0]), given)

    def _is_hasty(self, question_id: str) -> bool:
        return bool(rng_for(0, "hasty", question_id).random() < self.share)


def told_of(view: Transcript, plan: list[Lookup]) -> int:
    """Return how many lookups, from the first one on, the documents shown have answered."""
    for place, look in enumerate(plan):
        if not all(tells(view.documents, _hop(fact)) for fact in look.facts):
            return place
    return len(plan)


def _queries(question: Question, look: Lookup) -> list[str]:
    """Return what may be asked for a lookup.

    An intersection's conditions together are the question's own words, which were searched for:
    each is asked alone.
    """
    if question.type != "intersection":
        return [look.query]
    noun = question.text.removeprefix("Which ").partition(" ")[0]
    return [f"the {noun} that {_condition(fact)}" for fact in look.facts]


def _condition(fact: Fact) -> str:
    return BY_NAME[fact.relation].condition.format(x=fact.tail)


def _hop(fact: Fact) -> Hop:
    return Hop(f"about {fact.head}", fact.tail)


def _said(look: Lookup) -> str:
    return " ".join(map(statement, look.facts))
