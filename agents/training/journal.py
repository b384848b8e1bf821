"""The figures of a run, update by update: a line of JSON each, and trackers where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...core import to_json
from ...errors import MissingExtraError, require
from ...files import atomic_write, read_jsonl


class Journal:
    """All figures of a run, in its file.

    Args:
        path: The file.
        until: The updates that were made before; what the file has beyond is of a stopped run.
        trackers: What else is told.
        name: What the number of an update is called.
    """

    def __init__(
        self, path: Path, until: int = 0, trackers: tuple[Any, ...] = (), *, name: str = "update"
    ) -> None:
        self.path = path
        self.name = name
        self.lines: list[dict[str, Any]] = []
        if until and path.exists():
            self.lines = [line for _, line in read_jsonl(path) if line[name] <= until]
        self._trackers = trackers

    def add(self, update: int, figures: Mapping[str, float]) -> None:
        """Note the figures of an update, counted from 1."""
        self.lines.append({self.name: update, **figures})
        with atomic_write(self.path) as stream:
            stream.writelines(to_json(line) + b"\n" for line in self.lines)
        for tracker in self._trackers:
            tracker.log(dict(figures), step=update)

    def finish(self) -> None:
        """Close the trackers."""
        for tracker in self._trackers:
            tracker.finish()


def check_trackers(settings: Any) -> None:
    """Refuse trackers that are not installed, before a model is loaded.

    Raises:
        MissingExtraError: If one is not.
    """
    needed = {"use_tensorboard": ("tensorboard", "tensorboardX"), "use_wandb": ("wandb",)}
    for flag, packages in needed.items():
        if getattr(settings, flag) and not any(map(find_spec, packages)):
            raise MissingExtraError(
                f"{flag} needs the package `{packages[0]}`. Run: pip install {packages[0]}"
            )


def make_trackers(settings: Any, made: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the trackers that are asked for, opened.

    Args:
        settings: With `use_wandb`, `use_tensorboard`, `wandb_project`, `wandb_run_name` and
            `output_dir`.
        made: The settings that they show.
    """
    library = require("accelerate.tracking", "llm")
    trackers = []
    if settings.use_tensorboard:
        trackers.append(library.TensorBoardTracker("tensorboard", settings.output_dir))
    if settings.use_wandb:
        name = settings.wandb_run_name
        trackers.append(library.WandBTracker(settings.wandb_project, name=name))
    for tracker in trackers:
        tracker.start()
        tracker.store_init_configuration({n: v for n, v in made.items() if _is_plain(v)})
    return tuple(trackers)


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float | str | bool)
