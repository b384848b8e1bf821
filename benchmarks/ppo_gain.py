"""What reinforcement learning adds to a weak start, and whether the rewards are what adds it.

Each algorithm of `hopgym train ppo` trains, in SearchRead and with several seeds, the model of a
teacher that stops searching too early (see `study`), on questions of another world; and once more
with the rewards of other episodes, which must gain nothing.

    python -m hopgym.benchmarks.ppo_gain --out runs/ppo_gain [--seeds 3] [--updates 12] [--jobs 2]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from .gains import QUESTIONS
from .study import SEARCH_READ, Study, errors_told, measure, report, wide_console

ARMS: Mapping[str, Sequence[str]] = {
    "ppo": (),
    "reinforce++": ("--algorithm", "reinforce++"),
    "rloo": ("--algorithm", "rloo"),
    "shuffled rewards": ("--control", "shuffled"),
}
"""Each with the flags that make it."""


@dataclass(frozen=True)
class Plan(Study):
    """What is run, and where."""

    arms: ClassVar[Mapping[str, Sequence[str]]] = ARMS
    updates: int

    def train(self, arm: str, seed: int) -> list[str]:
        """Return the command of a run."""
        return [
            "train", "ppo", "--preset", "tiny-cpu", "--model_name", str(self.weak),
            "--output_dir", str(self.run(arm, seed)), "--questions", QUESTIONS,
            "--updates", str(self.updates), "--eval_questions", "none", "--seed", str(seed),
            "--resume", *ARMS[arm],
        ]  # fmt: skip


def main(
    out: Annotated[Path, typer.Option(help="The folder of the runs.")],
    model: Annotated[str, typer.Option(help="What the bad teacher spoils.")] = "",
    seeds: Annotated[int, typer.Option(help="Runs of each algorithm.", min=1)] = 3,
    updates: Annotated[int, typer.Option(help="Updates of each.", min=1)] = 12,
    jobs: Annotated[int, typer.Option(help="Runs side by side, a core each.", min=1)] = 2,
) -> None:
    """Measure what reinforcement learning adds to a weak start."""
    from ..agents.tiny.policy import CHECKPOINT

    console = wide_console()
    plan = Plan(out, model or str(CHECKPOINT), SEARCH_READ, updates)
    with errors_told():
        report(plan, measure(plan, seeds, jobs, console), console)


if __name__ == "__main__":
    typer.run(main)
