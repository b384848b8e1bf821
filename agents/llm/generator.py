"""What a generator is: tokens in, sampled tokens out, a batch at a time.

The contract that the agent, the token rollouts and the trainers know; `transformers_generator` and
`vllm_generator` keep it, and so may your own. A row's sample depends on its prompt and its random
stream, never on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from .stops import Stop

Finish = Literal["stop", "eos", "length"]
"""How a turn ended: at a stop string, at the model's end token, or at `max_new_tokens`."""


class Generation(NamedTuple):
    """What a model wrote after one prompt."""

    ids: list[int]
    """The tokens as sampled, the end token or those of the stop string included."""
    logprobs: list[float]
    """Of each token, under the model at temperature 1 with its whole vocabulary."""
    written: str
    """What the tokens say; control tokens say nothing."""
    text: str
    """The action: what is written, up to the stop."""
    finish: Finish
    cut: int = 0
    """Tokens at the beginning of the prompt that the model did not see, for want of room."""

    @property
    def tail(self) -> str:
        """What the tokens say beyond the action: the stop, and the rest of the token it ends in."""
        return self.written[len(self.text) :]


class GenerationWarning(UserWarning):
    """A prompt was cut, or the batch had to become smaller."""


class Generator(Protocol):
    """Anything that continues prompts.

    One that keeps something of earlier prompts may have a method `forget()`, which is called when
    a rollout begins: the model may have been trained since.
    """

    @property
    def tokenizer(self) -> Any:
        """The model's tokenizer, of the library transformers."""

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        rngs: Sequence[np.random.Generator],
        stop: Stop = Stop(),  # noqa: B008 (a tuple, which nobody can change)
    ) -> list[Generation]:
        """Continue each prompt.

        Args:
            prompts: Tokens.
            rngs: A stream of random numbers for each prompt.
            stop: What ends a turn.
        """


class LateGenerator:
    """A generator that is loaded when first used.

    Args:
        load: Loads it.
    """

    def __init__(self, load: Callable[[], Generator]) -> None:
        self._load = load

    @cached_property
    def loaded(self) -> Generator:
        """The generator itself."""
        return self._load()

    @property
    def tokenizer(self) -> Any:
        """The model's tokenizer."""
        return self.loaded.tokenizer

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        rngs: Sequence[np.random.Generator],
        stop: Stop = Stop(),  # noqa: B008
    ) -> list[Generation]:
        """Continue each prompt."""
        return self.loaded.generate(prompts, rngs, stop)

    def forget(self) -> None:
        """Forget what was kept of earlier prompts, if anything was read."""
        if "loaded" in vars(self):
            forget(self.loaded)


def forget(generator: Generator) -> None:
    """Have a generator forget what it kept of earlier prompts, if it keeps anything."""
    forgets = getattr(generator, "forget", None)
    if forgets is not None:
        forgets()
