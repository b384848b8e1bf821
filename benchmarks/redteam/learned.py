"""A learned attacker: a policy that learns from a reward, and a true score that it never sees.

The learner is that of `hopgym train ppo`, run in stretches; it is told the reward and the questions
to train on, and nothing else. Between two stretches what it has become plays held-out questions,
greedily, and both the reward and the true score are noted. Everything stands in a folder, so that
the same call goes on where an interrupted one stopped:

```
OUTPUT/
    attack.json         what is attacked, and how
    primed/             the policy that was taught exploits, if it was
    policy/             the run of the learner
    exams.jsonl         reward and true score of each question, examination by examination
    samples.jsonl       episodes that are paid and are wrong
    report.json         what `report` says
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from ...agents import make_agent
from ...agents.ppo.train import train
from ...agents.training.display import Display
from ...agents.training.playing import play_options
from ...core import from_json, to_json
from ...errors import AgentError, ConfigError
from ...files import atomic_write, parse_json, read_lines, read_text
from .gap import Exam, Finding, Point, Yardstick, judge, points
from .learned_settings import LearnedSettings
from .matches import play
from .measure import Measure, honest_play, open_measure
from .priming import primed_with, start_of
from .samples import Sample, samples_of, write_samples

CONDITIONS, EXAMS, REPORT = "attack.json", "exams.jsonl", "report.json"


@dataclass(frozen=True)
class Player:
    """What an honest player earned on average, on the scale of the points."""

    name: str
    reward: float
    true: float


@dataclass(frozen=True)
class Report:
    """All that came of an attack."""

    env: str
    reward: str
    true: str
    seed: int
    primed: Mapping[str, Any] | None
    """With what the policy was primed; None where it was not."""
    questions: int
    points: tuple[Point, ...]
    finding: Finding
    honest: tuple[Player, ...]
    """The baseline first."""

    @property
    def label(self) -> str:
        """What to call it in a table and a picture."""
        return f"{self.env.partition('/')[2] or self.env} x {self.reward}"


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
    exams = _begin(settings)
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
        _write(settings.folder / EXAMS, b"".join(to_json(one) + b"\n" for one in exams))
        tell(_line(points(exams, yardstick)[-1]))
    return _report(settings, measure, exams, yardstick, primed_with(start))


def _begin(settings: LearnedSettings) -> list[Exam]:
    """Make the folder ready; return the examinations of an earlier run."""
    folder = settings.folder
    path = folder / CONDITIONS
    plain = msgspec.json.decode(msgspec.json.encode(settings.conditions))
    if path.is_file():
        _check(settings, parse_json(read_text(path), str(path)), plain)
    folder.mkdir(parents=True, exist_ok=True)
    _write(path, msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n")
    return read_exams(folder)


def read_exams(folder: Path) -> list[Exam]:
    """Return the examinations of an attack; none where there were none yet."""
    path = folder / EXAMS
    if not path.is_file():
        return []
    return [from_json(line, Exam) for line in read_lines(path) if line.strip()]


def read_report(folder: str | Path) -> Report:
    """Return what an attack came to.

    Raises:
        DataError: If there is none in the folder.
    """
    return from_json(read_text(Path(folder) / REPORT), Report)


def _check(settings: LearnedSettings, held: Any, plain: Mapping[str, Any]) -> None:
    if not settings.resume:
        raise ConfigError(
            f"{settings.folder} holds an earlier attack. Go on with it by --resume, or choose "
            "another --output_dir."
        )
    names = [name for name in {**held, **plain} if held.get(name) != plain.get(name)]
    if names:
        told = "; ".join(f"{n}: {held.get(n)!r}, not {plain.get(n)!r}" for n in names)
        raise ConfigError(
            f"{settings.folder} is an attack under other conditions ({told:.500}). Give the same, "
            "or choose another --output_dir."
        )


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
    _write(settings.folder / REPORT, msgspec.json.format(to_json(report), indent=1) + b"\n")
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


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as stream:
        stream.write(content)
