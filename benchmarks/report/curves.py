"""Training curves: the figures that runs left in their folders, step by step.

Every learner writes some of these files, a line of figures for each step: how it learnt, and how it
played held-out questions. They are read as they are, so that a new learner needs no line here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import DataError
from ...files import parse_json, read_jsonl, read_text

FILES = ("marks.jsonl", "journal.jsonl", "curve.json")
"""What a run leaves: how it played, how it learnt, or both in one."""

CLOCKS = ("step", "update", "epoch")
"""What counts a run's progress; the first that a line has."""

GROUPS = ("metrics", "exam")
"""Groups of figures whose names say nothing that those of their figures do not."""

MAX_POINTS = 600
"""Points of a curve that are drawn; more than a screen has room for tell nothing."""

Curve = dict[str, Any]


def find_runs(folders: Iterable[str | Path]) -> dict[str, Path]:
    """Return the run folders among folders and what lies below them, by name.

    Raises:
        DataError: If one holds no run, or does not exist.
    """
    runs: dict[Path, None] = {}
    for folder in map(Path, folders):
        found = sorted({file.parent for name in FILES for file in folder.rglob(name)})
        if not found:
            raise DataError(
                f"No training run in {str(folder)!r}: it has none of {', '.join(FILES)}, nor has a "
                "folder below. Give the --output_dir of a training run, or a folder of several."
            )
        runs.update(dict.fromkeys(found))
    return dict(zip(_names(list(runs)), runs, strict=True))


def runs_of_agents(specs: Iterable[str]) -> dict[str, Path]:
    """Return the run folders that agents were named by, where they are still there.

    Args:
        specs: How the agents were named: `runs/sft`, or `rag?model=runs/rag`.

    >>> runs_of_agents(["random", "rag?model=no/such/folder"])
    {}
    """
    from ...agents.tiny.policy import CHECKPOINT

    found: dict[str, Path] = {}
    for spec in specs:
        name, _, options = spec.partition("?")
        values = [part.partition("=")[2] for part in options.split("&")]
        named = [CHECKPOINT] if spec == "tiny" else [Path(text) for text in (name, *values) if text]
        run = next(filter(_is_run, named), None)
        if run is not None:
            found[spec] = run
    return found


def read_curves(runs: Mapping[str, Path]) -> list[Curve]:
    """Read runs.

    Args:
        runs: Run folders by name; of one folder with several names the first counts.

    Returns:
        For each run its `name` and `series`: for each figure the `clock` that counts, and
        `points`, each a step and a value.

    Raises:
        DataError: If a file is damaged; the message names the file and the line.
    """
    once = {run.resolve(): name for name, run in reversed(list(runs.items()))}
    named = {name: run for name, run in runs.items() if once[run.resolve()] == name}
    read = {name: _series(run) for name, run in named.items()}
    return [{"name": name, "series": series} for name, series in read.items() if series]


def _is_run(folder: Path) -> bool:
    try:
        return any((folder / name).is_file() for name in FILES)
    except (OSError, ValueError):  # a name of an agent need not be one of a file
        return False


def _names(runs: list[Path]) -> list[str]:
    """Name runs by as much of their path as tells them apart."""
    runs = [run.resolve() for run in runs]
    for depth in range(1, max((len(run.parts) for run in runs), default=1)):
        names = ["/".join(run.parts[-depth:]) for run in runs]
        if len(set(names)) == len(names):
            return names
    return [str(run) for run in runs]


def _series(run: Path) -> dict[str, Curve]:
    series: dict[str, Curve] = {}
    for file in FILES:
        if not (run / file).is_file():
            continue
        for line in _lines(run / file):
            clock = next((name for name in CLOCKS if _is_number(line.get(name))), None)
            if clock is None:
                continue
            for name, value in _figures(line):
                if name not in CLOCKS:
                    own = series.setdefault(name, {"clock": clock, "points": []})
                    own["points"].append([line[clock], value])
    return {name: {**own, "points": _thinned(own["points"])} for name, own in series.items()}


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".jsonl":
        lines = [line for _, line in read_jsonl(path)]
    else:
        lines = parse_json(read_text(path), str(path))
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise DataError(f"{path} holds no curve: each of its lines must be an object of figures.")
    return iter(lines)


def _figures(line: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, float]]:
    """Yield every number of a line with its name, those of a group by both names."""
    for name, value in line.items():
        if isinstance(value, dict):
            yield from _figures(value, before if name in GROUPS else f"{before}{name}: ")
        elif _is_number(value):
            yield f"{before}{name}", float(f"{value:.6g}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _thinned(points: list[list[float]]) -> list[list[float]]:
    """Leave out points between the first and the last, evenly, until a screen can show them."""
    if len(points) <= MAX_POINTS:
        return points
    places = (round(i * (len(points) - 1) / (MAX_POINTS - 1)) for i in range(MAX_POINTS))
    return [points[place] for place in places]
