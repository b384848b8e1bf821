"""How fast does the report page open? Thousands of real trajectories in a headless browser.

Four environments are played by agents that need no model, until there are enough episodes; then the
page is written, opened in Chromium from its file, and used. "Opened" is the time from the request
to the first episode on the screen with the list beside it, by a clock outside the browser.

    python -m hopgym.benchmarks.speed.report_page [--episodes 10000] [--rounds 5] [--out DIR]
        [--browser /usr/bin/chromium] [--json FILE]
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from ...core import to_json
from ...errors import ConfigError, require
from ...files import atomic_write
from ..bench import run_bench
from ..leaderboard import Board, load_board
from ..report import write_page
from ..suites import make_suite
from ..suites.suite import Task

EPISODES = 10_000
ROUNDS = 5
LIMIT_S = 3.0
"""What the page was promised to open in."""

AGENTS = ("random", "closed_book", "single_shot", "iterative", "planner", "ppr", "cosine", "oracle")
"""Those of the suite `quick` that need no model."""

PER_QUESTION = 22
"""Episodes that they play of one question in the four environments: 6, 6, 6, and 4 of facts."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass(frozen=True)
class Figures:
    """What was measured; times in seconds, the median of the rounds and the worst."""

    episodes: int
    write_s: float
    """To make the page from a board in memory."""
    megabytes: float
    opened: tuple[float, float]
    filtered: tuple[float, float]
    """To choose an agent: the list is drawn anew."""
    searched: tuple[float, float]
    """For a word in questions and answers, its pause for typing included."""
    read: tuple[float, float]
    """For a word in every transcript: all of them are unpacked."""


def measure(out: Path, browser: str, episodes: int = EPISODES, rounds: int = ROUNDS) -> Figures:
    """Play, write and open.

    Args:
        out: Where results and page go; what is there already is not played again.
        browser: A Chromium.
        episodes: About how many.
        rounds: How often the page is opened, each time by a fresh browser.
    """
    tasks = make_tasks(max(1, round(episodes / PER_QUESTION)))
    run_bench(tasks, AGENTS, out, suite="report", num_envs=32)
    board = load_board([out])
    page = out / "report.html"
    written = _timed(lambda: write_page(board, page, title="Speed", questions=episodes))
    times = [use_page(page, browser) for _ in range(rounds)]
    opened, filtered, searched, read = (
        (median(each), max(each)) for each in zip(*times, strict=True)
    )
    size = page.stat().st_size / 1e6
    return Figures(_count(board), written, size, opened, filtered, searched, read)


def make_tasks(questions: int) -> list[Task]:
    """Return the tasks of the suite `quick` over so many questions of the world."""
    world = f"world?hops=1-6&test={questions}"
    return [
        replace(task, questions=world, episodes=None, fingerprint="")
        for task in make_suite("quick").tasks
    ]


def use_page(page: Path, browser: str) -> tuple[float, float, float, float]:
    """Open a page in a fresh browser and use it; return how long each took, in seconds."""
    api = require("playwright.sync_api", "dev")
    with api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = chromium.new_page()
        tab.set_default_timeout(120_000)
        opened = _timed(lambda: _open(tab, page))
        filtered = _timed(lambda: _choose(tab))
        tab.click("#filters [type=reset]")
        searched = _timed(lambda: _search(tab, "mentor"))
        tab.fill("[name=find]", "")
        read = _timed(lambda: _read(tab))
        chromium.close()
    return opened, filtered, searched, read


def _open(tab: Any, page: Path) -> None:
    tab.goto(page.as_uri())
    tab.wait_for_selector("#episode[data-shown]")
    tab.wait_for_selector("#list .item")


def _choose(tab: Any) -> None:
    tab.select_option("[name=agent]", "random")
    _told(tab, r"^[1-9].* of ")


def _search(tab: Any, word: str) -> None:
    tab.fill("[name=find]", word)
    _told(tab, r"^\d.* of ")


def _read(tab: Any) -> None:
    tab.check("[name=deep]")
    _search(tab, "almanac")  # a word of the documents, in no question
    _told(tab, r"^[1-9][\d,]* of [^%]*$")  # no longer how much of them has been read


def _told(tab: Any, pattern: str) -> None:
    """Wait for what the page says of its list. It forbids `eval`, and so waiting for a function."""
    tab.locator("#count", has_text=re.compile(pattern)).wait_for()


def _count(board: Board) -> int:
    return sum(len(group.records) for group in board.groups)


def _timed(act: Callable[[], Any]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def find_browser(given: str | None = None) -> str:
    """Return a Chromium: the one that is given, or the first on the path.

    Raises:
        ConfigError: If there is none.
    """
    found = given or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None or shutil.which(found) is None:
        raise ConfigError(
            f"No browser {given!r}: install Chromium (apt-get install chromium), or give its path "
            "by --browser."
        )
    return found


def table(figures: Figures) -> Table:
    """Return the figures as a table."""
    title = (
        f"{figures.episodes:,} episodes: a page of {figures.megabytes:.1f} MB, "
        f"written in {figures.write_s:.1f} s"
    )
    made = Table("", "Median, s", "Worst, s", title=title, title_justify="left")
    names = ("Opened", "Filtered", "Searched in questions", "Searched in transcripts")
    times = (figures.opened, figures.filtered, figures.searched, figures.read)
    for name, (middle, worst) in zip(names, times, strict=True):
        made.add_row(name, f"{middle:.2f}", f"{worst:.2f}")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the JSON file where one is asked for.

    The exit status is 1 if the page does not open in time.
    """
    given = _parser().parse_args(arguments)
    browser = find_browser(given.browser)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(given.out or Path(folder), browser, given.episodes, given.rounds)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table(figures))
    if given.json:
        with atomic_write(given.json) as file:
            file.write(to_json(figures))
    if figures.opened[0] > LIMIT_S:
        sys.exit(f"It opens in {figures.opened[0]:.1f} s; it was to take at most {LIMIT_S} s.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.report_page", allow_abbrev=False)
    parser.add_argument("--episodes", type=int, default=EPISODES, metavar="N")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep results and page here")
    parser.add_argument("--browser", metavar="FILE", help="a Chromium; by default of the path")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
