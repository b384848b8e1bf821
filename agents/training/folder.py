"""The folder of a run: its settings, checkpoints and marks, and at last the trained model.

```
OUTPUT/
    run.json            what is trained, on what
    checkpoints/        to resume from
    marks.jsonl         how it played, and when
    best/               the best so far, until the run has ended
    hopgym.json …       the trained model, as a leaderboard runs it
```
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ...errors import ConfigError
from ...files import atomic_write, parse_json, read_text, sweep
from ..model_folder import FILE
from .checkpoint import COMPLETE, check, numbered, recover, replaced, rotate, written


class RunFolder:
    """The folder of a run.

    Args:
        folder: Where it is, or will be.
        flag: What names it on the command line, for messages.
        keep: How many checkpoints are kept.
    """

    def __init__(self, folder: str | Path, *, flag: str = "--output_dir", keep: int = 1) -> None:
        self.flag = flag
        self.keep = keep
        self.folder = Path(folder)
        self.checkpoints = self.folder / "checkpoints"
        self.marks = self.folder / "marks.jsonl"
        self.best = self.folder / "best"
        self._run = self.folder / "run.json"

    def check_free(self, *, resume: bool) -> None:
        """Refuse the folder of an earlier run, unless that is to be resumed or left nothing.

        Raises:
            ConfigError: If there was one.
        """
        if self._has_work and not resume:
            raise ConfigError(
                f"{self.folder} holds an earlier run. Go on with it by --resume, or choose another "
                f"{self.flag}."
            )

    def begin(self, conditions: Mapping[str, Any], *, resume: bool) -> int:
        """Make the folder ready for a run.

        Args:
            conditions: What must be equal for a run to go on.
            resume: Whether to go on where an earlier run stopped, if there was one.

        Returns:
            The step to go on from; 0 to begin.

        Raises:
            ConfigError: If there was a run and it is not to be resumed, or it had other conditions.
            DataError: If a file of its last checkpoint is missing or changed.
        """
        plain = msgspec.json.decode(msgspec.json.encode(conditions))
        self.check_free(resume=resume)
        if self._has_work:
            self._check(plain)
        step = self._last_step()
        if step:
            check(self.checkpoint(step), self._cure(step))
            self.rotate()  # where a kill came before that
        if not step and self.best.exists():
            shutil.rmtree(self.best)
        with atomic_write(self._run) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n")
        return step

    def checkpoint(self, step: int) -> Path:
        """Return the folder of a checkpoint."""
        return self.checkpoints / f"checkpoint-{step}"

    @contextmanager
    def save(self, step: int) -> Iterator[Path]:
        """Give a folder to write a checkpoint into; older ones go when it is whole."""
        folder = self.checkpoint(step)
        with written(folder) as part:
            yield part
        self.rotate()

    def rotate(self) -> None:
        """Remove all checkpoints but the last ones."""
        rotate(self.checkpoints, self.keep)

    @contextmanager
    def new_best(self) -> Iterator[Path]:
        """Give a folder to write a model into; it takes the place of the best at the end."""
        with replaced(self.best) as part:
            yield part

    @contextmanager
    def swept(self) -> Iterator[None]:
        """Leave nothing half written where a library's trainer fails; its checkpoints are its own."""
        try:
            yield
        except Exception:
            if os.environ.get("RANK", "0") == "0":  # of several processes the first alone writes
                self.sweep()
            raise

    def sweep(self) -> None:
        """Remove what is half written: a checkpoint, the best model, a file."""
        sweep(self.folder)
        recover(self.best)
        for folder in self.checkpoints.glob("checkpoint-*"):
            if not (folder / COMPLETE).is_file() or folder.suffix:
                shutil.rmtree(folder)

    def publish_best(self) -> None:
        """Make the best model the run's model, unless an earlier end of the run has."""
        if not self.best.is_dir():
            return
        # Last what says how it is played: a kill on the way leaves no folder that seems to be a model.
        for file in sorted(self.best.iterdir(), key=lambda file: (file.name == FILE, file.name)):
            target = self.folder / file.name
            if target.is_dir():  # of an earlier end; a folder does not replace one
                shutil.rmtree(target)
            file.replace(target)
        self.best.rmdir()

    @property
    def _has_work(self) -> bool:
        """Whether an earlier run got as far as to leave a model."""
        left = [self.best, self.folder / FILE, *self.checkpoints.glob(f"checkpoint-*/{COMPLETE}")]
        return self._run.is_file() and any(path.exists() for path in left)

    def _last_step(self) -> int:
        """Return the step of the last whole checkpoint; remove what a killed run left of others."""
        self.sweep()
        return max(numbered(self.checkpoints), default=0)

    def _cure(self, step: int) -> str:
        before = max((other for other in numbered(self.checkpoints) if other < step), default=0)
        then = f"goes on from step {before}" if before else "begins anew"
        return f"Remove {self.checkpoint(step)}; the run then {then} with --resume."

    def _check(self, conditions: Mapping[str, Any]) -> None:
        held = parse_json(read_text(self._run), str(self._run))
        names = [name for name in {**held, **conditions} if held.get(name) != conditions.get(name)]
        if names:
            told = "; ".join(f"{n}: {held.get(n)!r}, not {conditions.get(n)!r}" for n in names)
            raise ConfigError(
                f"{self.folder} was trained under other conditions ({told:.500}). Give the same, "
                f"or choose another {self.flag}."
            )
