"""What joint training adds to D-RAG, against its own cascades, and what each of its parts is for.

The retriever learns the world's questions of two and three hops (phase 1), with several seeds. Then a
small language model learns to answer by what it retrieves: as a static cascade, as a dynamic one, and
jointly (phase 2); and jointly again with one part left out or changed. All are judged on the test
split. What is there already is gone on with.

    python -m hopgym.benchmarks.drag_gain --out runs/drag_gain [--seeds 3] [--ablations]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from rich.table import Table

from ..agents.drag.presets import PRESETS
from ..envs.datasets import make_questions
from ..files import atomic_write
from .stats import Interval, mean_interval
from .study import errors_told, run_hopgym, wide_console

PRETRAINING, JOINT = "tiny-cpu", "tiny-cpu-joint"


class Arm(NamedTuple):
    """One way of training."""

    first: Sequence[str] = ()
    """Flags of phase 1 beyond the preset's; arms with the same ones share its run."""
    second: Sequence[str] = ()
    """Those of phase 2."""


ARMS: Mapping[str, Arm] = {
    "static cascade": Arm((), ("--cascade", "static")),
    "dynamic cascade": Arm((), ("--cascade", "dynamic")),
    "joint": Arm(),
}
ABLATIONS: Mapping[str, Arm] = {
    "no instruction update": Arm(("--no_instruction_update",), ("--no_instruction_update",)),
    "no rank loss": Arm(("--rho", "1.0"), ("--rho", "1.0")),
    "rloo, 2 samples": Arm((), ("--estimator", "rloo", "--samples", "2")),
    "st+rloo, 2 samples": Arm((), ("--estimator", "st+rloo", "--samples", "2")),
    "st, 2 samples": Arm((), ("--samples", "2")),
    "projector not scaled": Arm((), ("--no_scale_projector",)),
    "lambda 0.1": Arm((), ("--ret_loss_weight", "0.1")),
    "lambda by gradnorm": Arm((), ("--ret_weighting", "gradnorm")),
}
SHOWN = ("f1_one_to_one", "hit_at_1_exact", "fact_recall", "fact_f1", "facts")

Judged = list[dict[str, float]]
"""The metrics of each question, in the order of the split."""


@dataclass(frozen=True)
class Plan:
    """What is run, and where."""

    out: Path
    generator: Path
    flags: tuple[str, ...] = ()
    """Of both phases, over the presets."""

    def first(self, arm: Arm, seed: int) -> Path:
        """Return the folder of an arm's phase 1."""
        label = "-".join(flag.strip("-") for flag in arm.first) or "usual"
        return self.out / f"phase1-{label}-{seed}"

    def second(self, name: str, seed: int) -> Path:
        """Return the folder of an arm's phase 2."""
        return self.out / f"{name.replace(' ', '_').replace(',', '')}-{seed}"

    def commands(self, name: str, arm: Arm, seed: int) -> tuple[list[str], list[str]]:
        """Return the commands of an arm, which go on where they stopped."""
        usual = ["train", "drag", "--resume", "--seed", str(seed), *self.flags]
        first = [*usual, "--preset", PRETRAINING, "--checkpoint_dir", str(self.first(arm, seed))]
        second = [
            *usual, "--preset", JOINT, "--checkpoint_dir", str(self.second(name, seed)),
            "--phase1_checkpoint", str(self.first(arm, seed)),
            "--generator_model", str(self.generator),
        ]  # fmt: skip
        return [*first, *arm.first], [*second, *arm.second]


def judged(folder: Path, split: str = "test") -> Judged:
    """Return how a trained D-RAG does on each question of a split."""
    from ..agents.drag.cases import Cases
    from ..agents.drag.judging import judge_each
    from ..agents.drag.parts import load_parts

    file = folder / f"{split}.json"
    if not file.is_file():
        parts = load_parts(folder)
        questions = make_questions(PRESETS[JOINT]["questions"]).questions(split)
        found = list(judge_each(parts, Cases(questions, parts.shape.max_facts)))
        with atomic_write(file) as stream:
            stream.write(msgspec.json.encode(found))
    return msgspec.json.decode(file.read_bytes(), type=Judged)


def measure(
    plan: Plan, arms: Mapping[str, Arm], seeds: int, jobs: int, console: Any
) -> dict[str, list[Judged]]:
    """Train all that is not there yet, and judge it: for each arm, seed by seed.

    Raises:
        HopgymError: If a command fails.
    """
    runs = [(name, arm, seed) for name, arm in arms.items() for seed in range(seeds)]
    first = {plan.first(arm, seed): plan.commands(name, arm, seed)[0] for name, arm, seed in runs}
    second = {
        plan.second(name, seed): plan.commands(name, arm, seed)[1] for name, arm, seed in runs
    }
    with ThreadPoolExecutor(jobs) as pool:
        for commands in (first, second):
            left = [command for folder, command in commands.items() if not _is_done(folder)]
            list(pool.map(lambda command: run_hopgym(command, console), left))
    return {name: [judged(plan.second(name, seed)) for seed in range(seeds)] for name in arms}


def _is_done(folder: Path) -> bool:
    return (folder / "hopgym.json").is_file()


def means(found: Sequence[Judged], metric: str) -> Interval:
    """Return the mean of a metric over questions, each the mean of its seeds."""
    return mean_interval(list(_each(found, metric)), metric)


def gain(found: Sequence[Judged], against: Sequence[Judged], metric: str) -> Interval:
    """Return by how much one arm is better than another, question by question."""
    pairs = zip(_each(found, metric), _each(against, metric), strict=True)
    return mean_interval([mine - other for mine, other in pairs], "gain", metric)


def _each(found: Sequence[Judged], metric: str) -> Iterator[float]:
    for rows in zip(*found, strict=True):
        values = [row[metric] for row in rows if metric in row]
        if values:
            yield sum(values) / len(values)


def tables(results: Mapping[str, Sequence[Judged]], base: str = "static cascade") -> list[Table]:
    """Lay out the arms: their means over seeds, and each seed's F1."""
    laid = Table(title="Held-out questions of two and three hops", title_justify="left")
    laid.add_column("Trained as")
    headings = ("F1 1:1, %", "Hits@1, %", "Fact recall, %", "Fact F1, %", "Facts read")
    for heading in (*headings, f"F1 over {base}"):
        laid.add_column(heading, justify="right")
    for name, found in results.items():
        cells = [means(found, metric) for metric in SHOWN]
        shown = [f"{100 * c.mean:.1f} [{100 * c.low:.1f}, {100 * c.high:.1f}]" for c in cells[:4]]
        more = gain(found, results[base], "f1_one_to_one")
        added = f"{100 * more.mean:+.1f} [{100 * more.low:+.1f}, {100 * more.high:+.1f}]"
        laid.add_row(name, *shown, f"{cells[4].mean:.2f}", "" if name == base else added)
    by_seed = Table(title="F1 1:1 of each seed, %", title_justify="left")
    by_seed.add_column("Trained as")
    for seed in range(max(map(len, results.values()))):
        by_seed.add_column(f"seed {seed}", justify="right")
    for name, found in results.items():
        by_seed.add_row(name, *(f"{100 * means([one], SHOWN[0]).mean:.1f}" for one in found))
    return [laid, by_seed]


def main(
    out: Annotated[Path, typer.Option(help="The folder of the runs.")],
    generator: Annotated[
        Path | None, typer.Option(help="The language model's folder; that of `tiny`, usually.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Runs of each arm.", min=1)] = 3,
    ablations: Annotated[bool, typer.Option(help="Leave out or change parts, too.")] = False,
    jobs: Annotated[int, typer.Option(help="Runs side by side, a core each.", min=1)] = 1,
    flag: Annotated[
        list[str] | None, typer.Option(help="A flag of both phases, as --limit=200; repeated.")
    ] = None,
) -> None:
    """Measure what joint training adds."""
    from ..agents.tiny.policy import CHECKPOINT

    console = wide_console()
    arms = {**ARMS, **(ABLATIONS if ablations else {})}
    plan = Plan(out, generator or Path(CHECKPOINT), tuple(flag or ()))
    with errors_told():
        results = measure(plan, arms, seeds, jobs, console)
        for table in tables(results):
            console.print(table)


if __name__ == "__main__":
    typer.run(main)
