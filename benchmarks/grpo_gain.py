"""What GRPO adds to a weak start, in SearchRead and in DagSearch, and whether the rewards do it.

`hopgym train grpo` trains, with several seeds, the model of a teacher that stops searching too
early, and that of one that plans too few searches (see `study`), on questions of another world; and
once more with the rewards of other episodes, which must gain nothing.

    python -m hopgym.benchmarks.grpo_gain --out runs/grpo_gain [--env both] [--steps 48] [--jobs 2]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from .gains import QUESTIONS
from .study import (
    DAG_SEARCH,
    SEARCH_READ,
    Start,
    Study,
    errors_told,
    measure,
    repeated,
    report,
    wide_console,
)

ARMS: Mapping[str, Sequence[str]] = {"grpo": (), "shuffled rewards": ("--control", "shuffled")}
"""Each with the flags that make it."""


class Env(StrEnum):
    """Where it is measured."""

    SEARCH_READ = "search_read"
    DAG_SEARCH = "dag_search"
    BOTH = "both"


STARTS: Mapping[Env, Start] = {Env.SEARCH_READ: SEARCH_READ, Env.DAG_SEARCH: DAG_SEARCH}
"""The weak start in each environment."""

FLAGS: Mapping[str, Sequence[str]] = {
    # The weak start writes plans already: no first steps with the weights for learning to. What
    # episodes are paid differs by quarters; undivided, that is a small step.
    DAG_SEARCH.env_id: (
        "--curriculum_steps",
        "0",
        "--lr",
        "2e-4",
        "--scale_rewards",
        "none",
    ),
}
"""What an environment is trained with beside the preset."""


@dataclass(frozen=True)
class Plan(Study):
    """What is run, and where."""

    arms: ClassVar[Mapping[str, Sequence[str]]] = ARMS
    steps: int

    def train(self, arm: str, seed: int) -> list[str]:
        """Return the command of a run."""
        start = self.start
        return [
            "train", "grpo", "--preset", "tiny-cpu", "--model_name", str(self.weak),
            "--output_dir", str(self.run(arm, seed)), "--data_path", QUESTIONS,
            "--split", "train", "--env_id", start.env_id, *repeated("--env_set", start.env_set),
            "--max_steps", str(self.steps), *FLAGS.get(start.env_id, ()),
            "--eval_questions", "none", "--seed", str(seed), "--resume", *ARMS[arm],
        ]  # fmt: skip


def main(
    out: Annotated[Path, typer.Option(help="The folder of the runs.")],
    model: Annotated[str, typer.Option(help="What the bad teachers spoil.")] = "",
    env: Annotated[Env, typer.Option(help="Where.")] = Env.BOTH,
    seeds: Annotated[int, typer.Option(help="Runs of each arm.", min=1)] = 3,
    steps: Annotated[int, typer.Option(help="Optimiser steps; 4 to 128 episodes.", min=1)] = 48,
    jobs: Annotated[int, typer.Option(help="Runs side by side, a core each.", min=1)] = 2,
) -> None:
    """Measure what GRPO adds to a weak start."""
    from ..agents.tiny.policy import CHECKPOINT

    console = wide_console()
    for place in STARTS if env is Env.BOTH else (env,):
        plan = Plan(out / place, model or str(CHECKPOINT), STARTS[place], steps)
        with errors_told():
            report(plan, measure(plan, seeds, jobs, console), console)


if __name__ == "__main__":
    typer.run(main)
