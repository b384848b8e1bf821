"""Batched generation with any causal language model of the library transformers.

A plain loop over the model's forward pass: prompts are padded on the left, keys and values are
cached, each row samples from its own random stream, and a row that has ended leaves the batch, so
that stragglers do not cost the rest. Knows no environment. Penalties and other settings of the
model's `generation_config` play no part, its end tokens excepted.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import AgentError, is_out_of_memory, require
from ...retrieval.base import check_whole
from .batch import Batch, Begun
from .codec import TextCodec
from .generator import Finish, Generation, GenerationWarning
from .memory import Memory
from .model_facts import context_of, end_tokens, playing, takes_of
from .prompt_room import fitted, prompt_room
from .sampling import Sampling, Tensor, pick
from .stops import Stop, StopWatch


class TransformersGenerator:
    """Generates with a causal language model.

    Args:
        model: The model, on its device; a trainer's own is left in the mode it was in.
        tokenizer: Its tokenizer.
        sampling: How tokens are chosen.
        batch_size: Prompts at once, at most; None for all there are. Where memory runs out it is
            halved, with a warning, and stays so.
        context: Tokens that the model reads; None for what its configuration says.
        cache: Whether keys and values are kept; without, every token reads everything anew.
        memory: Whether they are kept from turn to turn, too, so that a prompt's beginning is not
            read again. See `forget`.

    Raises:
        ConfigError: If a number is out of its range, or leaves no room for a prompt.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        sampling: Sampling | None = None,
        *,
        batch_size: int | None = None,
        context: int | None = None,
        cache: bool = True,
        memory: bool = True,
    ) -> None:
        if batch_size is not None:
            check_whole("batch_size", batch_size)
        self.model = model
        self.tokenizer = tokenizer
        self.sampling = sampling or Sampling()
        self.batch_size = batch_size
        self.room = prompt_room(context or context_of(model), self.sampling.max_new_tokens)
        self.ends = end_tokens(model, tokenizer)
        self._codec = TextCodec(tokenizer)
        self._takes = takes_of(model, cache=cache)
        self._memory = Memory(model) if memory and self._takes.by_token else None

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        rngs: Sequence[np.random.Generator],
        stop: Stop = Stop(),  # noqa: B008
    ) -> list[Generation]:
        """Continue each prompt.

        Raises:
            ConfigError: If a prompt is empty.
            AgentError: If the model's numbers are no numbers, or memory runs out with one prompt.
        """
        watch = StopWatch(self._codec, stop)
        most = self.sampling.max_new_tokens
        rows = [
            _Row(prompt, rng.random(most), cut)
            for (prompt, cut), rng in zip(fitted(prompts, self.room), rngs, strict=True)
        ]
        with playing(self.model):
            self._write_all(rows, watch)
        return [self._generation(row, stop) for row in rows]

    def forget(self) -> None:
        """Forget what was kept of earlier prompts.

        Rollouts do so when they begin. Needed in between only where the weights were changed in a
        way that torch does not count (through `.data`, or by switching an adapter).
        """
        if self._memory is not None:
            self._memory.forget()

    def _write_all(self, rows: list[_Row], watch: StopWatch) -> None:
        """Write the rows in batches, as large as memory allows."""
        if self._memory is not None:
            self._memory.begin()
        begun = 0
        while begun < len(rows):
            batch = rows[begun : begun + (self.batch_size or len(rows))]
            if self._fits(batch, watch):
                begun += len(batch)
            else:
                self._shrink(batch)

    def _fits(self, batch: list[_Row], watch: StopWatch) -> bool:
        """Write a batch; return False, with nothing written, where memory has run out."""
        try:
            self._write(batch, watch)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self.forget()
            for row in batch:
                row.begin_again()
            return False  # what the error holds on to is let go before anything is tried again
        return True

    def _shrink(self, batch: list[_Row]) -> None:
        if len(batch) == 1:
            raise AgentError(
                f"Memory ran out with one prompt of {len(batch[0].prompt)} tokens and "
                f"{self.sampling.max_new_tokens} to write. Give fewer max_new_tokens, a smaller "
                "context, dtype=bfloat16 or a smaller model."
            )
        self.batch_size = len(batch) // 2
        warnings.warn(
            f"Memory ran out with {len(batch)} prompts at once; from now on {self.batch_size}.",
            GenerationWarning,
            stacklevel=5,
        )
        torch = require("torch", "llm")
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _write(self, rows: list[_Row], watch: StopWatch) -> None:
        """Write each row to its end, a token of all rows at a time."""
        batch, logits, rows = self._begin(rows)
        drawn = batch.tensor(np.stack([row.drawn for row in rows]))
        for step in range(self.sampling.max_new_tokens):
            tokens, logprobs = pick(logits, drawn[:, step], self.sampling)
            taken = zip(rows, tokens.tolist(), logprobs.tolist(), strict=True)
            on = [n for n, each in enumerate(taken) if self._goes_on(*each, watch)]
            if len(on) < len(rows):
                self._remember(batch, rows, on)
                if not on:
                    return
                rows = [rows[n] for n in on]
                drawn, tokens = drawn[on], tokens[on]
                batch.keep(on)
            batch.append(tokens)
            logits = batch.logits()

    def _begin(self, rows: list[_Row]) -> tuple[Batch, Tensor, list[_Row]]:
        """Have the prompts read; return the batch, its logits, and the rows in its order."""
        torch = require("torch", "llm")
        most, begun = self.sampling.max_new_tokens, self._recalled(rows)
        groups = _alike([len(row.prompt) - row.known for row in begun])
        if not self._takes.by_token:
            groups = [list(range(len(rows)))]
        batches = [
            Batch(self.model, self._takes, [begun[n] for n in group], most, self._pad)
            for group in groups
        ]
        logits = [batch.logits() for batch in batches]
        batch, *others = batches
        if others:
            batch.join(others)
        return batch, torch.cat(logits), [rows[n] for group in groups for n in group]

    def _recalled(self, rows: list[_Row]) -> list[Begun]:
        if self._memory is None:
            return [Begun(row.prompt) for row in rows]
        return [self._memory.recall(row.prompt) for row in rows]

    def _remember(self, batch: Batch, rows: list[_Row], on: list[int]) -> None:
        """Keep what the model keeps of the rows that end: all but the last token was read."""
        if self._memory is not None:
            for n in sorted(set(range(len(rows))) - set(on)):
                self._memory.keep(rows[n].prompt + rows[n].ids[:-1], batch.kept(n))

    def _goes_on(self, row: _Row, token: int, logprob: float, watch: StopWatch) -> bool:
        """Give a row its token; return whether it goes on."""
        if not math.isfinite(logprob):
            raise AgentError(
                f"The model gave a token the log-probability {logprob}: its weights or its "
                "activations are no numbers. Load it with dtype=float32, or an earlier checkpoint."
            )
        row.ids.append(token)
        row.logprobs.append(logprob)
        if token in self.ends:
            row.finish = "eos"
        elif watch.sees(row.ids):
            row.finish = "stop"
        return row.finish == "length" and len(row.ids) < self.sampling.max_new_tokens

    def _generation(self, row: _Row, stop: Stop) -> Generation:
        written = self._codec.decode(row.ids)
        text = stop.cut(written) if row.finish == "stop" else written
        return Generation(row.ids, row.logprobs, written, text, row.finish, row.cut)

    @property
    def _pad(self) -> int:
        given = self.tokenizer.pad_token_id
        return int(given) if given is not None else min(self.ends, default=0)


class _Row:
    """One prompt, and what is written after it."""

    def __init__(self, prompt: list[int], drawn: np.ndarray[Any, Any], cut: int) -> None:
        self.prompt = prompt
        self.drawn = drawn
        self.cut = cut
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what was written; the random numbers stay, so that it is written again alike."""
        self.ids: list[int] = []
        self.logprobs: list[float] = []
        self.finish: Finish = "length"


def _alike(lengths: Sequence[int]) -> list[list[int]]:
    """Group rows by how much there is to read, so that none is padded to more than twice its own.

    >>> _alike([100, 9, 60, 10])
    [[0, 2], [3, 1]]
    """
    groups: list[list[int]] = []
    for n in sorted(range(len(lengths)), key=lambda n: -lengths[n]):
        if groups and 2 * lengths[n] >= lengths[groups[-1][0]]:
            groups[-1].append(n)
        else:
            groups.append([n])
    return groups
