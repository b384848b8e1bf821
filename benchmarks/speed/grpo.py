"""What a step of GRPO costs with our bridge, beside TRL's own of a single turn with as many tokens.

Three trainings of copies of one model take turns, an optimiser step each: in TRL's trainer all of
them, with the same settings, one thread and no gradient checkpointing.

- Our bridge plays episodes of `hopgym/SearchRead-v0`. Random weights write them, so whatever is
  written is read as a query (Search-R1's grammar otherwise), and documents of the world come back.
  The model cannot end early: each turn has exactly the tokens that it may have.
- TRL, single turn: row by row, its prompt has as many tokens as ours and the environment's replies
  together, and its completion as many as ours wrote. Rows are as long as ours, then, and as much is
  written, so that the number of tokens is the same; the reward is a number that costs nothing.
- TRL, single turn, with the replies in the completion: the same, but told through a `rollout_func`
  of a few lines, with a mask. Any multi-turn training has them there. What this costs beyond the
  side above is TRL's: scores and losses of tokens that nothing is learnt from, and the padding of
  prompts and completions apart. What our side costs beyond this one is ours.

Where Triton runs (on a GPU) TRL makes logits of completions alone; elsewhere of all positions, so
that the replies' logits are no difference on a CPU.

    python -m hopgym.benchmarks.speed.grpo [--models qwen2 lfm2] [--rows 16] [--generations 4]
        [--batch-size 4] [--turns 3] [--turn-tokens 40] [--threads 1] [--rounds 5] [--json FILE]

Ratios are of CPU seconds, so that a busy machine does not shift them (on a GPU look at those of the
wall); they are taken round by round, and the median is told with the least and the greatest. A look
at displaced likelihood (`--watch_every`) is timed beside the step.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from ...agents.grpo.settings import GRPOSettings
from ...agents.grpo.trainer import experiments
from ...agents.training.surroundings import quiet, undisturbed
from ...core import to_json
from ...errors import AgentError, require
from ...files import atomic_write
from .env_steps import _count
from .grpo_sides import INSIDE, OURS, PLAYING, SEARCHING, SINGLE, WRITING, Lengths, Size, make_sides
from .ppo import MODELS
from .rollout import ROUNDS
from .rounds import Cost, race
from .steps import LOOK, STEP, Stepping

_NOTHING = Cost(0, 0.0, 0.0)


class Ratio(NamedTuple):
    """The median over the rounds, with the least and the greatest."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.greatest:.2f})"


@dataclass(frozen=True, slots=True)
class Figure:
    """One side: the medians over the rounds, a step."""

    name: str
    seconds: float
    cpu_seconds: float
    writing: float
    """CPU seconds of the model's writing."""
    searching: float
    """CPU seconds of the retriever."""
    environment: float
    """CPU seconds of the rest of playing: episodes, tokens, rewards, figures."""
    training: float
    """CPU seconds of all else, which is TRL's."""
    padded_tokens: int
    """What a step reads, padding included."""
    times: Ratio
    """CPU seconds against TRL's single turn."""
    times_wall: Ratio


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a model."""

    model: str
    parameters: int
    vocabulary: int
    rows: int
    turns: int
    prompt_tokens: float
    """Of a row of the last round, in the mean."""
    reply_tokens: float
    written_tokens: float
    threads: int
    rounds: int
    figures: list[Figure]
    times_inside: Ratio
    """Ours against TRL's single turn with the replies in the completion."""
    look_cpu_seconds: float
    """One look at displaced likelihood, before and after an update."""
    times_watched: Ratio
    """Ours against TRL's single turn, with a look as often as `hopgym train grpo` has one."""


def measure(name: str, size: Size, *, threads: int = 1, rounds: int = ROUNDS) -> Report:
    """Let every side take a step in every round.

    Args:
        name: Of the model, one of `MODELS`.
        size: What a step reads and writes.
        threads: Of the library torch.
        rounds: How often.

    Raises:
        AgentError: If the sides did not read and write as many tokens.
    """
    require("torch", "llm").set_num_threads(threads)
    player = MODELS[name](0)
    with tempfile.TemporaryDirectory() as folder, undisturbed(), quiet(), experiments():
        bridge, sides = make_sides(player, size, folder)
        race(sides, rounds, 0.0)
    check_tokens(sides)
    played = {side.name: side for side in sides}
    prompt, replies, written = _means(bridge.lengths)
    return Report(
        name,
        sum(weights.numel() for weights in player.model.parameters()),
        player.model.config.vocab_size,
        size.rows,
        size.turns,
        prompt,
        replies,
        written,
        threads,
        rounds,
        [_figure(side, played[SINGLE]) for side in sides],
        _ratio(_cpu(played[OURS]), _cpu(played[INSIDE])),
        statistics.median(_cpu(played[OURS], LOOK)),
        _ratio(_watched(played[OURS]), _cpu(played[SINGLE])),
    )


def check_tokens(sides: Sequence[Stepping]) -> None:
    """Refuse to compare sides that did not read and write as many tokens, row by row.

    Raises:
        AgentError: If they did not.
    """
    for one in sides[1:]:
        for ours, theirs in zip(sides[0].counts, one.counts, strict=True):
            if ours[:2] != theirs[:2]:
                raise AgentError(
                    f"{sides[0].name!r} and {one.name!r} are no comparison: rows of {ours.rows} "
                    f"and {theirs.rows} tokens, of which {ours.written} and {theirs.written} were "
                    "written."
                )


def _means(lengths: Sequence[Lengths]) -> list[float]:
    return [statistics.mean(column) for column in zip(*lengths, strict=True)]


def _figure(side: Stepping, single: Stepping) -> Figure:
    step, writing, searching = (_cpu(side, part) for part in (STEP, WRITING, SEARCHING))
    playing = _cpu(side, PLAYING) if side.name == OURS else writing
    columns = list(zip(step, playing, writing, searching, strict=True))
    return Figure(
        side.name,
        statistics.median(part[STEP].wall for part in side.parts),
        statistics.median(step),
        statistics.median(writing),
        statistics.median(searching),
        statistics.median(p - w - s for _, p, w, s in columns),
        statistics.median(whole - p for whole, p, _, _ in columns),
        round(statistics.mean(count.padded for count in side.counts)),
        _ratio(step, _cpu(single)),
        _ratio([p[STEP].wall for p in side.parts], [p[STEP].wall for p in single.parts]),
    )


def _cpu(side: Stepping, part: str = STEP) -> list[float]:
    return [spent.get(part, _NOTHING).cpu for spent in side.parts]


def _watched(ours: Stepping) -> list[float]:
    every = GRPOSettings().watch_every
    return [s + look / every for s, look in zip(_cpu(ours), _cpu(ours, LOOK), strict=True)]


def _ratio(ones: Sequence[float], others: Sequence[float]) -> Ratio:
    times = [one / other for one, other in zip(ones, others, strict=True)]
    return Ratio(statistics.median(times), min(times), max(times))


def make_table(report: Report) -> Table:
    """Return the table of a model."""
    table = Table(
        "", "Seconds", "CPU", "writing", "search", "env", "training", "x TRL, CPU", "x TRL, wall",
        title=f"{report.model}, {report.parameters / 1e6:.1f}M random weights, a vocabulary of "
        f"{report.vocabulary:,}: steps of {report.rows} rows in {report.turns} turns, with "
        f"{report.prompt_tokens:.0f} tokens of a prompt, {report.reply_tokens:.0f} of replies and "
        f"{report.written_tokens:.0f} written; {report.threads} thread(s) (median of "
        f"{report.rounds})",
        title_justify="left",
    )  # fmt: skip
    for figure in report.figures:
        seconds = (
            figure.seconds, figure.cpu_seconds, figure.writing, figure.searching,
            figure.environment, figure.training,
        )  # fmt: skip
        told = (f"{number:.2f}" for number in seconds)
        table.add_row(figure.name, *told, str(figure.times), str(figure.times_wall))
    blank = [""] * 6
    table.add_row("ours / replies in the completion", *blank, str(report.times_inside), "")
    watched = f"ours with looks ({report.look_cpu_seconds:.2f} s each) / {SINGLE}"
    table.add_row(watched, *blank, str(report.times_watched), "")
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the JSON file where one is asked for."""
    given = vars(_parser().parse_args(arguments))
    models, file = given.pop("models"), given.pop("json")
    times = {name: given.pop(name) for name in ("threads", "rounds")}
    size = Size(**given)
    reports = [measure(name, size, **times) for name in models]
    console = Console(width=None if sys.stdout.isatty() else 140)
    for report in reports:
        console.print(make_table(report))
    if file:
        with atomic_write(file) as stream:
            stream.write(to_json(reports))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.grpo", allow_abbrev=False)
    parser.add_argument("--models", nargs="+", choices=tuple(MODELS), default=list(MODELS))
    for name in ("rows", "generations", "batch_size", "turns", "turn_tokens"):
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=_count, default=getattr(Size(), name), metavar="N")
    parser.add_argument("--threads", type=_count, default=1, metavar="N")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
