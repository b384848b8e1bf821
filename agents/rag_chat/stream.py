"""One text, a token at a time: for a stream, where a batch would wait for its end."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from ...envs.conversations.render import Renderer
from ..llm.batch import Batch, Begun
from ..llm.model_facts import playing, takes_of
from ..llm.sampling import Sampling, pick

_BYTE = re.compile("<0x[0-9A-F]{2}>")


def stream_tokens(
    model: Any,
    prompt: Sequence[int],
    sampling: Sampling,
    rng: np.random.Generator,
    ends: Collection[int],
    *,
    cache: bool = True,
) -> Iterator[int]:
    """Yield the tokens that a model writes after a prompt, without the one that ends them.

    The same as `TransformersGenerator` writes with the same stream of random numbers. What the
    model keeps (keys and values, or the states of Mamba layers) is carried from token to token.

    Args:
        model: A causal language model.
        prompt: Tokens.
        sampling: How tokens are chosen, and how many at most.
        rng: Where from.
        ends: Tokens that end the text.
        cache: Whether anything is kept; without, every token reads everything anew.
    """
    most = sampling.max_new_tokens
    batch = Batch(model, takes_of(model, cache=cache), [Begun(prompt)], most, min(ends, default=0))
    drawn = batch.tensor(rng.random((1, most)))
    for step in range(most):
        # Not around the loop: whoever reads the stream has gradients as they want them.
        with playing(model):
            tokens, _ = pick(batch.logits(), drawn[:, step], sampling)
        token = int(tokens[0])
        if token in ends:
            return
        yield token
        batch.append(tokens)


def settled(renderer: Renderer, ids: Sequence[int]) -> Sequence[int]:
    """Return tokens without those at the end that stand for single bytes.

    Bytes in a row are read together, and where one of them is no part of a character, none of them
    is: what they say is known only when another token follows, or none. Tokens that say nothing
    part no bytes.
    """
    end = len(ids)
    while end and not _is_text(renderer, ids[end - 1]):
        end -= 1
    return ids[:end]


def _is_text(renderer: Renderer, id: int) -> bool:
    """Whether a token says something, and more than a byte."""
    name = str(renderer.tokenizer.convert_ids_to_tokens(int(id)))
    return _BYTE.fullmatch(name) is None and bool(renderer.decode([id]))
