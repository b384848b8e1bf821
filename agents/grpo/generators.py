"""What writes the episodes: the trainer's own model, or the vLLM engine that the trainer keeps.

The only place that knows how TRL's trainer holds its model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...errors import ConfigError, require
from ..llm.codec import TextCodec
from ..llm.generator import Generation, Generator
from ..llm.model_facts import context_of, end_tokens
from ..llm.prompt_room import fitted, prompt_room
from ..llm.sampling import Sampling
from ..llm.stops import Stop, StopWatch
from ..llm.transformers_generator import TransformersGenerator


@contextmanager
def generator_of(
    trainer: Any, sampling: Sampling, context: int | None = None
) -> Iterator[Generator]:
    """Yield what a trainer's policy writes with.

    Args:
        trainer: TRL's `GRPOTrainer`.
        sampling: How tokens are chosen. With vLLM the trainer's own settings decide.
        context: Tokens that the model reads; None for what it says itself.
    """
    if trainer.use_vllm:
        yield TrainersVLLM(trainer, sampling, context)
        return
    unwrapped = require("trl.models.utils", "llm").unwrap_model_for_generation
    gather = trainer.args.ds3_gather_for_generation
    with unwrapped(
        trainer.model_wrapped, trainer.accelerator, gather_deepspeed3_params=gather
    ) as model:
        yield TransformersGenerator(model, trainer.processing_class, sampling, context=context)


class TrainersVLLM:
    """Generates with the vLLM engine of TRL's trainer, whose weights TRL keeps up to date.

    Deviations from our contract: vLLM's samples follow its own seed, and not the random stream of a
    row. What it wrote beyond a stop is cut off, to the token; to save that work give the trainer
    `generation_kwargs` with the stops, as `hopgym train grpo` does.

    Args:
        trainer: TRL's `GRPOTrainer` with `use_vllm=True`.
        sampling: Only its `max_new_tokens` is used.
        context: Tokens that the model reads; None for what it says itself.

    Raises:
        ConfigError: If processes share an engine: their episodes take different numbers of turns,
            and each would wait for the others.
    """

    def __init__(self, trainer: Any, sampling: Sampling, context: int | None = None) -> None:
        _check_alone(trainer)
        model = trainer.accelerator.unwrap_model(trainer.model)
        self.tokenizer = trainer.processing_class
        self.room = prompt_room(context or context_of(model), sampling.max_new_tokens)
        self.ends = end_tokens(model, self.tokenizer)
        self._engine = trainer.vllm_generation
        self._most = sampling.max_new_tokens
        self._codec = TextCodec(self.tokenizer)

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        rngs: Sequence[np.random.Generator],
        stop: Stop = Stop(),  # noqa: B008 (a tuple, which nobody can change)
    ) -> list[Generation]:
        """Continue each prompt."""
        cut = list(fitted(prompts, self.room))
        rows = [list(prompt) for prompt, _ in cut]
        _, ids, logprobs, _ = self._engine.generate(prompts=rows, images=None, num_generations=1)
        watch = StopWatch(self._codec, stop)
        return [
            self._ended(list(written), [_number(place[0]) for place in likely], lost, stop, watch)
            for written, likely, (_, lost) in zip(ids, logprobs, cut, strict=True)
        ]

    def _ended(
        self, ids: list[int], logprobs: list[float], lost: int, stop: Stop, watch: StopWatch
    ) -> Generation:
        """End a row where its turn ends."""
        for n in range(1, min(len(ids), self._most) + 1):
            if ids[n - 1] in self.ends:
                text = self._codec.decode(ids[:n])
                return Generation(ids[:n], logprobs[:n], text, text, "eos", lost)
            if watch.sees(ids[:n]):
                text = self._codec.decode(ids[:n])
                return Generation(ids[:n], logprobs[:n], text, stop.cut(text), "stop", lost)
        ids, logprobs = ids[: self._most], logprobs[: self._most]
        text = self._codec.decode(ids)
        return Generation(ids, logprobs, text, text, "length", lost)


def _check_alone(trainer: Any) -> None:
    shared = trainer.args.vllm_mode == "server" or trainer.args.vllm_tensor_parallel_size > 1
    if shared and trainer.accelerator.num_processes > 1:
        raise ConfigError(
            "Several processes share one vLLM engine (vllm_mode=server, or tensor parallelism), and "
            "their episodes take different numbers of turns. Train in one process, or give each an "
            "engine of its own: vllm_mode=colocate with vllm_tensor_parallel_size=1."
        )


def _number(logprob: float | None) -> float:
    return float("nan") if logprob is None else float(logprob)
