"""What a head that points adds to Stable-Baselines3 on graphs, against the oracle and the stock head.

MaskablePPO learns the world's questions of two hops, with several seeds, by the preset `tiny-cpu`:
once with the pointer, and once with SB3's own `MultiInputPolicy`, as it is, in its place. Then each
plays the test split greedily. A return is the sum of what `kg` pays in an episode; its share is of
the oracle's. What is there already is gone on with.

    python -m hopgym.benchmarks.sb3_gain --out runs/sb3_gain [--seeds 3] [--total-timesteps 100000]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from rich.table import Table

from ..agents import make_agent
from ..agents.rollout import Job, rollout
from ..agents.sb3.settings import SB3Settings
from ..agents.sb3.train import env_kwargs
from ..envs.datasets import make_questions
from ..errors import HopgymError
from ..files import atomic_write
from .stats import Interval, mean_interval
from .study import errors_told, run_hopgym, wide_console

ARMS: Mapping[str, Sequence[str]] = {"pointer": (), "stock": ("--head", "stock")}
"""Each with the flags that make it."""

PRESET = "tiny-cpu"


class Play(NamedTuple):
    """What a player got on each question, by id."""

    returns: dict[str, float]
    fact_f1: dict[str, float]


class Row(NamedTuple):
    """A row of the table."""

    name: str
    seed: int | None
    returns: Interval
    share: float
    """Of the oracle's mean return."""
    fact_f1: Interval
    cpu_s: float | None
    """Seconds of the processor that the training took, its examinations too."""


@dataclass(frozen=True)
class Plan:
    """What is run, and where."""

    out: Path
    total_timesteps: int

    def run(self, arm: str, seed: int) -> Path:
        """Return the folder of a run."""
        return self.out / f"{arm}-{seed}"

    def train(self, arm: str, seed: int) -> list[str]:
        """Return the command of a run, which goes on where the run stopped."""
        return [
            "train", "sb3", "--preset", PRESET, "--output_dir", str(self.run(arm, seed)),
            "--total_timesteps", str(self.total_timesteps), "--seed", str(seed), "--resume",
            *ARMS[arm],
        ]  # fmt: skip


def play(agent: Any, split: str = "test") -> Play:
    """Let an agent play a split in the preset's environment.

    Raises:
        HopgymError: If a question could not be played.
    """
    settings = SB3Settings.preset(PRESET)
    question_set = make_questions(settings.questions)
    jobs = [Job(question.id) for question in question_set.questions(split)]
    kwargs = {"questions": question_set, "split": split, **env_kwargs(settings)}
    found = Play({}, {})
    for episode in rollout(settings.env_id, agent, jobs, env_kwargs=kwargs, num_envs=64):
        if episode.error:
            raise HopgymError(f"Question {episode.job.question_id} failed: {episode.error}")
        found.returns[episode.job.question_id] = episode.reward
        found.fact_f1[episode.job.question_id] = episode.metrics["fact_f1"]
    return found


def row_of(name: str, seed: int | None, played: Play, oracle: Play, cpu_s: float | None) -> Row:
    """Compare what a player got with what the oracle got."""
    returns = list(played.returns.values())
    ceiling = sum(oracle.returns.values()) / len(oracle.returns)
    label: list[str | int] = [name, *([] if seed is None else [seed])]
    return Row(
        name,
        seed,
        mean_interval(returns, "return", *label, share=False),
        sum(returns) / len(returns) / ceiling,
        mean_interval(list(played.fact_f1.values()), "fact_f1", *label),
        cpu_s,
    )


def measure(plan: Plan, seeds: int, jobs: int, console: Any) -> list[Row]:
    """Run all that is not there yet, and play it.

    Raises:
        HopgymError: If a command fails, or a question cannot be played.
    """
    runs = [(arm, seed) for arm in ARMS for seed in range(seeds)]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda run: _train(plan, run, console), runs))
    oracle = play("oracle")
    rows = [row_of(name, None, play(name), oracle, None) for name in ("oracle", "random")]
    for arm, seed in runs:
        folder = plan.run(arm, seed)
        rows.append(row_of(arm, seed, play(make_agent(folder)), oracle, _spent(folder)))
    return rows


def _train(plan: Plan, run: tuple[str, int], console: Any) -> None:
    if not (plan.run(*run) / "hopgym.json").is_file():
        run_hopgym(plan.train(*run), console)


def _spent(folder: Path) -> float:
    made = msgspec.json.decode((folder / "hopgym.json").read_bytes())["made"]
    return float(made["cpu_s"])


def table(rows: Sequence[Row]) -> Table:
    """Lay out the rows, with 95 % intervals over questions."""
    laid = Table(title="Held-out play of the world's two-hop questions", title_justify="left")
    laid.add_column("Player")
    for heading in ("Seed", "Return", "Of the oracle's", "Fact F1, %", "CPU s of training"):
        laid.add_column(heading, justify="right")
    for place, row in enumerate(rows):
        if place and row.name != rows[place - 1].name:
            laid.add_section()
        laid.add_row(
            row.name,
            "" if row.seed is None else str(row.seed),
            "{:.3f} [{:.3f}, {:.3f}]".format(*row.returns[:3]),
            f"{row.share:.3f}",
            "{:.1f} [{:.1f}, {:.1f}]".format(*(100 * end for end in row.fact_f1[:3])),
            "" if row.cpu_s is None else f"{row.cpu_s:.0f}",
        )
    return laid


def main(
    out: Annotated[Path, typer.Option(help="The folder of the runs.")],
    seeds: Annotated[int, typer.Option(help="Runs of each head.", min=1)] = 3,
    total_timesteps: Annotated[int, typer.Option(help="Steps of each.", min=1)] = 100_000,
    jobs: Annotated[int, typer.Option(help="Runs side by side, a core each.", min=1)] = 1,
) -> None:
    """Measure what the pointer adds."""
    console = wide_console()
    with errors_told():
        rows = measure(Plan(out, total_timesteps), seeds, jobs, console)
        out.mkdir(parents=True, exist_ok=True)
        with atomic_write(out / "rows.json") as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")
        console.print(table(rows))


if __name__ == "__main__":
    typer.run(main)
