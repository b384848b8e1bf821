"""Which episodes are good enough to learn from: by their metrics, or by a judge.

An accepted episode ended with an answer, had no unreadable action, and fulfils every condition
given: `em`, `f1>=0.5`, `reward>0`, or `judge=rule`. A judge is asked about a batch at once. What it
could not judge is neither accepted nor refused: it is a failure of infrastructure.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...core import Question, Trajectory
from ...errors import ConfigError, RewardError
from ...rewards.judges import Claim, Judge, Verdict, make_judge
from ...rewards.judges.failures import SetupError
from ...rewards.verdicts import claim, outcome
from ..rollout import Episode

Item = tuple[Question, Episode]
"""An episode that was played, and its question."""

_CONDITION = re.compile(r"(\w+)\s*(?:(>=|<=|==|>|<)\s*([-+.\w]+))?")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_JUDGE = "judge="
_HELP = (
    "Write a metric, such as em or gold_recall; with a bound, such as f1>=0.5 or reward>0; or "
    "judge=NAME, such as judge=rule"
)


class Ruling(NamedTuple):
    """Whether an episode is accepted, and why."""

    accepted: bool
    reason: str
    error: str | None = None
    """Why there is no ruling: the judge failed."""


class Condition(NamedTuple):
    """A metric of the episode, or its `reward`, and the bound it must keep.

    >>> read_condition("f1>=0.5"), read_condition("em")
    (Condition(metric='f1', sign='>=', bound=0.5), Condition(metric='em', sign='>=', bound=1.0))
    """

    metric: str
    sign: str = ">="
    bound: float = 1.0

    def __str__(self) -> str:
        return f"{self.metric}{self.sign}{self.bound:g}"

    def rule(self, episode: Episode) -> Ruling:
        """Rule by the number the episode has.

        Raises:
            ConfigError: If it has no such metric.
        """
        numbers = {**episode.metrics, "reward": episode.reward}
        if self.metric not in numbers:
            raise ConfigError(
                f"Episodes of {episode.job.question_id!r} have no metric {self.metric!r}; they "
                f"have: {', '.join(sorted(numbers))}."
            )
        value = numbers[self.metric]
        return Ruling(_COMPARE[self.sign](value, self.bound), f"{self.metric} {value:g}")


class Acceptance:
    """All conditions that an episode must fulfil.

    Args:
        conditions: As a user writes them; see above.

    Raises:
        ConfigError: If one cannot be read.
        UnknownNameError: If there is no such judge.
    """

    def __init__(self, conditions: Sequence[str] = ("em",)) -> None:
        self.spec = tuple(conditions)
        self._conditions: list[Condition] = []
        self._judges: list[Judge] = []
        if not conditions:
            raise ConfigError(f"Nothing says which episodes are accepted. {_HELP}.")
        for text in conditions:
            if text.startswith(_JUDGE):
                self._judges.append(make_judge(text.removeprefix(_JUDGE)))
            else:
                self._conditions.append(read_condition(text))

    @property
    def asks_judges(self) -> bool:
        """Whether judges are asked, which is quicker for many episodes at once."""
        return bool(self._judges)

    @property
    def fingerprint(self) -> list[str]:
        """What tells it from other conditions, or from another judge."""
        return [*map(str, self._conditions), *(judge.fingerprint for judge in self._judges)]

    def rule(self, items: Sequence[Item]) -> list[Ruling]:
        """Rule on a batch; only what fulfils all else is put to the judges."""
        rulings = [self._by_numbers(episode) for _, episode in items]
        for judge in self._judges:
            left = [place for place, ruling in enumerate(rulings) if ruling.accepted]
            verdicts = _ask(judge, [claim_of(*items[place]) for place in left])
            for place, verdict in zip(left, verdicts, strict=True):
                rulings[place] = _also(rulings[place], judge, verdict)
        return rulings

    def _by_numbers(self, episode: Episode) -> Ruling:
        flaw = flaw_of(episode.trajectory)
        if flaw:
            return Ruling(False, flaw)
        rulings = [condition.rule(episode) for condition in self._conditions]
        reasons = ", ".join(ruling.reason for ruling in rulings)
        return Ruling(all(ruling.accepted for ruling in rulings), reasons)


def read_condition(text: str) -> Condition:
    """Read `metric`, which must then be 1 at least, or a metric with its bound.

    Raises:
        ConfigError: If it is neither.
    """
    match = _CONDITION.fullmatch(text.strip())
    try:
        if match and match[2]:
            return Condition(match[1], match[2], float(match[3]))
    except ValueError:
        match = None
    if not match:
        raise ConfigError(f"{text!r} is no condition to accept an episode by. {_HELP}.")
    return Condition(match[1])


def flaw_of(trajectory: Trajectory | None) -> str:
    """Return why an episode can be no example, whatever it earned; nothing if it can."""
    if trajectory is None:
        return "no trajectory"
    unreadable = [step.parse_error for step in trajectory.steps if step.parse_error]
    if unreadable:
        return f"unreadable: {unreadable[0]}"
    return "" if trajectory.outcome == "answered" else f"no answer: {trajectory.outcome}"


def claim_of(question: Question, episode: Episode) -> Claim:
    """Return what a judge is asked of an episode."""
    answer = episode.trajectory.prediction if episode.trajectory else None
    return claim(question, answer or "")


def _ask(judge: Judge, claims: Sequence[Claim]) -> list[Verdict]:
    """Ask a judge; where it fails as a whole, none of the claims has a verdict."""
    try:
        return outcome(judge, claims)
    except SetupError:  # a wrong key or model: no later claim would fare better
        raise
    except RewardError as error:
        return [Verdict(0.0, str(error), unscored=True)] * len(claims)


def _also(ruling: Ruling, judge: Judge, verdict: Verdict) -> Ruling:
    said = f"judge {judge.name} {verdict.value:g}" + (
        f": {verdict.reason}" if verdict.reason else ""
    )
    reason = f"{ruling.reason}, {said}" if ruling.reason else said
    if verdict.unscored:
        return Ruling(False, reason, f"The judge {judge.name} gave no verdict: {verdict.reason}")
    return Ruling(verdict.value >= 1.0, reason)
