"""A batch of texts under way through a model: it grows by a token, shrinks by rows, and joins others.

Rows are padded on the left, so that the newest token of every row stands in the last column; a row
may begin with what the model kept of it earlier. Knows what a model's forward pass takes, and
nothing of how tokens are chosen or when a row ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...errors import require
from .model_facts import Takes
from .sampling import Tensor

Kept = list[tuple[Tensor, Tensor]]
"""The keys and values of a row's tokens, `[heads, tokens, size]` each, for every layer."""


class Begun(NamedTuple):
    """A row as it begins."""

    prompt: Sequence[int]
    known: int = 0
    """How many of its first tokens the model has read before; not all of them."""
    kept: Kept | None = None
    """What it kept of them."""


class Batch:
    """Rows of tokens, and what the model keeps of them.

    Args:
        model: The model.
        takes: What its forward pass takes.
        rows: As they begin.
        most: Tokens that will be added to a row, at most.
        pad: What stands where a row has nothing; the model does not see it.
    """

    def __init__(
        self, model: Any, takes: Takes, rows: Sequence[Begun], most: int, pad: int
    ) -> None:
        self._model = model
        self._takes = takes
        self._device = next(model.parameters()).device
        new = [list(row.prompt[row.known :]) for row in rows]
        old, width = max(row.known for row in rows), max(map(len, new))
        self._length = old + width
        ids = [[pad] * (width - len(tokens)) + tokens for tokens in new]
        seen = np.zeros((len(rows), self._length + most), dtype=np.int64)
        for n, (row, tokens) in enumerate(zip(rows, new, strict=True)):
            seen[n, old - row.known : old] = seen[n, self._length - len(tokens) :] = 1
        self._ids = self.tensor(np.array(ids))
        self._mask = self.tensor(seen)
        positions = self._mask[:, : self._length].cumsum(dim=-1) - 1
        self._positions = positions[:, old:].clamp(min=0)
        self._cache: Any = self._begun_cache(rows, old) if old else None

    def logits(self) -> Tensor:
        """Return the logits of each row's next token."""
        takes = self._takes
        given: dict[str, Any] = {"input_ids": self._ids}
        if takes.cache != "cache_params" or self._cache is None:
            # What a recurrent model keeps has forgotten the padding, and a mask would confuse it.
            given["attention_mask"] = self._mask[:, : self._length]
        if takes.positions:
            given["position_ids"] = self._positions
        if takes.last_only:
            given["logits_to_keep"] = 1
        if takes.cache and self._cache is not None:
            given[takes.cache] = self._cache
        out = self._model(**given, use_cache=takes.cache is not None)
        if takes.cache:
            self._cache = getattr(out, takes.cache)
            self._positions = self._positions[:, -1:]  # all before them is kept
        return out.logits[:, -1]

    def keep(self, rows: list[int]) -> None:
        """Let all rows go but these."""
        self._ids, self._mask = self._ids[rows], self._mask[rows]
        self._positions = self._positions[rows]
        if self._cache is not None:
            self._cache.reorder_cache(self.tensor(np.array(rows)))

    def append(self, tokens: Tensor) -> None:
        """Add a token to each row."""
        torch = require("torch", "llm")
        self._length += 1
        newest, following = tokens[:, None], self._positions[:, -1:] + 1
        if self._takes.cache:
            self._ids, self._positions = newest, following
        else:
            self._ids = torch.cat([self._ids, newest], dim=-1)
            self._positions = torch.cat([self._positions, following], dim=-1)

    def join(self, others: Sequence[Batch]) -> None:
        """Take in the rows of others, behind its own; each has given its logits and no more."""
        torch = require("torch", "llm")
        batches = [self, *others]
        longest = max(batch._length for batch in batches)
        wanting = [longest - batch._length for batch in batches]
        self._cache = self._new_cache(
            tuple(
                torch.cat(
                    [
                        torch.nn.functional.pad(layer, (0, 0, n, 0))
                        for layer, n in zip(layers, wanting, strict=True)
                    ]
                )
                for layers in zip(*both, strict=True)
            )
            for both in zip(*(batch._layers() for batch in batches), strict=True)
        )
        masks = [
            torch.nn.functional.pad(batch._mask, (n, 0))
            for batch, n in zip(batches, wanting, strict=True)
        ]
        self._mask, self._length = torch.cat(masks), longest
        self._positions = torch.cat([batch._positions for batch in batches])
        self._ids = torch.cat([batch._ids[:, -1:] for batch in batches])

    def kept(self, row: int) -> Kept:
        """Return what the model keeps of a row's tokens, without the padding."""
        columns = self._mask[row, : self._length].nonzero()[:, 0]
        return [
            (keys[row].index_select(1, columns), values[row].index_select(1, columns))
            for keys, values in self._layers()
        ]

    def tensor(self, numbers: np.ndarray[Any, Any]) -> Tensor:
        """Return numbers as a tensor where the model is."""
        torch = require("torch", "llm")
        if self._device.type == "mps" and numbers.dtype == np.float64:  # it has no such numbers
            numbers = np.minimum(numbers.astype(np.float32), np.nextafter(np.float32(1), 0))
        return torch.as_tensor(numbers, device=self._device)

    def _layers(self) -> list[tuple[Tensor, Tensor]]:
        return [(layer.keys, layer.values) for layer in self._cache.layers]

    def _new_cache(self, layers: Any) -> Any:
        cache = require("transformers.cache_utils", "llm").DynamicCache(config=self._model.config)
        for n, (keys, values) in enumerate(layers):
            cache.update(keys, values, n)
        return cache

    def _begun_cache(self, rows: Sequence[Begun], width: int) -> Any:
        """Put what was kept of each row side by side, padded on the left."""
        some = next(row.kept for row in rows if row.kept)
        filled = [tuple(each.new_zeros(len(rows), each.shape[0], width, each.shape[2]) for each in both)
                  for both in some]  # fmt: skip
        for n, row in enumerate(rows):
            for into, both in zip(filled, row.kept or (), strict=bool(row.kept)):
                for place, each in zip(into, both, strict=True):
                    place[n, :, width - row.known :] = each[:, : row.known]
        return self._new_cache(filled)
