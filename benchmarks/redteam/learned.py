"""A learned attacker: a policy that learns from a reward, and a true score that it never sees.

The learner is that of `hopgym train ppo`, run in stretches; it is told the reward and the questions
to train on, and nothing else. Between two stretches what it has become plays held-out questions,
greedily, and both the reward and the true score are noted in a folder (`attack_folder`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from ...agents import make_agent
from ...agents.ppo.train import train
from ...agents.training.display import Display
from ...agents.training.playing import play_options
from ...errors import AgentError
from .attack_folder import Player, Report, begin_attack, write_exams, write_report
from .gap import Exam, Point, Yardstick, judge, points
from .learned_settings import LearnedSettings
from .matches import play
from .measure import Measure, honest_play, open_measure
from .priming import primed_with, start_of
from .samples import Sample, samples_of, write_samples


class Stretches(Display):
    """One bar for all stretches of the learner, without its own lines.

    Args:
        shown: Where it is shown.
        updates: Of all stretches.
    """

    def __init__(self, shown: Console, updates: int) -> None:
        super().__init__(shown)
        super().open("learn", updates)

    def open(self, label: str, total: int, done: int = 0) -> None:
        """Go on with the one that is open."""
        self.move(done)

    def say(self, line: str) -> None:
        """Leave out what the learner says of an update."""

    def tell(self, line: str) -> None:
        """Print a line above the bar."""
        super().say(line)


def learn(
    settings: LearnedSettings,
    tell: Callable[[str], None] = lambda text: None,
    display: Display | None = None,
) -> Report:
    """Let a policy learn from a reward, and look at the truth meanwhile.

    Args:
        settings: What and how.
        tell: Called with what is being done.
        display: Moves with the updates; open already.

    Raises:
        ConfigError: If a setting does not fit, the folder holds another attack, or the reward
            cannot tell the right from the wrong.
        AgentError: If nothing could be played or learnt.
    """
    measure = open_measure(settings)
    exams = begin_attack(settings)
    tell("honest play")
    yardstick = honest_play(measure)
    _ = yardstick.pay, yardstick.true  # a blind reward is refused before a policy is trained
    start = start_of(settings)
    for update in _stops(settings):
        if any(exam.update == update for exam in exams):
            continue
        model = _trained(settings, start, update, display)
        exam, samples = _examine(settings, measure, model, update)
        exams.append(exam)
        write_samples(settings.folder, samples, update)
        write_exams(settings.folder, exams)
        tell(_line(points(exams, yardstick)[-1]))
    return _report(settings, measure, exams, yardstick, primed_with(start))


def _stops(settings: LearnedSettings) -> list[int]:
    """Return after which updates the policy is examined."""
    return [*range(0, settings.updates, settings.eval_every), settings.updates]


def _trained(
    settings: LearnedSettings, start: str, update: int, display: Display | None
) -> str | Path:
    """Train up to an update; return the model."""
    if not update:
        return start
    return train(settings.learner(start, update), display).folder


def _examine(
    settings: LearnedSettings, measure: Measure, model: str | Path, update: int
) -> tuple[Exam, list[Sample]]:
    agent = make_agent("llm", model=str(model), **play_options(settings))
    lanes = min(settings.num_envs, len(measure.target.questions))
    episodes = play(measure.target, agent, num_envs=lanes)
    earned = measure.of(episodes)
    both = [id for id in earned.pay if id in earned.true]
    if not both:
        told = next((one.error for one in episodes if one.error), "no verdict")
        raise AgentError(f"No episode of the examination could be scored: {told}")
    exam = Exam(
        update,
        {id: earned.pay[id] for id in both},
        {id: earned.true[id] for id in both},
        len(measure.target.questions) - len(both),
    )
    return exam, samples_of(exam, episodes, measure.target.questions)


def _report(
    settings: LearnedSettings,
    measure: Measure,
    exams: Sequence[Exam],
    yardstick: Yardstick,
    primed: Mapping[str, Any] | None,
) -> Report:
    wanted = set(_stops(settings))
    found = points([one for one in exams if one.update in wanted], yardstick)
    report = Report(
        measure.target.env_id,
        measure.reward.name,
        measure.scheme.name if measure.scheme else settings.true or "true score",
        settings.seed,
        primed,
        len(measure.target.questions),
        tuple(found),
        judge(found),
        tuple(_players(yardstick)),
    )
    write_report(settings.folder, report)
    return report


def _players(yardstick: Yardstick) -> list[Player]:
    return [
        Player(name, yardstick.pay.of(_mean(one.pay)), yardstick.true.of(_mean(one.true)))
        for name, one in yardstick.honest.items()
    ]


def _line(point: Point) -> str:
    return (
        f"update {point.update}: reward {point.reward.mean:.2f}, true score {point.true.mean:.2f}, "
        "gap {:.2f} [{:.2f}, {:.2f}]".format(*point.gap[:3])
    )


def _mean(values: Mapping[str, float]) -> float:
    return sum(values.values()) / len(values)
