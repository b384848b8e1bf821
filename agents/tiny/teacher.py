"""The teacher of the small policy: plays whole episodes with the gold at hand.

It knows the gold, as the oracle does, and plays the environment as anyone else; what it writes makes
each decision a small one. It names what it needs in the question's own words, then states what it
read in these words, so that the next step is a copy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from ...core import Fact, Question
from ...envs.datasets.world.relations import BY_NAME
from ..oracle import OracleAgent
from ..transcript import Transcript
from .sentences import compared, statement


class Lookup(NamedTuple):
    """One search of the teacher's, and the facts that it is to find."""

    query: str
    facts: tuple[Fact, ...]


def lookups(question: Question) -> list[Lookup]:
    """Return what to search, one after the other, for a question of the world."""
    gold = [question.facts[index] for index in question.gold_facts]
    if question.type == "intersection":
        return [Lookup(_wanted(question), tuple(gold))]
    asked = {_question_of(fact): fact for fact in gold}
    facts = [asked[hop.query] for hop in question.hops if hop.query in asked]
    if question.type == "comparison":
        facts = list(_in_order(facts, question.text, lambda fact: fact.head))
    return [Lookup(_noun(fact), (fact,)) for fact in facts]


class TeacherAgent(OracleAgent):
    """Plays with the gold at hand, and says why in words that a small policy can learn."""

    name: ClassVar[str] = "teacher"

    def play(self, view: Transcript) -> str:
        """Search what is missing, or answer."""
        question = self.gold(view)
        plan = lookups(question)
        done = len(view.queries)
        read = [" ".join(map(statement, look.facts)) for look in plan[:done]]
        if done < len(plan) and view.may_search:
            words = " ".join([*read[-1:], f"I need {plan[done].query}."])
            return view.ask(words, plan[done].query)
        return view.answer(self._conclusion(question, read), question.answers[0])

    def _conclusion(self, question: Question, read: Sequence[str]) -> str:
        """Say what decides the answer."""
        if question.type == "intersection":
            wanted = _wanted(question)
            return f"{wanted[0].upper()}{wanted[1:]} is {question.answers[0]}."
        facts = [fact for look in lookups(question) for fact in look.facts]
        relation = BY_NAME[facts[0].relation]
        if question.type == "comparison" and relation.most:
            numbers = [int(fact.tail) for fact in facts if fact.relation == relation.name]
            picked = compared(relation, numbers, most=relation.most in question.text)
            return " ".join([*read, picked])
        return " ".join(read[-1:])


def _question_of(fact: Fact) -> str:
    return BY_NAME[fact.relation].question.format(x=fact.head)


def _wanted(question: Question) -> str:
    """Make "the person that had the mentor A" of "Which person had the mentor A?"."""
    noun, _, conditions = question.text.removeprefix("Which ").removesuffix("?").partition(" ")
    return f"the {noun} that {conditions}"


def _noun(fact: Fact) -> str:
    return BY_NAME[fact.relation].noun.format(x=fact.head)


def _in_order(facts: Sequence[Fact], text: str, name: Callable[[Fact], str]) -> tuple[Fact, ...]:
    """Return facts in the order in which a text names something of each."""
    return tuple(sorted(facts, key=lambda fact: _place(text, name(fact))))


def _place(text: str, name: str) -> int:
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return found.start() if found else len(text)
