"""Greedy writing after embeddings: the prompt goes in as vectors, and what follows as tokens.

The library's own `generate(inputs_embeds=...)` refuses some hybrids of Mamba and attention, though
their forward pass takes embeddings; so the loop is here, over the forward pass alone. What the model
keeps between tokens, be it keys and values or the state of a Mamba layer, is kept, and a row that
has ended leaves the batch. Knows tokens, and no text.
"""

from __future__ import annotations

from typing import Any

from ...errors import AgentError, require
from ..llm.model_facts import Takes, playing, takes_of

Tensor = Any
"""A tensor of torch, which is imported late."""


def greedy(
    model: Any, embeddings: Tensor, mask: Tensor, *, ends: frozenset[int], max_new_tokens: int
) -> list[list[int]]:
    """Return the likeliest tokens behind each row, one after the other, without the end token.

    Args:
        model: A causal language model, in an adapter's wrapper or not.
        embeddings: `[rows, columns, width]`, padded on the left.
        mask: `[rows, columns]`: 1 where there is something.
        ends: Tokens that end a row.
        max_new_tokens: Tokens of a row at most.

    Raises:
        AgentError: If the model's numbers are no numbers.
    """
    written: list[list[int]] = [[] for _ in range(len(embeddings))]
    rows = list(range(len(embeddings)))
    with playing(model):
        state = _State(model, embeddings, mask)
        for step in range(max_new_tokens):
            tokens = _likeliest(state.logits())
            on = [n for n, token in enumerate(tokens.tolist()) if token not in ends]
            for n in on:
                written[rows[n]].append(int(tokens[n]))
            if not on or step + 1 == max_new_tokens:
                break
            if len(on) < len(rows):
                rows, tokens = [rows[n] for n in on], tokens[on]
                state.keep(on)
            state.append(tokens)
    return written


def positions(mask: Tensor) -> Tensor:
    """Return the place of every column in its row, the padding not counted."""
    return (mask.cumsum(dim=-1) - 1).clamp(min=0)


def _likeliest(logits: Tensor) -> Tensor:
    if not bool(logits.isfinite().any(dim=-1).all()) or bool(logits.isnan().any()):
        raise AgentError(
            "The generator's logits are no numbers: its weights, or the vectors it was given, are "
            "not finite. Load it with dtype=float32, or an earlier checkpoint."
        )
    return logits.argmax(dim=-1)


class _State:
    """Rows under way: what is read next, and what the model kept of what it has read."""

    def __init__(self, model: Any, embeddings: Tensor, mask: Tensor) -> None:
        self._model = model
        self._takes: Takes = takes_of(model)
        self._mask = mask
        self._next: dict[str, Tensor] = {"inputs_embeds": embeddings}
        self._embeddings = None if self._takes.cache else embeddings  # to be read anew
        self._positions = positions(mask)
        self._cache: Any = None

    def logits(self) -> Tensor:
        """Return `[rows, vocabulary]`, the logits of the next token."""
        takes, given = self._takes, dict(self._next)
        if takes.cache != "cache_params" or self._cache is None:
            # What a purely recurrent model keeps has forgotten the padding.
            given["attention_mask"] = self._mask
        if takes.positions:
            given["position_ids"] = self._positions
        if takes.last_only:
            given["logits_to_keep"] = 1
        if takes.cache and self._cache is not None:
            given[takes.cache] = self._cache
        out = self._model(**given, use_cache=takes.cache is not None)
        if takes.cache:
            self._cache = getattr(out, takes.cache)
        return out.logits[:, -1].float()

    def append(self, tokens: Tensor) -> None:
        """Add a token to each row."""
        torch = require("torch", "llm")
        self._mask = torch.cat([self._mask, self._mask.new_ones((len(tokens), 1))], dim=-1)
        if self._takes.cache:
            self._next = {"input_ids": tokens[:, None]}
            self._positions = self._positions[:, -1:] + 1
            return
        newest = self._model.get_input_embeddings()(tokens[:, None])
        self._embeddings = torch.cat([self._embeddings, newest], dim=1)
        self._next = {"inputs_embeds": self._embeddings}
        self._positions = positions(self._mask)

    def keep(self, rows: list[int]) -> None:
        """Let all rows go but these."""
        torch = require("torch", "llm")
        places = torch.tensor(rows, device=self._mask.device)
        self._mask, self._positions = self._mask[places], self._positions[places]
        if self._cache is not None:
            self._cache.reorder_cache(places)
        if self._embeddings is not None:
            self._embeddings = self._embeddings[places]
