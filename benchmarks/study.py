"""A study of what a trainer adds to a weak start: the start is made, runs are run, models marked.

A bad teacher plays (`hopgym expert collect`) and `tiny` learns from it (`hopgym train sft`); then a
trainer trains that in several arms and with several seeds. The last model of each run is marked,
not the best of several: choosing would be a reward, too. What is there already is gone on with.
Used by `ppo_gain` and `grpo_gain`, which know the trainers.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import msgspec
import typer
from rich.console import Console

from ..envs.keywords import read_keywords
from ..errors import HopgymError, told
from ..files import atomic_write
from .gains import QUESTIONS, Gain, Marks, gain_of, marks, tables


class Lesson(NamedTuple):
    """What a model learns from one teacher: who plays, how often, and how it is learnt."""

    makes: str
    """What the model is then called; its folder beside the runs."""
    teacher: str
    episodes: int
    epochs: int
    batch_size: int
    lr: float


class Start(NamedTuple):
    """A weak start: the lessons, one on top of the other, that spoil a model in an environment."""

    env_id: str
    lessons: tuple[Lesson, ...]
    """The last one makes the weak model."""
    env_set: tuple[str, ...] = ()
    """Keywords of the environment, as name=value: for the lessons, the training and the marks."""


SEARCH_READ = Start(
    "hopgym/SearchRead-v0",
    (Lesson("weak", "hopgym.agents.tiny.hasty:HastyTeacher", 480, 3, 16, 1e-3),),
)
_PLANNERS = "hopgym.agents.tiny.hasty_planner"
DAG_SEARCH = Start(
    "hopgym/DagSearch-v0",
    # `tiny` has never seen a plan: it first learns from one who plans all.
    (
        Lesson("planner", f"{_PLANNERS}:PatientPlanner", 3500, 1, 8, 1.5e-3),
        Lesson("weak", f"{_PLANNERS}:HastyPlanner", 480, 2, 16, 1e-3),
    ),
    # It can copy a question's words and cannot shorten them, and in which of the sources of the
    # world a fact stands cannot be told from the question.
    ("top_k=2", "max_query_words=20", 'sources={"Web":"bm25"}'),
)


@dataclass(frozen=True)
class Study(ABC):
    """What is run, and where; a trainer's own has its arms and says how it trains."""

    arms: ClassVar[Mapping[str, Sequence[str]]]
    """Each with the flags that make it."""
    out: Path
    model: str
    """What the teachers spoil."""
    start: Start

    @property
    def weak(self) -> Path:
        """The model that the bad teacher taught."""
        return self.out / self.start.lessons[-1].makes

    def run(self, arm: str, seed: int) -> Path:
        """Return the folder of a run."""
        return self.out / f"{arm.replace(' ', '_')}-{seed}"

    def lessons(self) -> Iterator[tuple[Path, list[list[str]]]]:
        """Yield the folder of each model up to the weak one, and the commands that make it."""
        model = self.model
        for lesson in self.start.lessons:
            folder, raw = self.out / lesson.makes, self.out / f"{lesson.makes}.raw.jsonl"
            yield folder, [self._collect(lesson, raw), _teach(lesson, raw, model, folder)]
            model = str(folder)

    def _collect(self, lesson: Lesson, raw: Path) -> list[str]:
        return [
            "expert", "collect", "--out", str(raw), "--agent", lesson.teacher, "--env",
            self.start.env_id, *repeated("--set", self.start.env_set), "--questions", QUESTIONS,
            "--episodes", str(lesson.episodes), "--accept", "f1>=0", "--attempts", "1",
        ]  # fmt: skip

    @abstractmethod
    def train(self, arm: str, seed: int) -> list[str]:
        """Return the command of a run, which goes on where the run stopped."""


def measure(study: Study, seeds: int, jobs: int, console: Console) -> list[Gain]:
    """Run all that is not there yet, and mark it.

    Raises:
        HopgymError: If a command fails; what it wrote is shown.
    """
    study.out.mkdir(parents=True, exist_ok=True)
    for folder, commands in study.lessons():
        if not (folder / "hopgym.json").is_file():
            for words in commands:
                run_hopgym(words, console)
    runs = [(arm, seed) for seed in range(seeds) for arm in study.arms]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda run: run_hopgym(study.train(*run), console), runs))
    before = _marks(study, study.weak)
    return [gain_of(*run, before, _marks(study, study.run(*run))) for run in runs]


def run_hopgym(words: Sequence[str], console: Console) -> None:
    """Run a command, in a process and with a core of its own.

    Raises:
        HopgymError: If it fails; the end of what it wrote is shown.
    """
    console.print(f"hopgym {shlex.join(words)}", markup=False, highlight=False, soft_wrap=True)
    done = subprocess.run(
        [sys.executable, "-m", "hopgym", *words],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise HopgymError(f"hopgym {words[0]} {words[1]} failed:\n{done.stderr[-2000:]}")


def report(study: Study, gains: Sequence[Gain], console: Console) -> None:
    """Show the gains, and write them beside the runs."""
    with atomic_write(study.out / "gains.json") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(gains), indent=1) + b"\n")
    for each in tables(gains, study.start.env_id):
        console.print(each)


def wide_console() -> Console:
    """Return a console that fits the tables into files, too."""
    return Console(width=None if sys.stdout.isatty() else 120)


@contextmanager
def errors_told() -> Iterator[None]:
    """End a command with the message of what failed, and without a traceback."""
    try:
        yield
    except HopgymError as error:
        Console(stderr=True).print(told(error), markup=False, highlight=False)
        raise typer.Exit(1) from None


def _teach(lesson: Lesson, raw: Path, model: str, folder: Path) -> list[str]:
    return [
        "train", "sft", "--model_name", model, "--output_dir", str(folder), "--data_path", str(raw),
        "--lora_r", "0", "--lr", str(lesson.lr), "--lr_scheduler", "linear",
        "--epochs", str(lesson.epochs), "--batch_size", str(lesson.batch_size),
        "--gradient_accumulation_steps", "1", "--no_gradient_checkpointing",
        "--max_new_tokens", "128",
    ]  # fmt: skip


def _marks(study: Study, model: Path) -> Marks:
    return marks(model, study.start.env_id, read_keywords(study.start.env_set, {}))


def repeated(flag: str, values: Iterable[str]) -> list[str]:
    """Give a flag once for each value.

    >>> repeated("--set", ["top_k=2", "max_nodes=4"])
    ['--set', 'top_k=2', '--set', 'max_nodes=4']
    """
    return [word for value in values for word in (flag, value)]
