"""What a command line asks `hopgym bench` to play: its options as tasks and agents.

It reads texts and knows nothing of how anything is played or shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from ..agents import make_agent
from ..envs.datasets import make_questions
from ..envs.datasets.base import default_split
from ..envs.keywords import read_keyword
from ..errors import ConfigError, MissingExtraError
from .suites import DEFAULT, Suite, Task, check_files, make_suite, with_data

_DATA_SUFFIX = re.compile(r"(\.jsonl?|\.tsv)?(\.gz)?$")


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
    source = "world" if questions is None else questions
    chosen = split or default_split(make_questions(source), "test")
    tasks = [
        Task(
            name=f"{env_id.rpartition('/')[2]}.{questions_label(source)}",
            env_id=env_id,
            questions=source,
            split=chosen,
            env_kwargs=kwargs,
        )
        for env_id in split_names(envs)
    ]
    return Suite("custom", "", tuple(tasks), tuple(split_names(agents)))


def questions_label(source: str) -> str:
    """Return what to call a task by its questions: wherever they lie, and from wherever one looks.

    >>> questions_label("mine/q.jsonl?documents=mine/d.jsonl"), questions_label("world?hops=2")
    ('q', 'world?hops=2')
    """
    name, query = (source, "") if Path(source).exists() else source.partition("?")[::2]
    options = dict(parse_qsl(query, keep_blank_values=True))
    options.pop("documents", None)
    name = options.pop("path", name)
    # by `resolve`, `.` has a name too; `:` stands before a name within a module or file
    plain = Path(name).name if ":" in name else Path(name).resolve().name
    rest = "&".join(f"{key}={Path(value).name}" for key, value in options.items())
    return _DATA_SUFFIX.sub("", plain) + (f"?{rest}" if rest else "")


def ready_tasks(
    tasks: Iterable[Task],
    episodes: int | None,
    seeds: str | None,
    data: str | None,
    *,
    spread: bool = False,
) -> list[Task]:
    """Return tasks with what the command line says of all, and their data files looked for.

    Raises:
        ConfigError: If files of the data folder are missing.
    """
    given = list(tasks)
    ready = [adapt(task, episodes, seeds, data, spread=spread) for task in given]
    check_files((made for made, task in zip(ready, given, strict=True) if task.needs_data), data)
    return ready


def adapt(
    task: Task,
    episodes: int | None,
    seeds: str | None,
    data: str | None,
    *,
    spread: bool = False,
) -> Task:
    """Return a task with what the command line says of all tasks."""
    changes: dict[str, Any] = {"spread": task.spread or spread}
    if episodes is not None:
        changes["episodes"] = episodes
    if seeds is not None:
        changes["seeds"] = read_seeds(seeds)
    return with_data(replace(task, **changes), data)


def able(agents: Iterable[str]) -> tuple[list[str], list[str]]:
    """Part agents into those that can play here, and what keeps the others from it.

    For those that a suite brings: who named none should not fail for want of an extra.
    """
    names, lacking = [], []
    for name in agents:
        try:
            make_agent(name)
            names.append(name)
        except MissingExtraError as error:
            lacking.append(f"{name} does not play: {error}")
    return names, lacking


def split_names(values: list[str] | None) -> list[str]:
    """Return the names of `a,b`, given once or repeated.

    >>> split_names(["a,b", "c"])
    ['a', 'b', 'c']
    """
    parts = [part.strip() for value in values or [] for part in value.split(",")]
    if not all(parts):
        raise ConfigError(f"{','.join(values or [])!r} has an empty name; write a,b.")
    return parts
