"""A causal language model as the reader `llm` uses it: loading, greedy writing, log-likelihoods.

Tokens in and tokens out; it knows no facts and no prompts.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import ConfigError, require
from ...retrieval.encoders.models import SAFE

Tokens = Sequence[int]


def load(folder: Path, dtype: str, device: str | None) -> tuple[Any, Any]:
    """Return the model of a folder and its tokenizer.

    Raises:
        ConfigError: If the folder holds no causal language model in safetensors, or not all of one.
    """
    torch, library = require("torch", "llm"), require("transformers", "llm")
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        model, info = library.AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, output_loading_info=True, **SAFE
        )
        model = model.to(place).eval()
        tokenizer = library.AutoTokenizer.from_pretrained(folder, **SAFE)
    except Exception as error:  # of any kind: a bad folder makes the libraries raise their own
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"{folder} could not be loaded as a causal language model in safetensors "
            f"({type(error).__name__}: {reason:.300}). Give the folder that `save_pretrained` wrote."
        ) from error
    lacking = sorted(map(str, (*info["missing_keys"], *info["mismatched_keys"])))
    if lacking:
        raise ConfigError(
            f"{folder} lacks {len(lacking)} of its weights, such as {lacking[0]}: it is no causal "
            "language model, or was not saved whole."
        )
    return model, tokenizer


def write(model: Any, tokenizer: Any, prompts: Sequence[Tokens], *, max_tokens: int) -> list[str]:
    """Return what the model writes after each prompt, taking the likeliest token each time.

    The prompts are padded on the left, so that all end in one column.
    """
    torch, library = require("torch", "llm"), require("transformers", "llm")
    ends = _end_tokens(model, tokenizer)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else next(iter(ends), 0)
    longest = max(map(len, prompts))
    ids = [[pad] * (longest - len(row)) + list(row) for row in prompts]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in prompts]
    # All that a model's own settings could change about greedy writing is said here.
    greedy = library.GenerationConfig(
        do_sample=False, num_beams=1, repetition_penalty=1.0, no_repeat_ngram_size=0,
        max_new_tokens=max_tokens, pad_token_id=pad, eos_token_id=ends or None,
        temperature=1.0, top_p=1.0, top_k=50,
    )  # fmt: skip
    with torch.inference_mode():
        written = model.generate(
            input_ids=torch.tensor(ids, device=model.device),
            attention_mask=torch.tensor(mask, device=model.device),
            generation_config=greedy,
        )
    texts = tokenizer.batch_decode(written[:, longest:].tolist(), skip_special_tokens=True)
    return [str(text) for text in texts]


def log_likelihoods(model: Any, pairs: Sequence[tuple[Tokens, Tokens]]) -> list[float]:
    """Return the natural logarithm of the probability of each second part after the first.

    The rows are padded on the right: a causal model's tokens see nothing behind them, so that
    positions and states need no correction.

    Args:
        model: The model.
        pairs: Tokens that are read, one or more, and tokens whose likelihood is told.
    """
    torch = require("torch", "llm")
    rows = [[*before, *after] for before, after in pairs]
    longest = max(map(len, rows))
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    told = torch.zeros((len(rows), longest), dtype=torch.bool)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for n, ((before, _), row) in enumerate(zip(pairs, rows, strict=True)):
        ids[n, : len(row)] = torch.tensor(row)
        mask[n, : len(row)] = 1
        told[n, len(before) : len(row)] = True
    first = min(len(before) for before, _ in pairs)
    ids, told, mask = ids.to(model.device), told.to(model.device), mask.to(model.device)
    with torch.inference_mode():
        logits = _last_logits(model, ids, mask, longest - first + 1)
        # The logits of a column are about the next one. One row at a time: a vocabulary is large.
        sums = [
            -torch.nn.functional.cross_entropy(row[:-1].float(), own[first:], reduction="none")
            .double()[counts[first:]]
            .sum()
            for row, own, counts in zip(logits, ids, told, strict=True)
        ]
    return [float(value) for value in sums]


def _last_logits(model: Any, ids: Any, mask: Any, columns: int) -> Any:
    """Return the logits of the last columns alone: those of a long prompt would fill the memory."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    takes = inspect.signature(base.forward).parameters
    options = {"use_cache": False, "logits_to_keep": columns}
    options = {name: value for name, value in options.items() if name in takes}
    return model(input_ids=ids, attention_mask=mask, **options).logits[:, -columns:]


def _end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """Return the tokens that end what a model writes, as its settings or tokenizer say."""
    given = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    several = given if isinstance(given, list | tuple) else [given]
    return sorted({int(end) for end in (*several, tokenizer.eos_token_id) if end is not None})
