"""What an update by PPO costs beside a bare forward pass, backward pass and step of the same tokens.

Episodes of `hopgym/SearchRead-v0` are played once by a model of random weights. Each round then lets
all sides train their own copy of it on them: our learner, and a plain loop that reads the very same
rows with the same padding in the same batches, with cross-entropy and AdamW. The plain loop makes
logits of all positions, as trainers do; a second one of the actions alone, as our learner does.

    python -m hopgym.benchmarks.speed.ppo [--models qwen2 lfm2] [--episodes 16] [--epochs 2]
        [--max-new-tokens 64] [--vocabulary 0] [--threads 1] [--rounds 5] [--json FILE]

Ratios are of CPU seconds, so that a busy machine does not shift them; they are taken round by round,
and the median is told with the least and the greatest.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from ...agents.llm.prompts import Prompts
from ...agents.llm.rollout import token_rollout
from ...agents.llm.sampling import Sampling
from ...agents.llm.transformers_generator import TransformersGenerator
from ...agents.ppo.actor import Actor
from ...agents.ppo.learner import Learner
from ...agents.ppo.samples import Sample, samples_of
from ...agents.ppo.settings import LearnSettings
from ...agents.rollout import Job
from ...agents.tiny.model import TinyConfig, build_model
from ...agents.tiny.tokenizer import train_tokenizer, world_texts
from ...core import to_json
from ...envs.datasets import make_questions
from ...errors import require
from ...files import atomic_write
from .env_steps import _count
from .rollout import ENV, ENV_KWARGS, ROUNDS, WORLD, make_model, make_tokenizer

EPOCHS = "PPO: the epochs"
WHOLE = "PPO: the whole update"
BARE = "bare pass"
ACTIONS = "bare pass, logits of actions alone"


@dataclass(frozen=True, slots=True)
class Figure:
    """One side: the medians over the rounds."""

    name: str
    seconds: float
    cpu_seconds: float
    times_bare: float
    """CPU seconds against the bare pass."""
    least: float
    greatest: float


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a model."""

    model: str
    parameters: int
    vocabulary: int
    rows: int
    tokens: int
    """Read in an epoch, padding included."""
    actions: int
    epochs: int
    threads: int
    rounds: int
    figures: list[Figure]
    times_actions: float
    """PPO's epochs against the bare pass with the logits of actions alone."""


class Cost(NamedTuple):
    """What one side took in one round."""

    wall: float
    cpu: float


class Player(NamedTuple):
    """What plays the episodes, and is trained."""

    model: Any
    tokenizer: Any
    grammar: str


def make_qwen2(vocabulary: int = 0) -> Player:
    """Return a Qwen2 of about 5 million random weights.

    Args:
        vocabulary: Of how many tokens; 0 for as many as its tokenizer has.
    """
    tokenizer = make_tokenizer()
    return Player(make_model(vocabulary or len(tokenizer)), tokenizer, "search_r1")


def make_lfm2(vocabulary: int = 0) -> Player:
    """Return the built-in policy's architecture, untrained."""
    tokenizer = train_tokenizer(world_texts(0, 400), vocabulary or 1_536)
    return Player(build_model(TinyConfig(), tokenizer, 0).eval(), tokenizer, "r3")


MODELS: dict[str, Callable[[int], Player]] = {"qwen2": make_qwen2, "lfm2": make_lfm2}


def play(player: Player, episodes: int, max_new_tokens: int) -> list[Sample]:
    """Play episodes; return what is learnt from."""
    questions = make_questions(WORLD).questions("train")
    sampling = Sampling(max_new_tokens=max_new_tokens)
    rollouts = token_rollout(
        ENV,
        TransformersGenerator(player.model, player.tokenizer, sampling),
        [Job(questions[n % len(questions)].id, n) for n in range(episodes)],
        prompts=Prompts(instructions=True),
        env_kwargs={**ENV_KWARGS, "grammar": player.grammar},
        num_envs=episodes,
    )
    return samples_of(rollouts)


class ClockedLearner(Learner):
    """A learner that times its epochs, and remembers in which parts each step read its samples."""

    def __init__(self, actor: Actor, settings: LearnSettings) -> None:
        super().__init__(actor, settings, updates=1)
        self.cost = Cost(0.0, 0.0)
        self.steps: list[list[list[Sample]]] = []

    def learn(self, samples: Sequence[Sample], update: int) -> dict[str, float]:
        """Make an update."""
        self.cost, self.steps = Cost(0.0, 0.0), []
        return super().learn(samples, update)

    def _epoch(
        self, samples: Sequence[Sample], update: int, epoch: int
    ) -> Iterator[dict[str, float]]:
        found: list[dict[str, float]] = []
        cost = _cost(
            lambda: found.extend(super(ClockedLearner, self)._epoch(samples, update, epoch))
        )
        self.cost = Cost(self.cost.wall + cost.wall, self.cost.cpu + cost.cpu)
        return iter(found)

    def _step(self, samples: Sequence[Sample], update: int) -> dict[str, float]:
        self.steps.append(self._parts(samples))
        return super()._step(samples, update)


class BareLoop:
    """A plain training loop.

    Args:
        model: What it trains.
        settings: The learning rate and the weight decay.
        actions_alone: Whether logits are made for the actions alone.
    """

    def __init__(self, model: Any, settings: LearnSettings, *, actions_alone: bool) -> None:
        torch = require("torch", "llm")
        self.model = model
        self.actions_alone = actions_alone
        self._adam = torch.optim.AdamW(
            model.parameters(), lr=settings.lr, weight_decay=settings.weight_decay
        )

    def train(self, steps: Sequence[Sequence[Sequence[Sample]]]) -> None:
        """Take a step for each list of parts."""
        for step in steps:
            actions = sum(len(sample) for part in step for sample in part)
            for part in step:
                (self.loss(part) / actions).backward()
            self._adam.step()
            self._adam.zero_grad(set_to_none=True)

    def loss(self, samples: Sequence[Sample]) -> Any:
        """Return the cross-entropy of the actions, summed."""
        torch = require("torch", "llm")
        entropy = torch.nn.functional.cross_entropy
        ids, labels = (torch.tensor(rows) for rows in zip(*_labelled(samples), strict=True))
        if not self.actions_alone:
            logits = self.model(input_ids=ids, use_cache=False).logits[:, :-1]
            return entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), reduction="sum")
        wanted = labels[:, 1:] >= 0
        states = self.model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        logits = self.model.lm_head(states[wanted])
        return entropy(logits, labels[:, 1:][wanted], reduction="sum")


def _labelled(samples: Sequence[Sample]) -> Iterator[tuple[list[int], list[int]]]:
    """Yield each row and its labels, padded on the right; what is no action is -100."""
    longest = max(len(sample.ids) for sample in samples)
    for sample in samples:
        labels = [-100] * longest
        for place, target in zip(sample.places.tolist(), sample.targets, strict=True):
            labels[place] = target
        yield sample.ids + [0] * (longest - len(sample.ids)), labels


class Race:
    """The sides, over one model.

    Args:
        player: The model; every side trains a copy of its own.
        episodes: How many are learnt from.
        max_new_tokens: The most that is written in a turn.
        epochs: Of an update.
    """

    def __init__(self, player: Player, episodes: int, max_new_tokens: int, epochs: int) -> None:
        self.samples = play(player, episodes, max_new_tokens)
        settings = LearnSettings(epochs=epochs, precision="float32")
        actor = Actor(copy.deepcopy(player.model), reference="copy")
        self.learner = ClockedLearner(actor, settings)
        self.loops = {
            name: BareLoop(copy.deepcopy(player.model), settings, actions_alone=alone)
            for name, alone in ((BARE, False), (ACTIONS, True))
        }
        self.round()  # the first passes are slower than any other

    def round(self) -> dict[str, Cost]:
        """Let each side learn from all episodes; return what it took."""
        whole = _cost(lambda: self.learner.learn(self.samples, 0))
        costs = {EPOCHS: self.learner.cost, WHOLE: whole}
        for name, loop in self.loops.items():
            costs[name] = _cost(lambda loop=loop: loop.train(self.learner.steps))  # type: ignore[misc]
        return costs


def measure(
    name: str,
    *,
    episodes: int = 16,
    max_new_tokens: int = 64,
    epochs: int = 2,
    vocabulary: int = 0,
    threads: int = 1,
    rounds: int = ROUNDS,
) -> Report:
    """Time every side in every round.

    Args:
        name: Of the model, one of `MODELS`.
        episodes: How many are learnt from.
        max_new_tokens: The most that is written in a turn.
        epochs: Of an update.
        vocabulary: The model's; 0 for its own.
        threads: Of the library torch.
        rounds: How often.
    """
    require("torch", "llm").set_num_threads(threads)
    player = MODELS[name](vocabulary)
    race = Race(player, episodes, max_new_tokens, epochs)
    costs = [race.round() for _ in range(rounds)]
    parts = [part for step in race.learner.steps for part in step]
    return Report(
        name,
        sum(weights.numel() for weights in player.model.parameters()),
        player.model.config.vocab_size,
        len(race.samples),
        sum(len(part) * max(len(sample.ids) for sample in part) for part in parts) // epochs,
        sum(map(len, race.samples)),
        epochs,
        threads,
        rounds,
        [_figure(side, costs) for side in costs[0]],
        statistics.median(cost[EPOCHS].cpu / cost[ACTIONS].cpu for cost in costs),
    )


def _figure(side: str, costs: Sequence[dict[str, Cost]]) -> Figure:
    times = [cost[side].cpu / cost[BARE].cpu for cost in costs]
    return Figure(
        side,
        statistics.median(cost[side].wall for cost in costs),
        statistics.median(cost[side].cpu for cost in costs),
        statistics.median(times),
        min(times),
        max(times),
    )


def _cost(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def make_table(report: Report) -> Table:
    """Return the table of a model."""
    table = Table(
        "", "Seconds", "CPU seconds", "x bare", "least to greatest",
        title=f"{report.model}, {report.parameters / 1e6:.1f}M random weights, a vocabulary of "
        f"{report.vocabulary:,}: {report.rows} rows, {report.tokens:,} tokens of which "
        f"{report.actions:,} are actions, {report.epochs} epochs, {report.threads} thread(s) "
        f"(median of {report.rounds})",
        title_justify="left",
    )  # fmt: skip
    for figure in report.figures:
        table.add_row(
            figure.name,
            f"{figure.seconds:.2f}",
            f"{figure.cpu_seconds:.2f}",
            f"{figure.times_bare:.2f}",
            f"{figure.least:.2f} to {figure.greatest:.2f}",
        )
    table.add_row(f"{EPOCHS} / {ACTIONS}", "", "", f"{report.times_actions:.2f}", "")
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the JSON file where one is asked for."""
    given = vars(_parser().parse_args(arguments))
    models, file = given.pop("models"), given.pop("json")
    reports = [measure(name, **given) for name in models]
    console = Console(width=None if sys.stdout.isatty() else 120)
    for report in reports:
        console.print(make_table(report))
    if file:
        with atomic_write(file) as stream:
            stream.write(to_json(reports))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.ppo", allow_abbrev=False)
    parser.add_argument("--models", nargs="+", choices=tuple(MODELS), default=list(MODELS))
    parser.add_argument("--episodes", type=_count, default=16, metavar="N")
    parser.add_argument("--epochs", type=_count, default=2, metavar="N")
    parser.add_argument("--max-new-tokens", type=_count, default=64, metavar="N")
    parser.add_argument("--vocabulary", type=int, default=0, metavar="N", help="0: the model's own")
    parser.add_argument("--threads", type=_count, default=1, metavar="N")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
