"""How much memory an iteration of PPO takes: calculated for a preset, and checked by measuring.

    python -m hopgym.benchmarks.ppo_memory [--preset qwen2.5-0.5b-4gb] [--num-envs N] [--context N]
        [--max-new-tokens N] [--batch-tokens N] [--measure] [--json FILE]

The calculation needs neither a GPU nor a model. `--measure` checks it: where there is a GPU of CUDA, by
one iteration of the preset as it is, by a model of random weights; elsewhere by iterations of smaller
models and shorter rows in processes of their own, whose memory is read. What such a process takes
with a model of next to nothing is the interpreter's and the libraries', and is taken off.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from ..agents.ppo.memory import QWEN_05B, Calculation, Moment
from ..agents.ppo.settings import PPOSettings
from ..core import to_json
from ..errors import require
from ..files import atomic_write
from .ppo_iteration import Peaks, Plan
from .speed.env_steps import _count

PRESET = "qwen2.5-0.5b-4gb"
GPU = 4 * 2**30
ASIDE = 600 * 2**20
"""What no calculation of tensors counts: the driver's context, workspaces, splinters."""
MOVABLE = ("num_envs", "context", "max_new_tokens", "batch_tokens", "lora_r")
SMALL = (
    (4, 32_000, 128), (4, 32_000, 256), (4, 32_000, 512), (12, 32_000, 512), (4, 151_936, 256),
    (4, 151_936, 512), (24, 151_936, 256),
)  # fmt: skip
"""Layers, vocabulary and context of what is measured without a GPU."""
_PLAIN_MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""Memory that was let go is given back at once, so that what a process holds is what it uses."""


@dataclass(frozen=True, slots=True)
class Check:
    """A phase of an iteration, as it was calculated and as it was measured; bytes."""

    phase: str
    layers: int
    vocabulary: int
    context: int
    device: str
    calculated: int
    measured: int
    fixed: int
    """What of it is weights, gradients of them and what Adam keeps."""

    @property
    def error(self) -> float:
        """How far the calculation is above what was measured, as a share of it."""
        return self.calculated / self.measured - 1

    @property
    def error_beyond(self) -> float:
        """The same for what is held beyond the weights, which are easily counted."""
        return (self.calculated - self.measured) / max(1, self.measured - self.fixed)


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run."""

    preset: str
    moments: list[Moment]
    moved: dict[str, int]
    """The peak in bytes where a setting is doubled."""
    checks: list[Check]
    peaks: list[Peaks]
    """What was measured, in the order of the checks, which are two to each."""


def calculate(settings: PPOSettings, preset: str = PRESET) -> Report:
    """Calculate an iteration by Qwen2.5-0.5B."""
    return Report(preset, Calculation(QWEN_05B, settings).moments, moved(settings), [], [])


def moved(settings: PPOSettings) -> dict[str, int]:
    """Return the peak where one setting is twice what it is, for each that may move it."""
    return {
        name: Calculation(QWEN_05B, _with(settings, name, 2 * getattr(settings, name))).peak.bytes
        for name in MOVABLE
    }


def _with(settings: PPOSettings, name: str, value: int) -> PPOSettings:
    """Return settings with one changed; as the context grows, so does what is read at once."""
    change: dict[str, Any] = {name: value}
    changed = replace(settings, **change)
    return replace(changed, batch_tokens=max(changed.batch_tokens, changed.context))


def plans(settings: PPOSettings) -> list[Plan]:
    """Return what can be measured here."""
    if require("torch", "llm").cuda.is_available():
        actions = settings.context - 1  # every token, as it is calculated
        return [Plan(shape=QWEN_05B, settings=settings, actions=actions, device="cuda")]
    return [small_plan(settings, *sizes) for sizes in SMALL]


def overhead(settings: PPOSettings) -> Peaks:
    """Return what a process takes whose model is next to nothing."""
    plan = small_plan(settings, 4, 2_000, 64)
    shape = replace(plan.shape, width=4 * plan.shape.heads, feed_forward=64)
    return measured(replace(plan, shape=shape))


def small_plan(settings: PPOSettings, layers: int, vocabulary: int, context: int) -> Plan:
    """Return a plan for a processor: in 32 bits, two rows side by side, half of each row actions."""
    smaller = replace(
        settings, precision="float32", num_envs=2, context=context, batch_tokens=context,
        max_new_tokens=8,
    )  # fmt: skip
    shape = replace(QWEN_05B, layers=layers, vocabulary=vocabulary)
    return Plan(shape=shape, settings=smaller, actions=context // 2)


def checks(plan: Plan, peaks: Peaks, beside: Peaks = Peaks(0, 0)) -> Iterator[Check]:  # noqa: B008
    """Yield how the phases of an iteration were calculated and measured.

    Args:
        plan: What was measured.
        peaks: What came of it.
        beside: What of it is taken off.
    """
    actions = plan.actions * max(1, plan.settings.batch_tokens // plan.settings.context)
    made = Calculation(
        plan.shape, plan.settings, actions=actions, logits_at_once=plan.logits_at_once
    )
    fixed = sum(item.bytes for item in made.fixed())
    found = {"play": peaks.play - beside.play, "learn": peaks.learn - beside.learn}
    for phase, took in found.items():
        of_phase = [moment.bytes for moment in made.moments if moment.name.startswith(phase)]
        yield Check(
            phase, plan.shape.layers, plan.shape.vocabulary, plan.settings.context, plan.device,
            max(of_phase), took, fixed,
        )  # fmt: skip


def measured(plan: Plan) -> Peaks:
    """Measure in a process of its own.

    Raises:
        RuntimeError: If it fails; with what it said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "hopgym.benchmarks.ppo_iteration"],
        input=msgspec.json.encode(asdict(plan)),
        env={**os.environ, **_PLAIN_MALLOC},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"Measuring failed: {done.stderr.decode()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=Peaks)


def moments_table(report: Report) -> Table:
    """Lay out what is held at each moment."""
    table = Table(
        "", "MiB", "moved by",
        title=f"{report.preset}: what an iteration holds at its worst moments, calculated",
        title_justify="left",
    )  # fmt: skip
    table.columns[1].justify = "right"
    peak = max(moment.bytes for moment in report.moments)
    for moment in report.moments:
        style = "bold" if moment.bytes == peak else None
        table.add_row(moment.name, _mib(moment.bytes), "the peak" if style else "", style=style)
        for item in moment.items:
            table.add_row(f"  {item.name}", _mib(item.bytes), item.moved_by)
        table.add_section()
    left = GPU - ASIDE - peak
    table.add_row(f"left of 4 GB, {_mib(ASIDE)} MiB set aside for the driver", _mib(left), "")
    return table


def moved_table(report: Report) -> Table:
    """Lay out what each setting does to the peak."""
    table = Table("twice", "peak, MiB", "left, MiB")
    for name, peak in report.moved.items():
        table.add_row(name, _mib(peak), _mib(GPU - ASIDE - peak))
    return table


def checks_table(report: Report) -> Table:
    """Lay out calculation and measurement."""
    table = Table(
        "phase", "layers", "vocabulary", "context", "calculated", "measured", "error",
        "beyond the weights",
        title="Calculated and measured, MiB", title_justify="left",
    )  # fmt: skip
    for check in report.checks:
        table.add_row(
            check.phase, str(check.layers), f"{check.vocabulary:,}", str(check.context),
            _mib(check.calculated), _mib(check.measured), f"{check.error:+.1%}",
            f"{check.error_beyond:+.1%}",
        )  # fmt: skip
    return table


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Calculate, measure where that is asked for, and print the tables."""
    given = vars(_parser().parse_args(arguments))
    preset, measure, file = (given.pop(name) for name in ("preset", "measure", "json"))
    changes = {name: value for name, value in given.items() if value is not None}
    settings = PPOSettings.preset(preset, **changes)
    report = calculate(settings, preset)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(moments_table(report))
    console.print(moved_table(report))
    if measure:
        _measure(report, settings)
        console.print(checks_table(report))
        for peaks in report.peaks:
            if peaks.device:
                told = f"{_mib(peaks.reserved)} MiB taken by torch, {_mib(peaks.device)} in all"
                console.print(f"Of the device: {told}.")
    if file:
        with atomic_write(file) as stream:
            stream.write(to_json(report))


def _measure(report: Report, settings: PPOSettings) -> None:
    wanted = plans(settings)
    beside = overhead(settings) if wanted[0].device == "cpu" else Peaks(0, 0)
    for plan in wanted:
        report.peaks.append(peaks := measured(plan))
        report.checks.extend(checks(plan, peaks, beside))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.ppo_memory", allow_abbrev=False)
    parser.add_argument("--preset", choices=(PRESET,), default=PRESET)
    for name in MOVABLE:
        parser.add_argument(f"--{name.replace('_', '-')}", type=_count, metavar="N")
    parser.add_argument("--measure", action="store_true", help="check it by measuring")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
