"""Nothing of ours measures time by a clock that may jump."""

import ast
from pathlib import Path

import hopgym

ROOT = Path(hopgym.__file__).parent
OURS = ("agents", "benchmarks", "envs", "retrieval", "rewards")
WALL = {("time", "time"), ("datetime", "now"), ("datetime", "utcnow"), ("time", "time_ns")}
ALLOWED = {
    "retrieval/backoff.py",  # a Retry-After date of a server that says no Date
    "retrieval/saved.py",  # a save that was abandoned a day ago, by the file system's clock
    "benchmarks/cli.py",
    "benchmarks/report/cli.py",  # the date on a page
}


def reads_the_wall_clock(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in WALL
        for node in ast.walk(tree)
    ) or any(
        isinstance(node, ast.ImportFrom)
        and node.module == "time"
        and any(name.name in ("time", "time_ns") for name in node.names)
        for node in ast.walk(tree)
    )


def test_durations_are_not_of_the_wall_clock():
    files = [*ROOT.glob("*.py"), *(file for name in OURS for file in (ROOT / name).rglob("*.py"))]
    found = {file.relative_to(ROOT).as_posix() for file in files if reads_the_wall_clock(file)}
    assert len(files) > 200 and found <= ALLOWED, (
        f"{sorted(found - ALLOWED)}: use time.monotonic or time.perf_counter for durations."
    )
    assert "retrieval/backoff.py" in found  # it is seen where it is
