"""`kg`: what selecting facts pays, in named terms that add up to the reward.

A step's reward is the sum of

| term | what it pays | when |
|---|---|---|
| `shaping` | `gamma * Phi(s') - Phi(s)` of `shaping.Potential` | every step |
| `answer` | `answer` times the answers' score by `answer_metric` | when the episode terminates |
| `size` | `-size` for each fact that the step selects | every step |
| `invalid` | `-invalid` for each masked choice of the step, or a step that could not be read | every step |
| `retrieval` | `retrieval` if any gold answer stands in the selection | at the end |
| `efficiency` | `efficiency` times the answers' score over the number of facts selected | at the end |
| `turn` | `turn` times the share of valid choices among all choices of the episode | at the end |
| `fail` | `-fail` where the answers' score is 0, or there are none | at the end |

and "at the end" is where the episode terminates or is truncated. The last four stand there only
where they are weighted. A fact costs when it is selected, not at the end: a learner that goes on
from a truncated state by its value estimate would otherwise pay for the facts twice. All terms but
`shaping` are the task itself; `shaping` alone claims to leave the optimum where it was, and does
so for any of the others.

An environment that counts as it goes calls `SubgraphReward.terms` with arrays for a whole batch; a
stored trajectory is scored by the same method with a batch of one, to the same bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ...core import Question, Score, Step, Trajectory
from ...errors import ConfigError
from ..base import Item
from .answers import ANSWER_METRICS
from .facts import Floats, checked_indices, gold_answers, ratios, share
from .shaping import Potential, check_gamma, shaping_term

_COSTS = ("size", "invalid", "fail")
_GAINS = ("answer", "retrieval", "efficiency", "turn")


class Counts(NamedTuple):
    """All that the reward knows of the states of a batch of episodes, `[n]` each."""

    right: ArrayLike
    """How many of the selected facts are gold."""
    selected: ArrayLike
    """How many facts are selected."""
    gold: ArrayLike
    """How many are gold; 0 where the gold is unknown."""
    answers_found: ArrayLike
    """How many gold answers stand in the selection."""
    answers_total: ArrayLike
    """How many there are, those outside the graph too."""
    invalid: ArrayLike = 0
    """How many masked choices the episode has made so far."""


@dataclass(frozen=True, kw_only=True)
class SubgraphReward:
    """Pays progress, the answer, and few facts; see the module for its terms.

    Raises:
        ConfigError: If a weight or cost is no finite number, a cost is below 0, gamma is no
            discount or the metric is unknown.

    >>> reward = SubgraphReward(size=0.0)
    >>> start, good = Counts([0], [0], [2], [0], [1]), Counts([2], [2], [2], [1], [1])
    >>> reward.terms(start, good, terminated=[False])["shaping"]
    array([1.])
    >>> stop = reward.terms(good, good, terminated=[True], answer_score=[1.0])
    >>> stop["shaping"], stop["answer"], reward.value(stop)
    (array([-1.]), array([1.]), array([0.]))
    """

    answer: float = 1.0
    """The weight of the answers' score."""
    answer_metric: str = "f1_one_to_one"
    """How the answers are scored: a name of `ANSWER_METRICS`."""
    shaping: bool = True
    """Whether progress is paid as it is made."""
    fact_f1: float = 0.5
    """The weight of the facts' F1 in the potential."""
    answer_recall: float = 0.5
    """The weight of the answers found in the potential."""
    gamma: float = 1.0
    """The learner's own discount; with another, shaping moves the optimum."""
    size: float = 0.01
    """The cost of each fact."""
    invalid: float = 0.1
    """The cost of each masked choice."""
    retrieval: float = 0.0
    efficiency: float = 0.0
    turn: float = 0.0
    fail: float = 0.0
    _potential: Potential = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the options."""
        for name in (*_GAINS, *_COSTS):
            _check_number(name, getattr(self, name), cost=name in _COSTS)
        check_gamma(self.gamma)
        if self.answer_metric not in ANSWER_METRICS:
            raise ConfigError(
                f"answer_metric is {self.answer_metric!r:.60}; it is one of: "
                f"{', '.join(ANSWER_METRICS)}."
            )
        if not isinstance(self.shaping, bool):
            raise ConfigError(f"shaping is {self.shaping!r:.60}; it is true or false.")
        object.__setattr__(self, "_potential", Potential(self.fact_f1, self.answer_recall))

    def terms(
        self,
        before: Counts,
        after: Counts,
        *,
        terminated: ArrayLike,
        truncated: ArrayLike = False,
        answer_score: ArrayLike = 0.0,
    ) -> dict[str, Floats]:
        """Return what one step of each episode earns, by the name of the term, `[n]` each.

        Args:
            before: The states that were left.
            after: The states that were reached.
            terminated: Whether the episode ended there by itself, such as by an answer.
            truncated: Whether a step limit cut it off there.
            answer_score: Of `answer_score`; read only where the episode terminated.
        """
        done = np.asarray(terminated, np.bool_)
        end = done | np.asarray(truncated, np.bool_)
        score = np.where(done, np.asarray(answer_score, np.float64), 0.0)
        terms: dict[str, Any] = {
            "shaping": self._shaped(before, after, done),
            "answer": self.answer * score,
            "size": -self.size * _grown(before.selected, after.selected),
            "invalid": -self.invalid * _grown(before.invalid, after.invalid),
        }
        if self.retrieval:
            terms["retrieval"] = self.retrieval * (end & (np.asarray(after.answers_found) > 0))
        if self.efficiency:
            terms["efficiency"] = self.efficiency * share(score, after.selected)
        if self.turn:
            terms["turn"] = self.turn * (end * _valid_share(after, done))
        if self.fail:
            terms["fail"] = -self.fail * (end & (score == 0.0))
        # Not -0.0, which is what a cost makes of nothing.
        return {name: np.zeros(np.shape(after.selected)) + term for name, term in terms.items()}

    @staticmethod
    def value(terms: Mapping[str, Floats]) -> Floats:
        """Return the sum of the terms, `[n]`, always added in the same order."""
        return np.asarray(reduce(np.add, terms.values()))

    def answer_score(self, answers: Sequence[str], gold: Sequence[str]) -> float:
        """Return how right the answers are that were read off a selection.

        Args:
            answers: Best first.
            gold: Of `gold_answers`.
        """
        return ANSWER_METRICS[self.answer_metric](answers, gold)

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step."""
        return self.many([(question, trajectory)])[0]

    def many(self, items: Sequence[Item]) -> list[Score]:
        """Score the last step of each episode, all with one call of `terms`."""
        if not items:
            return []
        states = [states_of(question, trajectory) for question, trajectory in items]
        terms = self.terms(
            _stack([before for before, _ in states]),
            _stack([after for _, after in states]),
            terminated=[_terminated(trajectory) for _, trajectory in items],
            truncated=[trajectory.outcome == "out_of_steps" for _, trajectory in items],
            answer_score=[self._answered(*item) for item in items],
        )
        values = self.value(terms).tolist()
        rows = zip(*(column.tolist() for column in terms.values()), strict=True)
        return [
            Score(value, dict(zip(terms, row, strict=True)))
            for value, row in zip(values, rows, strict=True)
        ]

    def _shaped(self, before: Counts, after: Counts, terminated: ArrayLike) -> Floats:
        if not self.shaping:
            return np.zeros(())
        left, reached = self._phi(before), self._phi(after)
        return shaping_term(left, reached, terminated, gamma=self.gamma)

    def _phi(self, state: Counts) -> Floats:
        f1 = ratios(state.right, state.selected, state.gold).f1
        return self._potential(f1, share(state.answers_found, state.answers_total))

    def _answered(self, question: Question, trajectory: Trajectory) -> float:
        """Score the answers of an episode that ended with some; 0 for any other."""
        if trajectory.outcome != "answered":
            return 0.0
        answers = trajectory.steps[-1].parsed.get("answers")
        if answers is None:  # written by others
            answers = [a for a in (trajectory.prediction or "").split(" | ") if a]
        return self.answer_score(answers, gold_answers(question))


def states_of(question: Question, trajectory: Trajectory) -> tuple[Counts, Counts]:
    """Return the counts before and after the last step of an episode, of a single question each.

    Raises:
        ConfigError: If the episode has no step, is not one of selecting facts, or selects a fact
            that the question does not have.
    """
    if not trajectory.steps:
        raise ConfigError(
            f"The episode of {trajectory.question_id!r:.60} has no step; a reward scores the last."
        )
    moves = [_move(step) for step in trajectory.steps]
    return _counts(question, moves[:-1]), _counts(question, moves)


def chosen_facts(trajectory: Trajectory) -> list[int]:
    """Return the facts that an episode has selected, in the order in which it did.

    Raises:
        ConfigError: If it is not an episode of selecting facts.
    """
    return [index for step in trajectory.steps for index in _move(step)[0]]


def _counts(question: Question, moves: Sequence[tuple[Sequence[int], int]]) -> Counts:
    chosen = [index for facts, _ in moves for index in facts]
    indices = checked_indices(chosen, len(question.facts))
    gold, answers = set(question.gold_facts), gold_answers(question)
    stands = {e for i in indices for e in (question.facts[i].head, question.facts[i].tail)}
    return Counts(
        right=len(gold.intersection(indices)),
        selected=len(indices),
        gold=len(gold),
        answers_found=sum(answer in stands for answer in answers),
        answers_total=len(answers),
        invalid=sum(invalid for _, invalid in moves),
    )


def _move(step: Step) -> tuple[Sequence[int], int]:
    """Return the facts that a step selected, and how many masked choices it made."""
    parsed = step.parsed
    if not parsed:  # it could not be read: no better than a masked choice
        return (), 1
    if "facts" not in parsed:
        raise ConfigError(
            f"Step {step.index} is a {parsed.get('kind')!r:.40} and selects no facts: the rewards "
            "of `hopgym.rewards.kg` score episodes of hopgym/KGSubgraph-v0."
        )
    return parsed["facts"], int(parsed.get("invalid", 0))


def _stack(states: Sequence[Counts]) -> Counts:
    return Counts(*(np.array(column) for column in zip(*states, strict=True)))


def _terminated(trajectory: Trajectory) -> bool:
    return trajectory.outcome in ("answered", "malformed")


def _grown(before: ArrayLike, after: ArrayLike) -> Floats:
    return np.asarray(after, np.float64) - np.asarray(before, np.float64)


def _valid_share(after: Counts, stopped: ArrayLike) -> Floats:
    """Return the share of choices that were not masked; to stop is one that never is."""
    valid = np.asarray(after.selected, np.float64) + np.asarray(stopped, np.float64)
    return share(valid, valid + np.asarray(after.invalid, np.float64))


def _check_number(name: str, value: Any, *, cost: bool) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or (cost and value < 0):
        kind = "is a cost, a finite number from 0" if cost else "is a weight, a finite number"
        raise ConfigError(f"{name} is {value!r:.60}; it {kind}.")
