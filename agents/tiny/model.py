"""The small policy's architecture: an LFM2 decoder of about a million parameters.

LFM2 has short convolutions between its attention layers: each token knows the one or two before it
at no cost. To copy a name is to look for the token after the one just written, which attention
alone must first learn in two layers; here one layer finds it. From scratch that is most of the
time: see `docs/tiny.md` for what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...errors import ConfigError, require

CONTEXT = 2_048


@dataclass(frozen=True, kw_only=True)
class TinyConfig:
    """The size of the model."""

    layers: int = 6
    """Convolution and attention in turn, convolution first."""
    width: int = 128
    heads: int = 4
    feed_forward: int = 256

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be."""
        for name in ("layers", "width", "heads", "feed_forward"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"{name} is {value!r}; it must be a whole number from 1.")
        if self.layers < 2 or self.width % (2 * self.heads):
            raise ConfigError(
                f"layers is {self.layers} and width {self.width} with {self.heads} heads; there "
                "must be 2 layers or more, and the width must be a multiple of twice the heads."
            )


def build_model(config: TinyConfig, tokenizer: Any, seed: int) -> Any:
    """Return an untrained `Lfm2ForCausalLM`, the same one for the same seed."""
    torch = require("torch", "llm")
    transformers = require("transformers", "llm")
    shape = transformers.Lfm2Config(
        vocab_size=len(tokenizer),
        hidden_size=config.width,
        intermediate_size=config.feed_forward,
        block_auto_adjust_ff_dim=False,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.heads,
        layer_types=["full_attention" if n % 2 else "conv" for n in range(config.layers)],
        max_position_embeddings=CONTEXT,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return transformers.Lfm2ForCausalLM(shape)
