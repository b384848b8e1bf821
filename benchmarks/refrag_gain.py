"""What recursive retrieval adds over one retrieval, and what RL adds to it, at one document budget.

In `hopgym/RAG-v0`, on held-out questions of two hops. First: the policy of `hopgym train refrag`
(three retrievals of two documents) against one retrieval of six documents, read by `single_shot` and
by the same model trained to answer so. Then: GRPO from a weak start, which a hasty teacher taught to
answer with the first thing it reads (see `study`), with several seeds; with `--control` once more
with the rewards of other episodes, which must gain nothing.

    python -m hopgym.benchmarks.refrag_gain --out runs/refrag_gain [--seeds 3] [--control] [--jobs 1]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec
import typer
from rich.table import Table

from ..agents import make_agent
from ..agents.rollout import Job, rollout
from ..envs.datasets import make_questions
from ..envs.keywords import read_keywords
from ..errors import HopgymError
from ..files import atomic_write
from .gains import QUESTIONS
from .stats import Interval, mean_interval
from .study import Start, Study, errors_told, measure, report, wide_console

HASTY = "hopgym.agents.refrag.teacher:HastyRecursiveTeacher"
RECURSIVE = Start("hopgym/RAG-v0", (), ("hops=3", "max_steps=3", "generator=agent", "top_k=2"))
"""Six documents at most, in three retrievals."""
ONCE: Mapping[str, Any] = {"hops": 1, "top_k": 6}
"""The same budget in one."""


@dataclass(frozen=True)
class Plan(Study):
    """What is run, and where."""

    arms: ClassVar[Mapping[str, Sequence[str]]] = {"grpo": ()}
    updates: int
    episodes: int = 2500

    @property
    def policy(self) -> Path:
        """The model that the good teacher taught to retrieve again."""
        return self.out / "policy"

    @property
    def single(self) -> Path:
        """The model that it taught to answer from one retrieval."""
        return self.out / "single"

    @property
    def weak(self) -> Path:
        """The policy, spoilt by the hasty teacher."""
        return self.out / "weak"

    def lessons(self) -> Iterator[tuple[Path, list[list[str]]]]:
        """Yield the folder of each taught model, and the command that makes it."""
        taught = ("--episodes", str(self.episodes), "--epochs", "1")
        once = ("--hops", str(ONCE["hops"]), "--top_k", str(ONCE["top_k"]))
        spoilt = (
            "--teacher", HASTY, "--accept", "f1>=0", "--episodes", "480", "--epochs", "2",
            "--batch_size", "16", "--sft_lr", "1e-3",
        )  # fmt: skip
        yield self.policy, [self._teach(self.policy, self.model, *taught)]
        yield self.single, [self._teach(self.single, self.model, *taught, *once)]
        yield self.weak, [self._teach(self.weak, str(self.policy), *spoilt)]

    def train(self, arm: str, seed: int) -> list[str]:
        """Return the command of a run."""
        return [
            *self._usual("rl", self.run(arm, seed), str(self.weak)),
            "--algorithm", "grpo", "--updates", str(self.updates), "--eval_questions", "none",
            "--rl_lr", "1e-4", "--seed", str(seed), *self.arms[arm],
        ]  # fmt: skip

    def _teach(self, folder: Path, model: str, *flags: str) -> list[str]:
        return [*self._usual("supervised", folder, model), *flags]

    def _usual(self, stage: str, folder: Path, model: str) -> list[str]:
        return [
            "train", "refrag", "--preset", "tiny-cpu", "--stage", stage, "--resume",
            "--model_name", model, "--output_dir", str(folder), "--questions", QUESTIONS,
        ]  # fmt: skip


@dataclass(frozen=True)
class ControlledPlan(Plan):
    """The same, and once more with the rewards of other episodes, which must gain nothing."""

    arms: ClassVar[Mapping[str, Sequence[str]]] = {
        **Plan.arms,
        "shuffled rewards": ("--control", "shuffled"),
    }


class Arm(NamedTuple):
    """How one way of retrieving does on each question of two hops, by id."""

    name: str
    em: dict[str, float]
    documents: dict[str, float]
    """How many it was shown."""


def play(name: str, agent: Any, env_kwargs: Mapping[str, Any], split: str = "test") -> Arm:
    """Let an agent play the questions of two hops, greedily.

    Raises:
        HopgymError: If an episode fails.
    """
    question_set = make_questions(QUESTIONS)
    jobs = [Job(q.id) for q in question_set.questions(split) if len(q.hops) == 2]
    kwargs = {"questions": question_set, "split": split, **env_kwargs}
    arm = Arm(name, {}, {})
    for episode in rollout(
        RECURSIVE.env_id, make_agent(agent), jobs, env_kwargs=kwargs, num_envs=128
    ):
        if episode.error or episode.trajectory is None:
            raise HopgymError(f"Question {episode.job.question_id} failed: {episode.error}")
        shown = {hit.document_id for step in episode.trajectory.steps for hit in step.hits}
        arm.em[episode.job.question_id] = episode.metrics["em"]
        arm.documents[episode.job.question_id] = float(len(shown))
    return arm


def compare(plan: Plan, seeds: int) -> list[Arm]:
    """Play each way of retrieving: once, and again where more is needed."""
    again = read_keywords(RECURSIVE.env_set, {})
    reinforced = [plan.run("grpo", seed) for seed in range(seeds)]
    return [
        play("single_shot, scripted", "single_shot", ONCE),
        play("trained single-shot", str(plan.single), ONCE),
        play("refrag, supervised", str(plan.policy), again),
        play("refrag, hasty start", str(plan.weak), again),
        *(play(f"refrag, hasty + grpo {n}", str(each), again) for n, each in enumerate(reinforced)),
    ]


def over(arm: Arm, base: Arm) -> Interval:
    """Return by how much an arm is better than another, question by question."""
    return mean_interval([arm.em[id] - base.em[id] for id in base.em], arm.name, base.name)


def table(arms: Sequence[Arm]) -> Table:
    """Lay out the arms with 95 % intervals, in percent, beside the best that retrieves once."""
    base = max(arms[:2], key=lambda arm: sum(arm.em.values()))
    laid = Table(title=f"Questions of two hops, held out ({len(base.em)})", title_justify="left")
    for heading in ("Arm", "Documents", "Exact match, %", f"Over {base.name}"):
        laid.add_column(heading, justify="left" if heading == "Arm" else "right")
    for arm in arms:
        shown = sum(arm.documents.values()) / len(arm.documents)
        own = mean_interval(list(arm.em.values()), arm.name, share=True)
        more = "" if arm is base else _percent(over(arm, base), "+")
        laid.add_row(arm.name, f"{shown:.2f}", _percent(own), more)
    return laid


def _percent(interval: Interval, sign: str = "") -> str:
    mean, low, high = (100 * end for end in interval[:3])
    return f"{mean:{sign}.1f} [{low:{sign}.1f}, {high:{sign}.1f}]"


def main(
    out: Annotated[Path, typer.Option(help="The folder of the runs.")],
    model: Annotated[str, typer.Option(help="What is taught; tiny, usually.")] = "tiny",
    seeds: Annotated[int, typer.Option(help="Runs of each arm.", min=1)] = 3,
    updates: Annotated[int, typer.Option(help="Updates of 128 episodes.", min=1)] = 12,
    episodes: Annotated[int, typer.Option(help="What the good teacher plays.", min=1)] = 2500,
    control: Annotated[bool, typer.Option(help="Also with shuffled rewards.")] = False,
    jobs: Annotated[int, typer.Option(help="Runs side by side, a core each.", min=1)] = 1,
) -> None:
    """Measure what recursive retrieval adds, and what reinforcement learning adds to it."""
    console = wide_console()
    kind = ControlledPlan if control else Plan
    plan = kind(out, model, RECURSIVE, updates, episodes)
    with errors_told():
        report(plan, measure(plan, seeds, jobs, console), console)
        arms = compare(plan, seeds)
        with atomic_write(out / "arms.json") as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(arms), indent=1) + b"\n")
        console.print(table(arms))


if __name__ == "__main__":
    typer.run(main)
