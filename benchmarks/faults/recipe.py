"""A recipe: a command that is killed, how it goes on, and what of its artefact is compared."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...agents.tiny.policy import CHECKPOINT
from ...errors import ConfigError
from .artefact import Omission

OUT, GIVEN, MODEL = "{out}", "{given}", "{model}"
"""What stands in a command for the run's own folder, for the folder that `prepare` filled, and for
the built-in language model of a million weights."""

ON_A_CPU: Mapping[str, str] = {
    "CUDA_VISIBLE_DEVICES": "",
    "HF_HUB_OFFLINE": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""Variables that make a command of ours deterministic: the same sums in the same order."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A command to kill.

    Raises:
        ConfigError: If the command has no `{out}`, so that no run would have a folder of its own.
    """

    name: str
    summary: str
    """What it makes, in a few words."""
    command: Sequence[str]
    """The words; a first word `hopgym` is this installation's. `{out}`, `{given}` and `{model}`
    are filled in wherever they stand."""
    resume: Sequence[str] = ()
    """Words that are added when a killed run goes on; none if the same command goes on."""
    prepare: Callable[[Path], None] | None = None
    """Fills the folder `{given}` before anything runs, once for all runs; it is never killed."""
    omissions: Sequence[Omission] = ()
    """What of the artefact is not compared, and why."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Regular expressions of names that are drawn at random, and what they are read as, in paths
    and in files."""
    env: Mapping[str, str] = field(default_factory=lambda: ON_A_CPU)
    """Variables of the environment, beside this process's own."""

    def __post_init__(self) -> None:
        """Refuse a command without a place for its folder."""
        if not any(OUT in word for word in self.command):
            raise ConfigError(
                f"The command {' '.join(self.command)!r} has no {OUT}: write it where the folder "
                "of the run belongs, as in --output_dir {out}."
            )

    def words(self, out: Path, given: Path, *, resumed: bool) -> list[str]:
        """Return the command for one run."""
        told = [*self.command, *(self.resume if resumed else ())]
        filled = [_fill(word, {OUT: out, GIVEN: given, MODEL: CHECKPOINT}) for word in told]
        if filled[0] == "hopgym":
            return [sys.executable, "-m", "hopgym", *filled[1:]]
        return filled


def _fill(word: str, places: Mapping[str, Path]) -> str:
    for name, path in places.items():
        word = word.replace(name, str(path))
    return word
