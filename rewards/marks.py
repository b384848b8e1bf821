"""What R3-RAG's schemes need to know of a step: is the answer right, how relevant is what it found.

Told exactly, from the gold and with exact match, or by a judge; the schemes only do the sums. A
judge is asked once for a whole batch of episodes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import median
from typing import NamedTuple

from ..core import Question, Step, Trajectory
from . import verdicts
from .answer import exact_match
from .base import Item
from .judges.base import Claim, Judge, ProcessVerdict, StepClaim, Verdict
from .outcome import outcome
from .process import gold_gain

MIX = (0.3, 0.3, 0.4)
"""What coherence, rationality and relevance weigh in the re-implementation's mix."""

ENDED = ("answered", "out_of_steps")


class Marks(NamedTuple):
    """What is known of the last step of an episode, all from 0 to 1 except `earned`."""

    right: float = 0.0
    """How right the answer is that the step gives; 0 if it gives none."""
    relevance: float = 0.0
    process: float = 0.0
    earned: float = 0.0
    """The relevance of all steps together, where the episode ended in time; else 0."""
    unscored: str | None = None
    """Why the judge gave no verdict; all marks are void then."""


def exact_marks(question: Question, trajectory: Trajectory) -> Marks:
    """Tell the marks from the gold: exact match, and new gold documents."""
    gain = gold_gain(question, trajectory)
    right = outcome(question, trajectory, exact_match)
    earned = _all_gain(question, trajectory.steps) if trajectory.outcome in ENDED else 0.0
    return Marks(right, gain, gain, earned)


def judged_marks(
    judge: Judge,
    items: Sequence[Item],
    *,
    asks: Collection[str] = ("outcome", "process"),
    whole: bool = False,
) -> list[Marks]:
    """Have a judge tell the marks of each episode's last step.

    Args:
        judge: Who judges.
        items: The episodes.
        asks: What the judge is asked for: the answer (`outcome`), the search (`process`), or both.
            Marks that nobody asked for are 0, and cost nothing.
        whole: Whether `earned` is wanted: at the end of an episode all its queries are judged
            again, as nothing but the trajectory is known; a judge with a cache is not charged.

    Raises:
        ConfigError: If the judge returned something else than verdicts.
    """
    answers = [_answer_claims(*item) if "outcome" in asks else [] for item in items]
    steps = [
        _asking_steps(trajectory, whole) if "process" in asks else [] for _, trajectory in items
    ]
    claims = [
        [step_claim(question, trajectory, n) for n in numbers]
        for (question, trajectory), numbers in zip(items, steps, strict=True)
    ]
    rights = iter(verdicts.outcome(judge, [claim for row in answers for claim in row]))
    sounds = iter(verdicts.process(judge, [claim for row in claims for claim in row]))
    return [
        _marks(item, numbers, [next(rights) for _ in asked], [next(sounds) for _ in numbers])
        for item, numbers, asked in zip(items, steps, answers, strict=True)
    ]


def step_claim(question: Question, trajectory: Trajectory, number: int) -> StepClaim:
    """Return what a judge is asked about a step.

    Args:
        question: The question.
        trajectory: The episode.
        number: Which of its steps, from 0.
    """
    step = trajectory.steps[number]
    return StepClaim(
        question.text,
        str(step.parsed.get("analysis", "")),
        "; ".join(step.queries),
        tuple(line for line in step.observation.split("\n") if line.strip()) if step.hits else (),
        trajectory.transcript[: _start(trajectory, number)],
    )


def _start(trajectory: Trajectory, number: int) -> int:
    """Return where a step begins in the transcript; the first one after the opening."""
    if number:
        return trajectory.steps[number - 1].end
    return next((span.start for span in trajectory.spans if span.author == "agent"), 0)


def _answer_claims(question: Question, trajectory: Trajectory) -> list[Claim]:
    answered = trajectory.outcome == "answered"
    return [verdicts.claim(question, trajectory.prediction or "")] if answered else []


def _asking_steps(trajectory: Trajectory, whole: bool) -> list[int]:
    last = len(trajectory.steps) - 1
    first = 0 if whole and trajectory.outcome in ENDED else last
    return [n for n in range(first, last + 1) if trajectory.steps[n].queries]


def _marks(
    item: Item, numbers: Sequence[int], rights: Sequence[Verdict], sounds: Sequence[ProcessVerdict]
) -> Marks:
    question, trajectory = item
    told: list[Verdict | ProcessVerdict] = [*rights, *sounds]
    failed = next((verdict for verdict in told if verdict.unscored), None)
    if failed is not None:
        return Marks(unscored=failed.reason or "The judge gave no verdict.")
    right = rights[0].value if rights else 0.0
    earned = sum(verdict.relevance for verdict in sounds) if trajectory.outcome in ENDED else 0.0
    if not numbers or numbers[-1] != len(trajectory.steps) - 1:
        return Marks(right, earned=earned)
    last = sounds[-1]
    return Marks(right, last.relevance, _process(question, trajectory, last), earned)


def _process(question: Question, trajectory: Trajectory, verdict: ProcessVerdict) -> float:
    """Return the median of the judge's mix, of the rule and of relevance.

    The rule is the gain in gold documents; where they are unknown there is none to tell.
    """
    mix = sum(weight * value for weight, value in zip(MIX, verdict[:3], strict=True))
    rule = [gold_gain(question, trajectory)] if question.document_ids else []
    return median([mix, *rule, verdict.relevance])


def _all_gain(question: Question, steps: Sequence[Step]) -> float:
    gold = set(question.document_ids)
    if not gold:
        return 0.0
    shown = {hit.document_id for step in steps for hit in step.hits if hit.new}
    return len(shown & gold) / len(gold)
