"""Which chunks are worth their tokens: a small transformer over the chunks' vectors and the question.

What it reads are the vectors that the decoder would read, so that where they are cached nothing is
encoded. The paper's policy sees the chunks alone; this one sees the question in chunks beside them,
and how many of the question's tokens stand in a chunk, which costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ...retrieval.base import check_whole
from ...seeding import rng_for
from .rows import Row


class ExpansionPolicy(nn.Module):
    """A logit for every chunk.

    Args:
        inputs: How long the vectors are.
        width: Of the transformer.
        layers: How many.
        heads: Of each.
        seed: Of the first weights; before it is trained all logits are 0.

    Raises:
        ConfigError: If a number is out of its range.
    """

    def __init__(
        self, inputs: int, *, width: int = 64, layers: int = 2, heads: int = 4, seed: int = 0
    ) -> None:
        for name, value in (("policy_width", width), ("policy_layers", layers), ("heads", heads)):
            check_whole(name, value)
        if width % heads:
            raise ConfigError(f"policy_width is {width}; it must be a multiple of {heads} heads.")
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng_for(seed, "expansion policy").integers(2**31)))
            self.entry = nn.Sequential(nn.LayerNorm(inputs), nn.Linear(inputs, width))
            self.kinds = nn.Embedding(2, width)  # of a question's chunk, of a document's
            layer = nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.0, batch_first=True, norm_first=True
            )
            self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
            self.exit = nn.Linear(width + 1, 1)
        nn.init.zeros_(self.exit.weight)
        nn.init.zeros_(self.exit.bias)

    def forward(
        self, queries: Sequence[Tensor], chunks: Sequence[Tensor], overlaps: Sequence[Tensor]
    ) -> Tensor:
        """Return logits.

        Args:
            queries: `[n, inputs]` of each row: the question's chunks.
            chunks: `[m, inputs]` of each row: the documents'.
            overlaps: `[m]` of each row; see `overlap`.

        Returns:
            `[rows, most chunks]` float32; minus infinity where there is no chunk.
        """
        sizes = [len(each) for each in chunks]
        if not max(sizes, default=0):
            return self.exit.weight.new_zeros((len(sizes), 0))
        rows = [torch.cat([c, q]).float() for c, q in zip(chunks, queries, strict=True)]
        kinds = [
            torch.tensor([1] * len(c) + [0] * len(q)) for c, q in zip(chunks, queries, strict=True)
        ]
        states = self.entry(_padded(rows)) + self.kinds(_padded(kinds).to(rows[0].device))
        lengths = torch.tensor([max(len(row), 1) for row in rows], device=states.device)
        nothing = torch.arange(states.shape[1], device=states.device) >= lengths[:, None]
        states = self.layers(states, src_key_padding_mask=nothing)[:, : max(sizes)]
        features = torch.cat([states, _padded(overlaps).to(states)[..., None]], dim=-1)
        logits = self.exit(features).squeeze(-1)
        there = (
            torch.arange(max(sizes), device=logits.device)
            < torch.tensor(sizes, device=logits.device)[:, None]
        )
        masked: Tensor = logits.masked_fill(~there, -torch.inf)
        return masked


def overlap(row: Row) -> Tensor:
    """Return for each chunk of a row the share of the question's different tokens that it has."""
    asked = {token for chunk in row.query for token in chunk.ids}
    found = [len(asked.intersection(chunk.ids)) / max(len(asked), 1) for chunk in row.chunks]
    return torch.tensor(found, dtype=torch.float32)


def _padded(rows: Sequence[Tensor]) -> Tensor:
    return nn.utils.rnn.pad_sequence(list(rows), batch_first=True)
