"""Causal decoders of attention and Mamba-2 layers in any order, from a pattern such as `T,T,M,M`.

`T` is an attention layer (with rotary positions), `M` a Mamba-2 layer (Dao and Gu 2024, arXiv
2405.21060); each is followed by a gated feed-forward layer. The model is transformers'
`GraniteMoeHybridForCausalLM` without experts. Where all layers are `M` it is `Mamba2ForCausalLM`,
which has no feed-forward layers: the other cannot count its tokens without an attention layer. Both
are plain PyTorch on a CPU and use the kernels of `mamba_ssm` where the library finds them. What an
`M` layer remembers has one size, however long the text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ...errors import ConfigError, require

LAYERS = {"T": "full_attention", "M": "linear_attention"}
"""The letters of a pattern, and what transformers calls them."""

_STEPS = (1e-3, 1e-1)
"""The range of a Mamba layer's first time steps (Mamba-2, as in its authors' code)."""


@dataclass(frozen=True, kw_only=True)
class BackboneConfig:
    """The size of a model; the pattern says how many layers it has."""

    width: int = 128
    heads: int = 4
    """Of the attention layers; a Mamba layer has twice as many, of the same size."""
    feed_forward: int = 256
    state: int = 32
    """Numbers that a Mamba layer remembers for each of its channels."""
    chunk: int = 64
    """Tokens that a Mamba layer reads at once: speed and memory alone, never the result."""
    max_positions: int = 16_384
    """Tokens that the model says it reads; without attention there is no limit."""

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be."""
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"{name} is {value!r}; it must be a whole number from 1.")
        if self.width % (2 * self.heads):
            raise ConfigError(
                f"width is {self.width} with {self.heads} heads; it must be a multiple of twice "
                "the heads."
            )


def parse_pattern(pattern: str) -> tuple[str, ...]:
    """Return a pattern's layers, one letter each.

    Args:
        pattern: `T` and `M`, separated by commas, as in `"T,T,M,M"`.

    >>> parse_pattern("T, T,M,M")
    ('T', 'T', 'M', 'M')

    Raises:
        ConfigError: If it is empty or has other letters.
    """
    letters = tuple(part.strip() for part in pattern.split(",")) if isinstance(pattern, str) else ()
    if not letters or any(letter not in LAYERS for letter in letters):
        raise ConfigError(
            f"block_pattern is {pattern!r}; give one letter a layer, T (attention) or M (Mamba-2), "
            "separated by commas, such as 'T,T,M,M'."
        )
    return letters


def build_backbone(
    pattern: str, tokenizer: Any, config: BackboneConfig | None = None, *, seed: int = 0
) -> Any:
    """Return an untrained model, the same one for the same seed.

    Args:
        pattern: Its layers, as `parse_pattern` reads them.
        tokenizer: A tokenizer of transformers; it says the vocabulary, the end and the padding.
        config: Its size.
        seed: Of its first weights. Nothing global is drawn from.

    Returns:
        A `GraniteMoeHybridForCausalLM` or `Mamba2ForCausalLM`, in evaluation mode. It is saved,
        loaded, trained and decoded as any model of transformers; its
        `activation_checkpointing_enable()` trades time for memory.

    Raises:
        ConfigError: If the pattern or the tokenizer will not do.
    """
    letters = parse_pattern(pattern)
    torch = require("torch", "llm")
    transformers = require("transformers", "llm")
    config = config or BackboneConfig()
    ends = _ends(tokenizer)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if set(letters) == {"M"}:
            shape = transformers.Mamba2Config(**_mamba(len(letters), config), **ends)
            return transformers.Mamba2ForCausalLM(shape).eval()
        shape = transformers.GraniteMoeHybridConfig(**_hybrid(letters, config), **ends)
        model = transformers.GraniteMoeHybridForCausalLM(shape)
        _start_slowly(model, torch)
    return model.eval()


def _ends(tokenizer: Any) -> dict[str, Any]:
    """Return what a tokenizer decides of a model."""
    for name, what in (("eos_token", "the end"), ("pad_token", "padding")):
        if getattr(tokenizer, f"{name}_id") is None:
            raise ConfigError(f"The tokenizer has no token for {what}; set its {name} first.")
    return {
        "vocab_size": len(tokenizer),
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "tie_word_embeddings": True,
    }


def _mamba(layers: int, config: BackboneConfig) -> dict[str, Any]:
    return {
        "hidden_size": config.width,
        "num_hidden_layers": layers,
        "num_heads": 2 * config.heads,
        "head_dim": config.width // config.heads,
        "n_groups": 1,
        "state_size": config.state,
        "chunk_size": config.chunk,
        "initializer_range": 0.02,
    }


def _hybrid(letters: tuple[str, ...], config: BackboneConfig) -> dict[str, Any]:
    return {
        "hidden_size": config.width,
        "num_hidden_layers": len(letters),
        "layer_types": [LAYERS[letter] for letter in letters],
        "num_attention_heads": config.heads,
        # The library's default is 1: attention of untrained weights would be nearly one-hot.
        "attention_multiplier": (config.width // config.heads) ** -0.5,
        "position_embedding_type": "rope",
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
        "max_position_embeddings": config.max_positions,
        "num_local_experts": 0,
        "num_experts_per_tok": 0,
        "router_aux_loss_coef": 0.0,  # trainers would balance experts that there are not
        "intermediate_size": config.feed_forward,
        "shared_intermediate_size": config.feed_forward,
        "mamba_n_heads": 2 * config.heads,
        "mamba_d_state": config.state,
        "mamba_chunk_size": config.chunk,
    }


def _start_slowly(model: Any, torch: Any) -> None:
    """Draw a Mamba layer's time steps log-uniformly, as its authors do and `Mamba2ForCausalLM` does.

    This model starts all of them at softplus(1) = 1.3: a head would forget within a token or two,
    and could hardly learn to remember.
    """
    low, high = (math.log(step) for step in _STEPS)
    for layer in model.model.layers:
        if layer.mamba is not None:
            bias = layer.mamba.dt_bias
            steps = torch.exp(low + (high - low) * torch.rand(bias.shape))
            # The inverse of softplus.
            bias.data.copy_(steps + torch.log(-torch.expm1(-steps)))
