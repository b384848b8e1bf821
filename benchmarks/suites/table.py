"""What the suites play, as Markdown: `python -m hopgym.benchmarks.suites.table docs/suites.md`.

A page has two lines between which the tables stand; what is there is replaced.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...errors import ConfigError
from ...files import atomic_write
from .suite import SUITES, Suite, Task, make_suite

BEGIN, END = "<!-- suites: begin -->", "<!-- suites: end -->"
TITLES = ("task", "environment", "questions", "how many", "budget", "fingerprint")
"""The titles of a suite's columns."""


def suite_tables(names: Iterable[str] = SUITES) -> str:
    """Write a heading, the default agents and a table of tasks for each suite."""
    return "\n\n".join("\n\n".join(_suite(make_suite(name))) for name in names)


def with_tables(page: str, tables: str) -> str:
    r"""Return a page with the tables between its two lines.

    Raises:
        ConfigError: If the page does not have the two lines, one after the other.

    >>> with_tables(f"a\n{BEGIN}\nold\n{END}\nb", "new").splitlines()[2:5:2]
    ['', '']
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigError(f"The page lacks {BEGIN!r} or, below it, {END!r}: put both in.")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def _suite(suite: Suite) -> Iterator[str]:
    yield f"### {suite.name}"
    agents = ", ".join(f"`{agent}`" for agent in suite.agents)
    yield f"{suite.summary} Agents unless told otherwise: {agents}."
    rows = ["| " + " | ".join(TITLES) + " |", "|" + "---|" * len(TITLES)]
    rows += [f"| {' | '.join(_row(task))} |" for task in suite.tasks]
    yield "\n".join(rows)


def _row(task: Task) -> Iterator[str]:
    yield f"`{task.name}`"
    yield task.env_id.removeprefix("hopgym/")
    yield f"`{task.questions}`, {task.split}"
    count = "all" if task.episodes is None else str(task.episodes)
    count += ", spread" * task.spread
    yield count if len(task.seeds) == 1 else f"{count} x {len(task.seeds)} seeds"
    said = ", ".join(f"{name}={value}" for name, value in task.env_kwargs.items())
    yield f"`{said}`" if said else "the environment's own"
    yield f"`{task.fingerprint}`" if task.fingerprint else "of your files"


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        page = with_tables(path.read_text(encoding="utf-8"), suite_tables())
        with atomic_write(path) as stream:
            stream.write(page.encode())
