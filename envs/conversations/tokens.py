"""Boundaries as single tokens: in a tokenizer, and in the embeddings of its model.

Between them stands what was retrieved and who speaks. They are control tokens: text of users and
documents is never read as one, whatever it says. Knows tokenizers and models of the library
transformers by what they have in common.
"""

from __future__ import annotations

from typing import Any

from ...errors import ConfigError, require
from ..grammars.boundaries import BOUNDARY_TOKENS

CHAT_ROLES = ("system", "user", "assistant")
"""Who speaks; documents stand between boundaries of their own."""

CHAT_TOKENS: tuple[str, ...] = tuple(
    f"<|{role}_{side}|>" for role in CHAT_ROLES for side in ("start", "end")
)
"""Where a message begins and ends, for tokenizers without a chat template."""


def add_boundary_tokens(tokenizer: Any, model: Any = None, *, chat: bool | None = None) -> int:
    """Give a tokenizer the boundaries as single tokens, and the model embeddings for them.

    A new embedding is the mean of the old ones (Hewitt 2021, "Initializing new word embeddings for
    pretrained language models"), so that the model's predictions hardly change. Tokens that are
    there already keep their ids and embeddings; ordinary ones, as `hopgym train refrag` adds them,
    become control tokens, or any text could say them.

    Args:
        tokenizer: Of the library transformers; changed.
        model: Its model, if there is one; changed.
        chat: Whether the tokens of a chat are added, too; None where there is no chat template.

    Returns:
        How many tokens are new.

    Raises:
        ConfigError: If the model has embeddings for fewer tokens than the tokenizer had.
    """
    wanted = [*BOUNDARY_TOKENS]
    if chat or (chat is None and not getattr(tokenizer, "chat_template", None)):
        wanted += CHAT_TOKENS
    known = len(tokenizer)
    if model is not None:
        _check_rows(model, known)
    make = require("tokenizers", "llm").AddedToken
    vocabulary = tokenizer.get_vocab()
    new = [token for token in wanted if token not in vocabulary]
    control = {str(held) for held in tokenizer.added_tokens_decoder.values() if held.special}
    changed = [token for token in wanted if token not in control]
    tokens = [make(token, special=True, normalized=False) for token in changed]
    tokenizer.add_tokens(tokens, special_tokens=True)
    if model is not None and new:
        _embed(model, known, len(tokenizer))
    return len(new)


def control_ids(tokenizer: Any) -> dict[str, int]:
    """Return the boundaries of a tokenizer, and the chat tokens that it has, with their ids.

    Raises:
        ConfigError: If a boundary is no single token of it.
    """
    vocabulary = tokenizer.get_vocab()
    missing = [token for token in BOUNDARY_TOKENS if token not in vocabulary]
    if missing:
        raise ConfigError(
            f"The tokenizer lacks {len(missing)} of the {len(BOUNDARY_TOKENS)} boundaries, such as "
            f"{missing[0]}. Call `add_boundary_tokens(tokenizer, model)` first."
        )
    wanted = (*BOUNDARY_TOKENS, *CHAT_TOKENS)
    return {token: int(vocabulary[token]) for token in wanted if token in vocabulary}


def _check_rows(model: Any, known: int) -> None:
    rows = model.get_input_embeddings().weight.shape[0]
    if rows < known:
        raise ConfigError(
            f"The model has embeddings for {rows} tokens and the tokenizer has {known}: they do "
            "not belong together."
        )


def _embed(model: Any, known: int, wanted: int) -> None:
    """Give the tokens from `known` to `wanted` the mean embedding of those before."""
    torch = require("torch", "llm")
    if model.get_input_embeddings().weight.shape[0] < wanted:
        model.resize_token_embeddings(wanted, mean_resizing=False)
    with torch.no_grad():
        parts = [model.get_input_embeddings(), model.get_output_embeddings()]
        for part in parts if parts[1] is not None else parts[:1]:
            weight = part.weight  # tied, both are one; the mean of the first rows stays the same
            weight[known:wanted] = weight[:known].float().mean(dim=0).to(weight.dtype)
            bias = getattr(part, "bias", None)
            if bias is not None:
                bias[known:wanted] = bias[:known].float().mean().to(bias.dtype)
