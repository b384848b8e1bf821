"""Small shapes with random weights: two BERTs of 2 layers x 64, a T5 of 2 + 2 layers x 128.

Real model classes of transformers that train on a CPU, for tests, for worlds of invented names and
for whoever has no network. Their vocabulary is learnt from given texts.
"""

from __future__ import annotations

from typing import Any

import torch

from ...errors import require
from .copying import begin_copying
from .sides import DprSide
from .vocabulary import bert_tokenizer, t5_tokenizer

USUAL_TOKENS = 256
"""How much of a text a tower reads where nothing else is said."""

TINY_TEMPERATURE = 8.0
"""The root of the small towers' width: random vectors would prefer one document by far otherwise."""

_BERT: dict[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 256,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "initializer_range": 0.1,  # at this width 0.02 would leave all texts nearly one vector
}
_T5: dict[str, Any] = {
    "d_model": 128,
    "d_kv": 32,
    "d_ff": 256,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "num_heads": 4,
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
    "dropout_rate": 0.0,
    "decoder_start_token_id": 0,
}


def tiny_sides(vocabulary: Any, limits: tuple[int | None, int | None], seed: int) -> list[DprSide]:
    """Return two sides that are alike at first, so that texts that share words are near."""
    library = require("transformers", "llm")
    longest = max(limit or USUAL_TOKENS for limit in limits)
    tokenizer = bert_tokenizer(vocabulary, longest)
    config = library.DPRConfig(
        **_BERT, vocab_size=len(tokenizer), max_position_embeddings=longest, pad_token_id=0
    )
    kinds = (library.DPRQuestionEncoder, library.DPRContextEncoder)
    models = [_seeded(lambda kind=kind: kind(config), seed) for kind in kinds]
    return [
        DprSide(model, tokenizer, limit or USUAL_TOKENS)
        for model, limit in zip(models, limits, strict=True)
    ]


def tiny_t5(vocabulary: Any, seed: int) -> tuple[Any, Any]:
    """Return a T5 and its tokenizer."""
    library = require("transformers", "llm")
    tokenizer = t5_tokenizer(vocabulary)
    config = library.T5Config(**_T5, vocab_size=len(tokenizer))
    t5 = _seeded(lambda: library.T5ForConditionalGeneration(config), seed)
    begin_copying(t5, torch.Generator().manual_seed(seed))
    return t5, tokenizer


def _seeded(make: Any, seed: int) -> Any:
    """Make a model from a seed, and leave torch's own generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make().eval()
