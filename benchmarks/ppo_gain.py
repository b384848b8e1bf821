"""What reinforcement learning adds to a weak start, and whether the rewards are what adds it.

`tiny` is taught by a bad teacher until it stops searching too early (`hopgym expert collect`,
`hopgym train sft`); then each algorithm trains it on questions of another world, with several seeds
(`hopgym train ppo`), and once more with the rewards of other episodes, which must gain nothing. The
last model of each run is marked, not the best of several: choosing would be a reward, too. The marks
are exact match on a split that no training saw, before and after, question by question. A folder
that is there already is gone on with.

    python -m hopgym.benchmarks.ppo_gain --out runs/ppo_gain [--seeds 3] [--updates 12] [--jobs 2]
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from ..agents import make_agent
from ..agents.rollout import Job, rollout
from ..envs.datasets import make_questions
from ..errors import HopgymError, told
from ..files import atomic_write
from .stats import Interval, mean_interval

QUESTIONS = "world?hops=1-2&train=4000&dev=300&test=600&seed=11"
ENV_ID = "hopgym/SearchRead-v0"
TEACHER = "hopgym.agents.tiny.hasty:HastyTeacher"
ARMS: Mapping[str, Sequence[str]] = {
    "ppo": (),
    "reinforce++": ("--algorithm", "reinforce++"),
    "rloo": ("--algorithm", "rloo"),
    "shuffled rewards": ("--control", "shuffled"),
}
"""Each with the flags that make it."""


class Gain(NamedTuple):
    """What a run gained on the questions of the test split."""

    arm: str
    seed: int
    before: Interval
    after: Interval
    gain: Interval
    """Of the differences, question by question."""
    chains_before: Interval
    """On chains of two hops alone, which nothing but a second search can answer."""
    chains_after: Interval


class Plan(NamedTuple):
    """What is run, and where."""

    out: Path
    model: str
    updates: int

    @property
    def weak(self) -> Path:
        """The model that the bad teacher taught."""
        return self.out / "weak"

    def run(self, arm: str, seed: int) -> Path:
        """Return the folder of a run."""
        return self.out / f"{arm.replace(' ', '_')}-{seed}"

    def collect(self) -> list[str]:
        """Return the command that lets the bad teacher play."""
        return [
            "expert", "collect", "--out", str(self.out / "hasty.raw.jsonl"), "--agent", TEACHER,
            "--questions", QUESTIONS, "--episodes", "480", "--accept", "f1>=0", "--attempts", "1",
        ]  # fmt: skip

    def teach(self) -> list[str]:
        """Return the command that makes the weak model."""
        return [
            "train", "sft", "--model_name", self.model, "--output_dir", str(self.weak),
            "--data_path", str(self.out / "hasty.raw.jsonl"), "--lora_r", "0", "--lr", "1e-3",
            "--epochs", "3", "--batch_size", "16", "--gradient_accumulation_steps", "1",
            "--no_gradient_checkpointing", "--max_new_tokens", "128", "--lr_scheduler", "linear",
        ]  # fmt: skip

    def train(self, arm: str, seed: int) -> list[str]:
        """Return the command of a run."""
        return [
            "train", "ppo", "--preset", "tiny-cpu", "--model_name", str(self.weak),
            "--output_dir", str(self.run(arm, seed)), "--questions", QUESTIONS,
            "--updates", str(self.updates), "--eval_questions", "none", "--seed", str(seed),
            "--resume", *ARMS[arm],
        ]  # fmt: skip


def measure(plan: Plan, seeds: int, jobs: int, console: Console) -> list[Gain]:
    """Run all that is not there yet, and mark it.

    Raises:
        HopgymError: If a command fails; what it wrote is shown.
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    if not (plan.weak / "hopgym.json").is_file():
        _hopgym(plan.collect(), console)
        _hopgym(plan.teach(), console)
    runs = [(arm, seed) for seed in range(seeds) for arm in ARMS]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda run: _hopgym(plan.train(*run), console), runs))
    before = marks(plan.weak)
    return [gain_of(arm, seed, before, marks(plan.run(arm, seed))) for arm, seed in runs]


def marks(model: Path, split: str = "test") -> dict[str, float]:
    """Let a model play a split greedily; return the exact match of each question, by id."""
    question_set = make_questions(QUESTIONS)
    jobs = [Job(question.id) for question in question_set.questions(split)]
    kwargs = {"questions": question_set, "split": split}
    found = {}
    for episode in rollout(ENV_ID, make_agent(model), jobs, env_kwargs=kwargs, num_envs=128):
        if episode.error:
            raise HopgymError(f"Question {episode.job.question_id} failed: {episode.error}")
        found[episode.job.question_id] = episode.metrics["em"]
    return found


def gain_of(arm: str, seed: int, before: Mapping[str, float], after: Mapping[str, float]) -> Gain:
    """Compare the marks of a run with those of its start, question by question."""

    def mean(of: Mapping[str, float], ids: Iterable[str], *path: str | int) -> Interval:
        return mean_interval([of[id] for id in ids], *path, share=True)

    chains = two_hop_chains()
    return Gain(
        arm,
        seed,
        mean(before, before, "before"),
        mean(after, before, "after", arm, seed),
        mean_interval([after[id] - before[id] for id in before], "gain", arm, seed),
        mean(before, chains, "chains before"),
        mean(after, chains, "chains after", arm, seed),
    )


def two_hop_chains(split: str = "test") -> list[str]:
    """Return the ids of the questions that take two searches, one after the other."""
    questions = make_questions(QUESTIONS).questions(split)
    return [q.id for q in questions if q.type == "chain" and len(q.hops) == 2]


def _hopgym(words: Sequence[str], console: Console) -> None:
    """Run a command, in a process and with a core of its own."""
    console.print(f"hopgym {shlex.join(words)}", markup=False, highlight=False, soft_wrap=True)
    done = subprocess.run(
        [sys.executable, "-m", "hopgym", *words],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise HopgymError(f"hopgym {words[0]} {words[1]} failed:\n{done.stderr[-2000:]}")


def table(gains: Sequence[Gain]) -> Table:
    """Lay out the gains; the figures are percentages with 95 % intervals."""
    laid = Table("Algorithm", "Seed", title="Exact match, held out", title_justify="left")
    for heading in ("Before", "After", "Gain", "2-hop chains: before", "after"):
        laid.add_column(heading, justify="right")
    for place, gain in enumerate(sorted(gains, key=lambda each: list(ARMS).index(each.arm))):
        if place and gain.seed == 0:
            laid.add_section()
        laid.add_row(gain.arm, str(gain.seed), *map(_shown, gain[2:]))
    return laid


def _shown(interval: Interval) -> str:
    mean, low, high = (100 * end for end in interval[:3])
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"


def main(
    out: Annotated[Path, typer.Option(help="The folder of the runs.")],
    model: Annotated[str, typer.Option(help="What the bad teacher spoils.")] = "",
    seeds: Annotated[int, typer.Option(help="Runs of each algorithm.", min=1)] = 3,
    updates: Annotated[int, typer.Option(help="Updates of each.", min=1)] = 12,
    jobs: Annotated[int, typer.Option(help="Runs side by side, a core each.", min=1)] = 2,
) -> None:
    """Measure what reinforcement learning adds to a weak start."""
    from ..agents.tiny.policy import CHECKPOINT

    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        gains = measure(Plan(out, model or str(CHECKPOINT), updates), seeds, jobs, console)
    except HopgymError as error:
        Console(stderr=True).print(told(error), markup=False, highlight=False)
        raise typer.Exit(1) from None
    with atomic_write(out / "gains.json") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(gains), indent=1) + b"\n")
    console.print(table(gains))


if __name__ == "__main__":
    typer.run(main)
