"""What a recipe needs beforehand, made by commands of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ...errors import ConfigError
from .recipe import GIVEN, ON_A_CPU


def prepared_by(*commands: Sequence[str]) -> Callable[[Path], None]:
    """Return what fills the folder `{given}` by commands of ours.

    Args:
        commands: The words behind `hopgym`, with `{given}`.
    """

    def prepare(folder: Path) -> None:
        for words in commands:
            filled = [word.replace(GIVEN, str(folder)) for word in words]
            done = subprocess.run(
                [sys.executable, "-m", "hopgym", *filled],
                env={**os.environ, **ON_A_CPU},
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise ConfigError(
                    f"`hopgym {' '.join(filled)}` ended with status {done.returncode}: "
                    f"{done.stderr[-500:]}"
                )

    return prepare
