"""The folder of a learned attack, and the report that it ends with.

```
OUTPUT/
    attack.json         what is attacked, and how
    primed/             the policy that was taught exploits, if it was
    policy/             the run of the learner
    exams.jsonl         reward and true score of each question, examination by examination
    samples.jsonl       episodes that are paid and are wrong
    report.json         what `report` says
```

The same call goes on where an interrupted one stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ...core import from_json, to_json
from ...errors import ConfigError
from ...files import atomic_write, parse_json, read_lines, read_text
from .gap import Exam, Finding, Point
from .learned_settings import LearnedSettings

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


def begin_attack(settings: LearnedSettings) -> list[Exam]:
    """Make the folder ready; return the examinations of an earlier run.

    Raises:
        ConfigError: If it holds another attack, or this one and it is not to be gone on with.
    """
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


def write_exams(folder: Path, exams: Sequence[Exam]) -> None:
    """Keep all examinations so far."""
    _write(folder / EXAMS, b"".join(to_json(one) + b"\n" for one in exams))


def read_report(folder: str | Path) -> Report:
    """Return what an attack came to.

    Raises:
        DataError: If there is none in the folder.
    """
    return from_json(read_text(Path(folder) / REPORT), Report)


def write_report(folder: Path, report: Report) -> None:
    """Keep what an attack came to."""
    _write(folder / REPORT, msgspec.json.format(to_json(report), indent=1) + b"\n")


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


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as stream:
        stream.write(content)
