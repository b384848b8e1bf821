"""The reward of DagSearch: how right the answer is, whether the plan held, whether the format did.

`w_sem * semantic + w_dag * dag + w_format * format` of Reasoning-Search (arXiv 2506.08352), with
weights that put the form first for the first training steps. As published it can be had for
nothing; each hole has a closure here that can be switched off, and with all of them off
(`dag_original`) an episode earns what the published code pays.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..core import Question, Score, Trajectory
from ..errors import ConfigError
from . import dag_original as original
from .base import Item, for_documents
from .genuine import is_answer, is_echo
from .grounding import is_grounded
from .judges import make_judge
from .judges.base import Judge, Verdict
from .plans import format_fault, graph_fault, plan_steps, search_fault
from .verdicts import claim, semantic

TERMS = ("semantic", "dag", "format")
FINAL = (0.50, 0.25, 0.25)
"""The weights of the terms, in that order."""
CURRICULUM = (0.20, 0.40, 0.40)
"""The weights for the first training steps."""
CURRICULUM_STEPS = 30

_CLOSURES = ("real_answer", "new_documents", "no_echo", "grounded", "own_words")


class Reading(NamedTuple):
    """What an episode says before its answer is judged."""

    answer: str | None
    """What the judge is asked about; None where there is nothing to judge."""
    dag: bool
    format: bool
    why: tuple[str, ...] = ()
    """What cost which terms, in words."""


Weights = Sequence[float] | Mapping[str, float]
"""The weights of semantic, dag and format: in that order, or by name."""


@for_documents
class DagReward:
    """The reward of `hopgym/DagSearch-v0`.

    All of it is paid on the last step of the episode, as it is an outcome reward: an accepted plan
    by itself earns 0, and an action that is refused for good is scored where it stands.

    - `format`: every turn had its sections. A plan with them that is no valid graph (a cycle, a
      tool that does not exist) keeps this term and earns nothing else; its answer is not judged.
    - `dag`: every plan was a valid graph, an answer followed, and the closures hold.
    - `semantic`: the judge's verdict on the answer, from 0 to 1. Where there is no verdict to be
      had the score is `unscored`, never 0.

    An action that was refused and forgiven costs its term (`dag` or `format`) and no more. What an
    episode lost and why is the score's `reason`, after the judge's own.

    What the closures leave, as it is published: a wrong but plausible answer to a valid plan that is
    about the question keeps `dag` and `format`, 0.50 in the end and 0.80 in the curriculum, however
    little the plan was worth. A policy can live on that: watch the semantic term, not the sum.

    Args:
        judge: Who judges the answer: a judge, or its name with options.
        curriculum_steps: Training steps with the `curriculum_weights`; 0 for none.
        real_answer: Pay `semantic` and `dag` only for an answer with something to judge: not a
            single letter, not "unknown", not "it".
        new_documents: Pay `dag` only if every node found a document that the agent had not seen
            when it planned, one for each node, and no node repeats another one.
        no_echo: Pay `semantic` and `dag` only for an answer that is not copied from the question:
            to name one of its candidates is to choose, to name two is an echo.
        grounded: Pay `dag` only if most of the first plan's searches that build on no other one ask
            for something that the question names: one plan for all questions is no plan.
        own_words: Read what the agent wrote and the environment understood. Switched off, all text
            is searched for tags, as published: the agent's forged results and refused actions too.
        step: The training step, from 0; None where nobody trains, for the final weights.
        weights: The final weights of semantic, dag and format, in that order or by name.
        curriculum_weights: Theirs for the first steps.

    >>> reward = DagReward(curriculum_steps=10)
    >>> reward.weights["semantic"], reward.at(9).weights["semantic"], reward.at(10).weights["dag"]
    (0.5, 0.2, 0.25)
    """

    def __init__(
        self,
        *,
        judge: str | Judge = "rule",
        curriculum_steps: int = CURRICULUM_STEPS,
        real_answer: bool = True,
        new_documents: bool = True,
        no_echo: bool = True,
        grounded: bool = True,
        own_words: bool = True,
        step: int | None = None,
        weights: Weights = FINAL,
        curriculum_weights: Weights = CURRICULUM,
    ) -> None:
        closures = (real_answer, new_documents, no_echo, grounded, own_words)
        for name, switch in zip(_CLOSURES, closures, strict=True):
            if not isinstance(switch, bool):
                raise ConfigError(f"{name} is {switch!r:.60}; it may be True or False.")
        self.real_answer, self.new_documents, self.no_echo, self.grounded, self.own_words = closures
        self.curriculum_steps = _whole("curriculum_steps", curriculum_steps)
        self.step = None if step is None else _whole("step", step)
        self._final = _weights("weights", weights)
        self._curriculum = _weights("curriculum_weights", curriculum_weights)
        self.judge = make_judge(judge)

    @property
    def weights(self) -> Mapping[str, float]:
        """The weights that hold at this training step."""
        early = self.step is not None and self.step < self.curriculum_steps
        return dict(zip(TERMS, self._curriculum if early else self._final, strict=True))

    def at(self, step: int | None) -> DagReward:
        """Return the same reward, with the same judge, at another training step."""
        moved = copy.copy(self)
        moved.step = None if step is None else _whole("step", step)
        return moved

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step: 0 while the episode runs."""
        if trajectory.outcome == "running":
            return self._score(Reading(None, False, False), None)
        return self.many([(question, trajectory)])[0]

    def many(self, items: Sequence[Item]) -> list[Score]:
        """Score the last step of each episode; the judge is asked once, for all that ended."""
        readings = [self.read(*item) for item in items]
        claims = [
            claim(question, reading.answer)
            for (question, _), reading in zip(items, readings, strict=True)
            if reading.answer is not None
        ]
        verdicts = iter(semantic(self.judge, claims))
        return [
            self._score(reading, None if reading.answer is None else next(verdicts))
            for reading in readings
        ]

    def read(self, question: Question, trajectory: Trajectory) -> Reading:
        """Return what the episode earns, and the answer that is still to be judged."""
        if trajectory.outcome == "running":
            return Reading(None, False, False)
        read = (_read_own_words if self.own_words else _read_all_text)(trajectory)
        if read.answer is None:
            return read
        if fault := self._answer_fault(question, read.answer):
            return Reading(None, False, read.format, (*read.why, f"semantic 0, dag 0: {fault}"))
        if read.dag and (faults := self._plan_faults(question, trajectory)):
            return read._replace(dag=False, why=(*read.why, f"dag 0: {', '.join(faults)}"))
        return read

    def why(self, question: Question, trajectory: Trajectory) -> tuple[str, ...]:
        """Return what cost an episode its terms, beside the judge's verdict, which is not asked for.

        >>> from hopgym.core import Step, Trajectory
        >>> refused = Trajectory("q", "e", steps=(Step(1, "?", parse_error="cycle"),),
        ...                      outcome="malformed")
        >>> DagReward().why(Question("q", "Who?", ("Ada",)), refused)
        ('semantic 0, dag 0: step 1 was refused (cycle)',)
        """
        return self.read(question, trajectory).why

    def _answer_fault(self, question: Question, answer: str) -> str | None:
        if self.real_answer and not is_answer(answer, question.answers):
            return "the answer says nothing"
        if self.no_echo and is_echo(answer, question.text, question.answers):
            return "the answer is copied from the question"
        return None

    def _plan_faults(self, question: Question, trajectory: Trajectory) -> list[str]:
        grounded = not self.grounded or is_grounded(question, trajectory)
        idle = search_fault(trajectory) if self.new_documents else None
        faults = [None if grounded else "no search of the first plan is about the question", idle]
        return [fault for fault in faults if fault]

    def _score(self, reading: Reading, verdict: Verdict | None) -> Score:
        if verdict is not None and verdict.unscored:
            return Score(0.0, reason=verdict.reason or "The judge gave no verdict.", unscored=True)
        right = 0.0 if verdict is None else float(verdict.value)
        earned = (right, float(reading.dag), float(reading.format))
        weighted = zip(self.weights.items(), earned, strict=True)
        terms = {name: weight * value for (name, weight), value in weighted}
        told = ("" if verdict is None else verdict.reason, *reading.why)
        return Score(sum(terms.values()), terms, "; ".join(filter(None, told)) or None)


@for_documents
def dag_original(
    *,
    judge: str | Judge = "rule",
    curriculum_steps: int = CURRICULUM_STEPS,
    step: int | None = None,
    weights: Weights = FINAL,
    curriculum_weights: Weights = CURRICULUM,
) -> DagReward:
    """Return the reward as the published code pays it: every closure is off.

    Args:
        judge: As for `DagReward`.
        curriculum_steps: The code's default; its training script passes 0.
        step: As for `DagReward`.
        weights: As for `DagReward`.
        curriculum_weights: As for `DagReward`.
    """
    return DagReward(
        judge=judge,
        curriculum_steps=curriculum_steps,
        real_answer=False,
        new_documents=False,
        no_echo=False,
        grounded=False,
        own_words=False,
        step=step,
        weights=weights,
        curriculum_weights=curriculum_weights,
    )


def _read_own_words(trajectory: Trajectory) -> Reading:
    answered = trajectory.outcome == "answered" and plan_steps(trajectory)
    answer = trajectory.prediction or "" if answered else None
    graph, format = graph_fault(trajectory), format_fault(trajectory)
    return Reading(answer, not graph, not format, _told(answer, graph, format))


def _read_all_text(trajectory: Trajectory) -> Reading:
    text = original.raw_text(trajectory)
    valid, whole = original.valid_graph(text), original.has_sections(text)
    answer = original.judged_text(text) if valid else None
    graph = None if valid else "the text holds no valid plan"
    format = None if whole else "the text lacks a section"
    return Reading(answer, valid, whole, _told(answer, graph, format))


def _told(answer: str | None, graph: str | None, format: str | None) -> tuple[str, ...]:
    lost = "semantic 0, dag 0" if answer is None else "dag 0"
    told = (format and f"format 0: {format}", graph and f"{lost}: {graph}")
    return tuple(filter(None, told))


def _whole(name: str, given: Any) -> int:
    if isinstance(given, bool) or not hasattr(given, "__index__") or given < 0:
        raise ConfigError(f"{name} is {given!r:.60}; it must be a whole number from 0.")
    return int(given)


def _weights(name: str, given: Any) -> tuple[float, ...]:
    if isinstance(given, Mapping):
        fits = set(given) == set(TERMS)
        numbers = tuple(given[term] for term in TERMS) if fits else ()
    else:
        numbers = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else ()
    if len(numbers) != len(TERMS) or not all(map(_is_weight, numbers)) or not any(numbers):
        raise ConfigError(
            f"{name} is {given!r:.80}; it must be three numbers from 0, one of them above: for "
            f"{', '.join(TERMS)}, in that order or by these names."
        )
    return tuple(float(number) for number in numbers)


def _is_weight(number: Any) -> bool:
    plain = isinstance(number, int | float) and not isinstance(number, bool)
    return plain and math.isfinite(number) and number >= 0
