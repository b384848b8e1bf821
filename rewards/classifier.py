"""A transformers sequence classifier from a folder: texts in, one row of logits for each out.

Weights are read from safetensors alone and no code of a model is run; a model whose head was not
saved is refused, since a made-up head gives made-up numbers. It knows nothing of what its labels
mean. Used by `nli` (texts in pairs) and `learned` (one output).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from ..errors import ConfigError, require
from ..retrieval.base import check_whole
from ..retrieval.encoders.models import (
    SAFE,
    LateModel,
    files_fingerprint,
    model_folder,
    read_settings,
)

Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Text = tuple[str, str] | str

_MOST_CHARS = 6
"""Characters of a text that are read for each token that the model has room for, times four."""


class Classifier:
    """See the module. The model is loaded when it is first asked.

    Args:
        model: A folder of `save_pretrained`, or a name at the hub.
        max_tokens: How much of a text is read, at most as much as the model can; of a pair, the
            longer one is cut.
        batch_size: How many texts are read at once.
        device: Where, such as "cpu" or "cuda"; None for the best there is.
        dtype: The numbers it is loaded with.

    Raises:
        ConfigError: If there is no such model or it classifies no sequences, or an option is not
            allowed.
        MissingExtraError: If transformers or torch is not installed.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        max_tokens: int = 512,
        batch_size: int = 16,
        device: str | None = None,
        dtype: Dtype = "float32",
    ) -> None:
        for package in ("torch", "transformers"):
            require(package, "llm")
        check_whole("max_tokens", max_tokens)
        check_whole("batch_size", batch_size)
        if not isinstance(model, str | Path):
            raise ConfigError(f"model is {model!r:.60}; give a folder, or a name at the hub.")
        self.folder = model_folder(model)
        self.max_tokens, self.batch_size = max_tokens, batch_size
        self.labels = _labels(self.folder)
        self._late = LateModel(partial(_load, self.folder, device, dtype))

    @property
    def fingerprint(self) -> str:
        """A name of the model's files and how much it reads."""
        return f"{files_fingerprint(self.folder)}:{self.max_tokens}"

    def logits(self, texts: Sequence[Text]) -> list[list[float]]:
        """Return the model's outputs for each text or pair of texts, in order.

        Texts of like length are read together, so that little is padded.
        """
        order = sorted(range(len(texts)), key=lambda n: len("".join(texts[n])))
        found: dict[int, list[float]] = {}
        with self._late.use() as (model, tokenizer):
            for start in range(0, len(order), self.batch_size):
                batch = order[start : start + self.batch_size]
                rows = _read(model, tokenizer, [texts[n] for n in batch], self.max_tokens)
                found |= zip(batch, rows, strict=True)
        return [found[n] for n in range(len(texts))]

    def __repr__(self) -> str:
        return f"Classifier({self.folder.name!r}, labels={len(self.labels)})"


def _labels(folder: Path) -> tuple[str, ...]:
    """Return the names of the outputs, by the settings; a head without names has numbers.

    Raises:
        ConfigError: If the folder holds something else than a sequence classifier.
    """
    settings = read_settings(folder / "config.json")
    kinds = settings.get("architectures") or []
    if not any(str(kind).endswith("ForSequenceClassification") for kind in kinds):
        raise ConfigError(
            f"{folder} is no sequence classifier (its config.json names {kinds}). Give a folder "
            "that `save_pretrained` of such a model wrote."
        )
    if not any(folder.glob("*.safetensors")):
        raise ConfigError(f"{folder} holds no weights in safetensors; other files are not read.")
    named = settings.get("id2label") or {}
    count = len(named) or settings.get("num_labels", 2)
    return tuple(str(named.get(str(n), f"LABEL_{n}")) for n in range(count))


def _load(folder: Path, device: str | None, dtype: Dtype) -> tuple[Any, Any]:
    torch, library = require("torch", "llm"), require("transformers", "llm")
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    make: Callable[..., Any] = library.AutoModelForSequenceClassification.from_pretrained
    try:
        model, info = make(
            folder, dtype=dtype, use_safetensors=True, output_loading_info=True, **SAFE
        )
        tokenizer = library.AutoTokenizer.from_pretrained(folder, **SAFE)
        model = model.to(place).eval()
    except Exception as error:  # of any kind: a bad folder makes the libraries raise their own
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"{folder} could not be loaded as a sequence classifier in safetensors "
            f"({type(error).__name__}: {reason:.300}). Give the folder that `save_pretrained` wrote."
        ) from error
    lacking = sorted(map(str, (*info["missing_keys"], *info["mismatched_keys"])))
    if lacking:
        raise ConfigError(
            f"{folder} lacks {len(lacking)} of its weights, such as {lacking[0]}: it was not saved "
            "whole, and numbers of a made-up head mean nothing."
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if getattr(model.config, "pad_token_id", None) is None:  # a causal model looks for its last
        model.config.pad_token_id = tokenizer.pad_token_id
    return model, tokenizer


def _read(model: Any, tokenizer: Any, texts: Sequence[Text], most: int) -> list[list[float]]:
    torch = require("torch", "llm")
    limit = min(most, tokenizer.model_max_length, positions_of(model))
    cut = [_cut(text, limit) for text in texts]
    pairs = not isinstance(cut[0], str)
    encoded = tokenizer(
        [one[0] for one in cut] if pairs else cut,
        [one[1] for one in cut] if pairs else None,
        truncation="longest_first",
        max_length=limit,
        padding=True,
        return_tensors="pt",
    ).to(model.device)
    with torch.inference_mode():
        rows = model(**encoded).logits.float().tolist()
    return [[float(value) for value in row] for row in rows]


def positions_of(model: Any) -> int:
    """Return how many tokens a model can read; RoBERTa's first positions are its padding's."""
    most = getattr(model.config, "max_position_embeddings", None) or 10**9
    offset = 2 if "roberta" in str(getattr(model.config, "model_type", "")) else 0
    return int(most) - offset


def _cut(text: Text, limit: int) -> Text:
    """Cut what no model of this size would read: tokenizing a flood takes long."""
    most = 4 * _MOST_CHARS * limit
    if isinstance(text, str):
        return text[:most]
    return text[0][:most], text[1][:most]
