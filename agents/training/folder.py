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

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ...errors import ConfigError
from ...files import atomic_write, parse_json, read_text
from ..model_folder import FILE
from .listeners import COMPLETE

_NUMBERED = re.compile(r"checkpoint-(\d+)")


class RunFolder:
    """The folder of a run.

    Args:
        folder: Where it is, or will be.
        flag: What names it on the command line, for messages.
    """

    def __init__(self, folder: str | Path, *, flag: str = "--output_dir") -> None:
        self.flag = flag
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
        """
        plain = msgspec.json.decode(msgspec.json.encode(conditions))
        self.check_free(resume=resume)
        if self._has_work:
            self._check(plain)
        step = self._last_step()
        if not step and self.best.exists():
            shutil.rmtree(self.best)
        with atomic_write(self._run) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n")
        return step

    def checkpoint(self, step: int) -> Path:
        """Return the folder of a checkpoint."""
        return self.checkpoints / f"checkpoint-{step}"

    def keep_only(self, checkpoint: Path) -> None:
        """Remove all checkpoints but one."""
        for folder in self.checkpoints.glob("checkpoint-*"):
            if folder != checkpoint:
                shutil.rmtree(folder)

    def publish_best(self) -> None:
        """Make the best model the run's model, unless an earlier end of the run has."""
        if not self.best.is_dir():
            return
        for file in sorted(self.best.iterdir()):
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
        steps = [0]
        for folder in self.checkpoints.glob("checkpoint-*"):
            match = _NUMBERED.fullmatch(folder.name)
            if match and (folder / COMPLETE).is_file():
                steps.append(int(match[1]))
            elif match:
                shutil.rmtree(folder)
        return max(steps)

    def _check(self, conditions: Mapping[str, Any]) -> None:
        held = parse_json(read_text(self._run), str(self._run))
        names = [name for name in {**held, **conditions} if held.get(name) != conditions.get(name)]
        if names:
            told = "; ".join(f"{n}: {held.get(n)!r}, not {conditions.get(n)!r}" for n in names)
            raise ConfigError(
                f"{self.folder} was trained under other conditions ({told:.500}). Give the same, "
                f"or choose another {self.flag}."
            )
