"""What a causal language model says of itself, and the mode in which it is used for playing.

Families of models differ in what their forward pass takes, what they keep between tokens, how much
they read and which tokens end what they write. All of it is read from the model, and no list of
families is kept here.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ...errors import require
from .quiet import quiet


class Takes(NamedTuple):
    """What the forward pass of a model takes; families of models differ."""

    cache: str | None
    """The keyword of what is kept between tokens; None where everything is read anew."""
    positions: bool
    last_only: bool
    """Whether the logits of the last column alone can be asked for."""
    by_token: bool
    """Whether what is kept can be told apart by row and token: keys and values of every token, and
    neither a state of all of them nor a window."""


def takes_of(model: Any, *, cache: bool = True) -> Takes:
    """Return what a model takes.

    Args:
        model: A causal language model, in an adapter's wrapper or not.
        cache: Whether anything is to be kept between tokens.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    names = inspect.signature(base.forward).parameters
    known = [name for name in ("past_key_values", "cache_params") if cache and name in names]
    name = next(iter(known), None)
    by_token = name == "past_key_values" and _by_token(model)
    return Takes(name, "position_ids" in names, "logits_to_keep" in names, by_token)


def _by_token(model: Any) -> bool:
    library = require("transformers.cache_utils", "llm")
    layers = library.DynamicCache(config=model.config).layers
    return bool(layers) and all(type(layer) is library.DynamicLayer for layer in layers)


def end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """Return the tokens that end what a model writes, as its configuration or tokenizer says."""
    settings = getattr(model, "generation_config", None)
    given = getattr(settings, "eos_token_id", None)
    several = given if isinstance(given, list | tuple) else [given]
    return frozenset(int(e) for e in (*several, tokenizer.eos_token_id) if e is not None)


def context_of(model: Any) -> int | None:
    """Return how many tokens a model reads, as its configuration says; None where it says nothing."""
    config = model.config.get_text_config()
    for name in ("max_position_embeddings", "n_positions", "max_seq_len"):
        if isinstance(found := getattr(config, name, None), int) and found > 0:
            return found
    return None


@contextmanager
def playing(model: Any) -> Iterator[None]:
    """Put the model into the mode for use, without gradients and advice, and back."""
    torch = require("torch", "llm")
    training = model.training
    model.eval()
    try:
        # Not `inference_mode`: what a model keeps of such a pass could not be trained with.
        with torch.no_grad(), quiet():
            yield
    finally:
        model.train(training)
