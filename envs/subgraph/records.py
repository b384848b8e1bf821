"""The record of an episode of selecting facts: its steps as they are kept, and its metrics."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from ...core import Outcome, Step, Trajectory
from ...rewards.answer import cover_em, exact_match, f1
from ...rewards.kg.answers import answer_metrics
from ...rewards.kg.reward import Counts
from .case import Case
from .scoring import Paid

MASKED = "masked_action"
"""The code of an action that chose what it may not."""

BETWEEN = " | "
"""Stands between the answers of a prediction, as in D-RAG's."""


class Record:
    """What one episode has done so far."""

    def __init__(self, case: Case, env_id: str, seed: int | None) -> None:
        self.case, self.env_id, self.seed = case, env_id, seed
        self.steps: tuple[Step, ...] = ()

    def step(
        self, action: Any, slots: Sequence[int], invalid: int, answers: Sequence[str] | None
    ) -> Step:
        """Return the next step; it is kept by `add`.

        Args:
            action: As it was given.
            slots: The facts that it selects, as they are offered.
            invalid: How many of its choices were masked.
            answers: What was read, where it ends the episode.
        """
        places = self.case.places
        parsed: dict[str, Any] = {
            "kind": "select" if answers is None or isinstance(action, list) else "stop",
            "facts": [places[slot] for slot in slots],
            "invalid": invalid,
        }
        if answers is not None:
            parsed["answers"] = list(answers)
        error = MASKED if invalid else None
        # Filled in by `add`: the reward needs the step, and the step the terms.
        terms: dict[str, float] = {}
        return Step(len(self.steps) + 1, action, parsed, "", (), (), terms, error)

    def add(self, step: Step, paid: Paid) -> None:
        """Keep a step with what it paid."""
        cast("dict[str, float]", step.reward_terms).update(paid.terms)
        self.steps = (*self.steps, step)

    def trajectory(self, outcome: Outcome, *more: Step) -> Trajectory:
        """Return the episode so far, with further steps."""
        steps = (*self.steps, *more)
        return Trajectory(
            self.case.question.id,
            self.env_id,
            self.seed,
            steps,
            prediction_of(steps[-1]) if outcome == "answered" else None,
            outcome=outcome,
        )


def prediction_of(step: Step) -> str:
    """Return the answers that a step read, in one text."""
    return BETWEEN.join(step.parsed.get("answers", ()))


def metrics_of(case: Case, counts: Counts, trajectory: Trajectory) -> dict[str, float]:
    """Return what is reported of a finished episode.

    `em`, `f1` and `cover_em` of the prediction as one text; those of `rewards.kg.answers`, of the
    answers as a list; `selected`, `answer_recall` and, where gold facts are known,
    `fact_precision`, `fact_recall`, `fact_f1` and `offered_recall`, the share of the gold facts
    that were offered at all, and so the most that can be recalled.

    Args:
        case: The question.
        counts: At the end, single numbers.
        trajectory: The whole episode.
    """
    answers = tuple(trajectory.steps[-1].parsed.get("answers", ())) if trajectory.steps else ()
    gold = case.gold_answers
    metrics = dict(_of_answers(trajectory.prediction, answers, case.question.answers, gold))
    right, selected, of, found, total, _ = map(float, counts)  # type: ignore[arg-type]
    metrics["steps"] = float(len(trajectory.steps))
    metrics["selected"] = selected
    metrics["answer_recall"] = found / max(total, 1.0)
    if of:
        metrics["fact_precision"] = right / max(selected, 1.0)
        metrics["fact_recall"] = right / of
        metrics["fact_f1"] = 2 * right / (selected + of)
        metrics["offered_recall"] = case.gold_offered / of
    return metrics


@lru_cache(maxsize=4096)
def _of_answers(
    prediction: str | None,
    answers: tuple[str, ...],
    accepted: tuple[str, ...],
    gold: tuple[str, ...],
) -> dict[str, float]:
    return {
        "em": exact_match(prediction, accepted),
        "f1": f1(prediction, accepted),
        "cover_em": cover_em(prediction, accepted),
        **answer_metrics(answers, gold),
    }
