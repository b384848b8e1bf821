"""What batched rollouts of a language model are worth: tokens a second, beside the bare library.

A Qwen2 of about 5 million random weights plays `hopgym/SearchRead-v0`: many episodes side by side
(environment, tokenizer, stop strings and all), the same with every prompt read from its beginning,
one episode at a time, and, on the very prompts of the first, the library's own `model.generate`,
which plays nothing.

    python -m hopgym.benchmarks.speed.rollout [--num-envs 16] [--episodes 32] [--max-new-tokens 64]
        [--threads 1] [--rounds 5] [--json FILE]

Random weights know no format, so that turns run to their full length: what is measured is the cost
of the loop, and not what is gained where rows that have ended leave the batch. Each round lets all
sides play, one right after the other. Ratios are of CPU seconds, so that a busy machine does not
shift them; they are taken round by round, and figures are medians.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from ...agents.llm.generator import Generation
from ...agents.llm.prompts import Prompts
from ...agents.llm.rollout import token_rollout
from ...agents.llm.sampling import Sampling
from ...agents.llm.stops import Stop
from ...agents.llm.transformers_generator import TransformersGenerator
from ...agents.rollout import Job
from ...core import to_json
from ...envs.datasets import make_questions
from ...errors import require
from ...files import atomic_write
from .env_steps import _count

ENV = "hopgym/SearchRead-v0"
WORLD = "world?entities=400&train=200"
ENV_KWARGS: dict[str, Any] = {"questions": WORLD, "grammar": "search_r1", "max_steps": 3}
ROUNDS = 5
VOCABULARY = 2_000
BESIDE, BARE = "episodes side by side", "bare model.generate"
ALONE, AFRESH = "one episode at a time", "side by side, nothing remembered"


@dataclass(frozen=True, slots=True)
class Figure:
    """One side: tokens that were written in a second, the medians over the rounds."""

    name: str
    rows: int
    per_second: float
    per_cpu_second: float


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run."""

    parameters: int
    prompt_tokens: float
    """The mean length of the prompts."""
    new_tokens: int
    """What a turn may have at most."""
    threads: int
    rounds: int
    figures: list[Figure]
    times_generate: float
    """Side by side against the bare library."""
    times_generate_afresh: float
    """The same where nothing is remembered from turn to turn, as the library does not either."""
    times_alone: float
    """Side by side against one episode at a time."""


class Rate(NamedTuple):
    """Tokens of one round."""

    wall: float
    """In a second."""
    cpu: float
    """In a second of CPU time."""


class Recorder:
    """A generator that remembers the prompts of each batch, and how many tokens it wrote."""

    def __init__(self, generator: TransformersGenerator) -> None:
        self._generator = generator
        self.tokenizer = generator.tokenizer
        self.batches: list[list[list[int]]] = []
        self.written = 0

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        rngs: Sequence[np.random.Generator],
        stop: Stop = Stop(),  # noqa: B008
    ) -> list[Generation]:
        """Continue each prompt."""
        self.batches.append([list(prompt) for prompt in prompts])
        generations = self._generator.generate(prompts, rngs, stop)
        self.written += sum(len(generation.ids) for generation in generations)
        return generations


def make_tokenizer() -> Any:
    """Return a byte-level tokenizer that knows the world's words."""
    library = require("tokenizers", "llm")
    raw = library.Tokenizer(library.models.BPE())
    raw.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = library.decoders.ByteLevel()
    trainer = library.trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        initial_alphabet=library.pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>"],
        show_progress=False,
    )
    texts = [document.text for document in make_questions(WORLD).documents]
    raw.train_from_iterator(texts, trainer)
    return require("transformers", "llm").PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|endoftext|>", pad_token="<|endoftext|>"
    )


def make_model(vocabulary: int, seed: int = 0) -> Any:
    """Return a Qwen2 with random weights, about 5 million of them."""
    torch, transformers = require("torch", "llm"), require("transformers", "llm")
    config = transformers.Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=256,
        intermediate_size=704,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2_048,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return transformers.Qwen2ForCausalLM(config).eval()


class Race:
    """The sides, over one model.

    Args:
        num_envs: Episodes side by side.
        episodes: How many are played.
        max_new_tokens: The most that is written in a turn.
    """

    def __init__(self, num_envs: int, episodes: int, max_new_tokens: int) -> None:
        self.num_envs = num_envs
        self.most = max_new_tokens
        self.tokenizer = make_tokenizer()
        self.model = make_model(len(self.tokenizer))
        self.sampling = Sampling(max_new_tokens=max_new_tokens)
        questions = make_questions(WORLD).questions("train")
        self.jobs = [Job(questions[n % len(questions)].id, n) for n in range(episodes)]
        self.batches: list[list[list[int]]] = []

    def beside(self) -> int:
        """Play all episodes side by side; return how many tokens were written."""
        recorder = self._play(self.jobs, self.num_envs)
        self.batches = recorder.batches
        return recorder.written

    def afresh(self) -> int:
        """Play them so that every turn's prompt is read from its beginning."""
        return self._play(self.jobs, self.num_envs, memory=False).written

    def alone(self) -> int:
        """Play some of the episodes one at a time; return how many tokens were written."""
        return self._play(self.jobs[: max(1, len(self.jobs) // self.num_envs)], 1).written

    def bare(self) -> int:
        """Have the library continue the prompts that were played; return how many tokens it wrote."""
        return sum(self._generate(batch) for batch in self.batches)

    def _play(self, jobs: Sequence[Job], num_envs: int, *, memory: bool = True) -> Recorder:
        recorder = Recorder(
            TransformersGenerator(self.model, self.tokenizer, self.sampling, memory=memory)
        )
        prompts = Prompts(instructions=True)
        for episode, _ in token_rollout(
            ENV, recorder, jobs, prompts=prompts, env_kwargs=ENV_KWARGS, num_envs=num_envs
        ):
            if episode.error:
                raise AssertionError(f"An episode was not played: {episode.error}")
        return recorder

    def _generate(self, prompts: Sequence[Sequence[int]]) -> int:
        torch = require("torch", "llm")
        longest = max(map(len, prompts))
        ids = [[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
        mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        out = self.model.generate(
            input_ids=torch.tensor(ids),
            attention_mask=torch.tensor(mask),
            max_new_tokens=self.most,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            pad_token_id=0,
            eos_token_id=0,
        )
        new = out[:, longest:]
        ended = (new == 0).long().cumsum(dim=-1)
        return int(((ended == 0) | ((ended == 1) & (new == 0))).sum())


def measure(num_envs: int, episodes: int, max_new_tokens: int, threads: int, rounds: int) -> Report:
    """Time every side in every round.

    Args:
        num_envs: Episodes side by side.
        episodes: How many are played side by side; a part of them is played one at a time.
        max_new_tokens: The most that is written in a turn.
        threads: Of the library torch.
        rounds: How often.
    """
    require("torch", "llm").set_num_threads(threads)
    race = Race(num_envs, episodes, max_new_tokens)
    sides = {BESIDE: race.beside, AFRESH: race.afresh, BARE: race.bare, ALONE: race.alone}
    for play in sides.values():  # the first passes are slower than any other
        play()
    found: dict[str, list[Rate]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, play in sides.items():
            found[name].append(_rate(play))
    rows = {name: 1 if name == ALONE else num_envs for name in sides}
    lengths = [len(prompt) for batch in race.batches for prompt in batch]
    return Report(
        sum(weights.numel() for weights in race.model.parameters()),
        statistics.mean(lengths),
        max_new_tokens,
        threads,
        rounds,
        [Figure(name, rows[name], *_medians(rates)) for name, rates in found.items()],
        _times(found[BESIDE], found[BARE]),
        _times(found[AFRESH], found[BARE]),
        _times(found[BESIDE], found[ALONE]),
    )


def _rate(play: Callable[[], int]) -> Rate:
    wall, cpu = time.perf_counter(), time.process_time()
    tokens = play()
    return Rate(tokens / (time.perf_counter() - wall), tokens / (time.process_time() - cpu))


def _medians(rates: Sequence[Rate]) -> tuple[float, float]:
    return statistics.median(r.wall for r in rates), statistics.median(r.cpu for r in rates)


def _times(ones: Sequence[Rate], others: Sequence[Rate]) -> float:
    return statistics.median(a.cpu / b.cpu for a, b in zip(ones, others, strict=True))


def make_table(report: Report) -> Table:
    """Return the table of a run."""
    table = Table(
        "", "Rows", "Tokens a second", "A CPU second",
        title=f"A Qwen2 of {report.parameters / 1e6:.1f}M random weights, {report.threads} "
        f"thread(s), prompts of {report.prompt_tokens:.0f} tokens, {report.new_tokens} new ones "
        f"(median of {report.rounds})",
        title_justify="left",
    )  # fmt: skip
    for figure in report.figures:
        rates = (f"{rate:,.0f}" for rate in (figure.per_second, figure.per_cpu_second))
        table.add_row(figure.name, str(figure.rows), *rates)
    table.add_row(f"side by side / {BARE}", "", "", f"{report.times_generate:.2f}")
    table.add_row(f"{AFRESH} / {BARE}", "", "", f"{report.times_generate_afresh:.2f}")
    table.add_row(f"side by side / {ALONE}", "", "", f"{report.times_alone:.2f}")
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the JSON file where one is asked for."""
    given = _parser().parse_args(arguments)
    report = measure(
        given.num_envs, given.episodes, given.max_new_tokens, given.threads, given.rounds
    )
    Console(width=None if sys.stdout.isatty() else 120).print(make_table(report))
    if given.json:
        with atomic_write(given.json) as file:
            file.write(to_json(report))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.rollout", allow_abbrev=False)
    parser.add_argument("--num-envs", type=_count, default=16, metavar="N")
    parser.add_argument("--episodes", type=_count, default=32, metavar="N")
    parser.add_argument("--max-new-tokens", type=_count, default=64, metavar="N")
    parser.add_argument("--threads", type=_count, default=1, metavar="N")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
