"""A suite: which tasks a benchmark plays, and which agents play them by default.

A suite is data. It names environments, question sets and agents; it opens no file and makes
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from ...errors import ConfigError
from ...registry import Registry

DATA_VARIABLE = "HOPGYM_DATA"
"""The environment variable that names the folder of real data sets."""

WHERE = "docs/real_sets.md"
"""The page that says where the files of real data sets are to be had."""

DATA = "{data}"
"""Stands for the folder of real data sets in a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One environment over one split of one question set."""

    name: str
    env_id: str
    questions: Any = "world"
    """As the environment takes it; `{data}` in it stands for the data folder."""
    split: str = "test"
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    """The environment's other keyword arguments."""
    episodes: int | None = None
    """Play only so many questions, the first of the split; all by default."""
    spread: bool = False
    """Take them at even distances over the split, and not the first: for files sorted by kind."""
    seeds: tuple[int, ...] = (0,)
    """Each question is played once with each seed."""
    fingerprint: str = ""
    """The fingerprint of the questions that the task was fixed on; of any questions if empty."""

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        if self.episodes is not None and self.episodes < 1:
            raise ConfigError(f"episodes is {self.episodes}; play 1 question or more.")
        if not self.seeds or min(self.seeds) < 0 or len(set(self.seeds)) < len(self.seeds):
            raise ConfigError(
                f"seeds are {self.seeds}; give one or more different whole numbers from 0."
            )
        own = [name for name in ("questions", "split") if name in self.env_kwargs]
        if own:
            raise ConfigError(f"{own[0]!r} is a field of the task; do not set it as a keyword.")

    def places(self, questions: int) -> Sequence[int]:
        """Return which questions are played, of a split that has so many.

        >>> list(Task(name="t", env_id="E-v0", episodes=3, spread=True).places(10))
        [0, 3, 6]
        """
        wanted = min(self.episodes or questions, questions)
        return [n * questions // wanted for n in range(wanted)] if self.spread else range(wanted)

    @property
    def keywords(self) -> dict[str, Any]:
        """Every keyword argument of the environment."""
        return {"questions": self.questions, "split": self.split, **self.env_kwargs}

    @property
    def needs_data(self) -> bool:
        """Whether it reads the user's data folder."""
        return DATA in repr(self.keywords)


@dataclass(frozen=True, slots=True)
class Suite:
    """Tasks that belong together."""

    name: str
    summary: str
    tasks: tuple[Task, ...]
    agents: tuple[str, ...]


SUITES: Registry[Suite] = Registry("suite", "hopgym bench --list")
register = SUITES.register


def make_suite(spec: str | Suite) -> Suite:
    """Return a suite by name, by `module:attribute`, or as it is.

    Raises:
        UnknownNameError: If no suite has that name.
        ConfigError: If what was named is no suite.

    >>> make_suite("quick").tasks[0].env_id
    'hopgym/SearchRead-v0'
    """
    made: Any = SUITES.get(spec) if isinstance(spec, str) else spec
    if callable(made):
        made = made()
    if not isinstance(made, Suite):
        raise ConfigError(
            f"{spec!r} is a {type(made).__name__}, not a Suite. Give a hopgym.benchmarks.Suite or "
            "a function without arguments that returns one."
        )
    return made


def with_data(task: Task, data: str | Path | None) -> Task:
    """Put the data folder into a task that needs one.

    Args:
        task: Any task.
        data: The folder; the environment variable `HOPGYM_DATA` if None.

    Raises:
        ConfigError: If the task needs a folder and there is none.
    """
    if not task.needs_data:
        return task
    given = str(data or os.environ.get(DATA_VARIABLE, ""))
    if not given or not Path(given).is_dir():
        problem = f"{given!r} is no folder" if given else "none is given"
        raise ConfigError(
            f"Task {task.name!r} reads a folder of data sets, and {problem}. "
            f"Give --data FOLDER, or set {DATA_VARIABLE}. Where the files are to be had: {WHERE}"
        )
    kwargs = {key: _fill(value, given) for key, value in task.env_kwargs.items()}
    # A question set's options are written like a URL's, where a blank or `&` has another meaning.
    questions = _fill(task.questions, quote(given, safe="/:"))
    return replace(task, questions=questions, env_kwargs=kwargs)


def check_files(tasks: Iterable[Task], folder: str | Path | None = None) -> None:
    """Refuse tasks whose files are not there: all of them at once, before anything is played.

    Args:
        tasks: Tasks with their data folder put in.
        folder: The data folder, for the message.

    Raises:
        ConfigError: If files are missing; the message lists them.
    """
    missing: dict[str, list[str]] = {}
    for task in tasks:
        for file in _files(task.questions):
            if not Path(file).exists():
                missing.setdefault(file, []).append(task.name)
    if missing:
        place = folder or os.environ.get(DATA_VARIABLE) or "the data folder"
        told = "".join(f"\n  {file} (for {', '.join(names)})" for file, names in missing.items())
        raise ConfigError(
            f"{len(missing)} files are missing in {str(place)!r}:{told}\n"
            f"Where they are to be had: {WHERE}. Play other tasks with --envs and --questions."
        )


def _files(questions: Any) -> list[str]:
    """Return the files that a specification of questions names."""
    if not isinstance(questions, str):
        return []
    options = dict(parse_qsl(questions.partition("?")[2]))
    return [options[key] for key in ("path", "documents") if options.get(key)]


def _fill(value: Any, folder: str) -> Any:
    return value.replace(DATA, folder) if isinstance(value, str) else value
