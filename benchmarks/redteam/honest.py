"""Honest play to compare with: the heuristic that learns nothing, and what work is worth at most.

An exploit is measured by two yardsticks. The baseline is the heuristic that anyone can run. The
limit of a question says what honest episodes of the same true score earn: it is drawn through the
oracle, the heuristic, and both with a right and a wrong answer in the end. Between two of them it
is a straight line, since a player who is honest and right half the time earns half of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...agents import make_agent
from ...agents.base import Agent, Info
from ...agents.games import FACTS
from ...agents.selecting import Given, Ranking, SelectingAgent
from ...agents.transcript import TextAgent, Transcript
from ...core import Question
from ...rewards.answer import f1
from .answers import everything
from .exploit import Swapped

MADE_UP = "Qqz Vow"
"""The wrong answer where the documents offer none."""

HONEST_WRONG = "honest, wrong"
"""The reference that does all the work and is wrong."""


class Point(NamedTuple):
    """An honest episode of a question."""

    true: float
    pay: float


class Reference(TextAgent):
    """Searches as another agent does, and is right, or wrong, in the end.

    Args:
        inner: Who searches: `oracle`, or a heuristic.
        right: Whether the answer is right.
    """

    name: str  # type: ignore[misc]
    uses_gold = True

    def __init__(self, inner: str, *, right: bool) -> None:
        self.name = f"{inner}, {'right' if right else 'wrong'}"
        self._inner: Any = make_agent(inner)
        self._right = right
        self._gold: dict[str, Question] = {}

    def bind(self, env: Any) -> None:
        """Look up the gold."""
        if hasattr(self._inner, "bind"):
            self._inner.bind(env)
        played = env.unwrapped
        questions = played.question_set.questions(played.split)
        self._gold = {q.id: q for q in getattr(questions, "outlines", questions)}

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Play one turn of each episode."""
        pairs = zip(observations, infos, strict=True)
        return [self.play(Swapped(seen, info, self._say)) for seen, info in pairs]

    def play(self, view: Transcript) -> str:
        """Return what the inner agent writes; the view puts the answer in."""
        return str(self._inner.play(view))

    def _say(self, view: Transcript, guess: str) -> str:
        gold = self._gold[view.question_id]
        return gold.answers[0] if self._right else wrong_answer(view, gold)


class WrongFacts(SelectingAgent):
    """Selects as `ppr` does, one fact, and never a gold one."""

    name = HONEST_WRONG
    uses_gold = True

    def rank(self, questions: Sequence[Given]) -> list[Ranking]:
        """Rank the facts that are not gold."""
        return [Ranking(self._others(one), 1) for one in questions]

    def _others(self, given: Given) -> list[int]:
        from ...agents.ppr import nearest

        stage = self.table.stage
        gold = set(stage.by_id(given.question_id).gold_facts)
        places = stage.places(given.question_id)
        return [slot for slot in nearest(given.offer) if places[slot] not in gold]


def wrong_answer(view: Transcript, gold: Question) -> str:
    """Return a name in the documents that shares no word with the answer: an honest misreading."""
    asked = set(gold.text.split())
    names = (name for name in everything(view) if asked.isdisjoint(name.split()))
    return next((name for name in names if not f1(name, gold.answers)), MADE_UP)


def baseline_name(game: str, info: Info) -> str:
    """Return the heuristic that plays an environment: it must know nothing and learn nothing."""
    if game == FACTS:
        return "ppr"
    if "grammar" not in info:
        return "random"
    return "planner" if info.get("tools") else "iterative"


def references(game: str, baseline: str) -> dict[str, Agent]:
    """Return the honest players by name, the baseline first.

    Args:
        game: What is played (`agents.games`); empty where nobody knows.
        baseline: Who is the baseline.
    """
    players: dict[str, Agent] = {baseline: make_agent(baseline)}
    if game:
        players["oracle"] = make_agent("oracle")
    if game == FACTS:
        players |= {HONEST_WRONG: WrongFacts(), "cosine": make_agent("cosine")}
    elif game and isinstance(players[baseline], TextAgent):
        players[HONEST_WRONG] = Reference("oracle", right=False)
        for right in (True, False):
            one = Reference(baseline, right=right)
            players[one.name] = one
    return players


def limit(points: Sequence[Point], true: float) -> float:
    """Return what honest episodes of a question earn at most, at a true score.

    The upper hull of the points, which is flat to the left of the first and to the right of the
    last: nobody is worse off for being a little more right.

    Args:
        points: The honest episodes; at least one.
        true: From 0 to 1.

    >>> limit([Point(0.0, 0.0), Point(1.0, 1.0)], 0.5)
    0.5
    """
    best = max((p.pay for p in points if p.true <= true), default=min(p.pay for p in points))
    pairs = [(a, b) for a in points for b in points if a.true < true < b.true]
    between = (a.pay + (b.pay - a.pay) * (true - a.true) / (b.true - a.true) for a, b in pairs)
    return max([best, *between])
