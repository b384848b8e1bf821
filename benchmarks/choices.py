"""What a command line asks `hopgym bench` to play: its options as tasks and agents.

It reads texts and knows nothing of how anything is played or shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..envs.datasets import make_questions
from ..envs.datasets.base import default_split
from ..envs.keywords import read_keyword
from ..errors import ConfigError
from .suites import DEFAULT, Suite, Task, check_files, make_suite, with_data


def read_seeds(text: str) -> tuple[int, ...]:
    """Read `0,1,2`.

    >>> read_seeds("0, 2")
    (0, 2)
    """
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f"--seeds {text!r}: write whole numbers, such as 0,1,2.") from None


def choose_suite(
    suite: str | None,
    envs: list[str] | None,
    agents: list[str] | None,
    questions: str | None,
    split: str | None,
    keywords: list[str] | None,
) -> Suite:
    """Return the suite of a name, or one of the environments that are given in its place.

    Raises:
        ConfigError: If options contradict each other, or the split to play cannot be told.
        UnknownNameError: If there is no such suite or question set.
    """
    if not envs:
        given = {"--questions": questions, "--split": split, "--set": keywords}
        stray = [name for name, value in given.items() if value]
        if stray:
            raise ConfigError(f"{stray[0]} belongs to --envs; a suite brings its own questions.")
        return make_suite(suite or DEFAULT)
    if suite:
        raise ConfigError("Give either --suite or --envs, not both.")
    if not agents:
        raise ConfigError("--envs needs --agents: who is to play? List them: hopgym agents")
    kwargs = dict(read_keyword(text) for text in keywords or [])
    source = questions or "world"
    chosen = split or default_split(make_questions(source), "test")
    tasks = [
        Task(
            name=f"{env_id.rpartition('/')[2]}.{Path(source).name}",
            env_id=env_id,
            questions=source,
            split=chosen,
            env_kwargs=kwargs,
        )
        for env_id in split_names(envs)
    ]
    return Suite("custom", "", tuple(tasks), tuple(split_names(agents)))


def ready_tasks(
    tasks: Iterable[Task], episodes: int | None, seeds: str | None, data: str | None
) -> list[Task]:
    """Return tasks with what the command line says of all, and their data files looked for.

    Raises:
        ConfigError: If files of the data folder are missing.
    """
    given = list(tasks)
    ready = [adapt(task, episodes, seeds, data) for task in given]
    check_files((made for made, task in zip(ready, given, strict=True) if task.needs_data), data)
    return ready


def adapt(task: Task, episodes: int | None, seeds: str | None, data: str | None) -> Task:
    """Return a task with what the command line says of all tasks."""
    changes: dict[str, Any] = {}
    if episodes is not None:
        changes["episodes"] = episodes
    if seeds is not None:
        changes["seeds"] = read_seeds(seeds)
    return with_data(replace(task, **changes), data)


def split_names(values: list[str] | None) -> list[str]:
    """Return the names of `a,b`, given once or repeated.

    >>> split_names(["a,b", "c"])
    ['a', 'b', 'c']
    """
    parts = [part.strip() for value in values or [] for part in value.split(",")]
    if not all(parts):
        raise ConfigError(f"{','.join(values or [])!r} has an empty name; write a,b.")
    return parts
