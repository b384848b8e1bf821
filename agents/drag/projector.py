"""From a fact of the graph to a vector that stands among the generator's word embeddings.

`MLP_proj` of D-RAG (EMNLP 2025, section 1.1 of the method): two layers and a ReLU. Its output is
brought to the length of the generator's own embeddings: the output of fresh layers is of any
length, and vectors many times as long as words drown the words beside them. Knows no sampling; what
it returns is multiplied by `z` elsewhere.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ...retrieval.base import check_number, check_whole
from ...seeding import rng_for


class Projector(nn.Module):
    """Linear, ReLU, Linear, and the length.

    Args:
        inputs: The width of a fact: head, relation and tail side by side, `3 * d`.
        outputs: The width of the generator's embeddings.
        hidden: The width in between.
        scale: The length of every output, such as `Generator.embedding_norm`; 0 or False leaves it
            as the layers give it.
        seed: Of the first weights.

    Raises:
        ConfigError: If a number is out of its range.
    """

    def __init__(
        self, inputs: int, outputs: int, *, hidden: int = 4096, scale: float = 0.0, seed: int = 0
    ) -> None:
        for name, value in (("inputs", inputs), ("outputs", outputs), ("hidden", hidden)):
            check_whole(name, value)
        scale = float(scale)  # False: not at all
        check_number("scale", scale, 0.0)
        super().__init__()
        self.inputs, self.outputs, self.scale = inputs, outputs, scale
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng_for(seed, "projector").integers(2**31)))
            self.layers = nn.Sequential(
                nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
            )

    def forward(self, facts: Tensor) -> Tensor:
        """Return `[n, outputs]` of `[n, inputs]`, one row for each fact.

        Raises:
            ConfigError: If the facts have another width.
        """
        if facts.shape[-1] != self.inputs:
            raise ConfigError(
                f"The facts are {facts.shape[-1]} numbers wide and the projector reads "
                f"{self.inputs}: it belongs to another retriever."
            )
        out: Tensor = self.layers(facts)
        if not self.scale:
            return out
        return self.scale * nn.functional.normalize(out.float(), dim=-1).to(out.dtype)
