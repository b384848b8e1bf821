"""A cross-encoder of the library sentence-transformers as a reranker.

It reads query and document as one text and gives one number
(Nogueira and Cho, "Passage Re-ranking with BERT", arXiv 1901.04085).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError, require
from ...files import fingerprint
from ..base import check_whole
from ..encoders.base import passage, readable
from ..encoders.models import SAFE, LateModel, files_fingerprint, model_folder, read_settings
from .base import Pair

_MOST = 512
"""Words that are read where a model does not say how much it can."""


class CrossEncoderReranker:
    """Scores with a cross-encoder of sentence-transformers, which is loaded when first needed.

    A score is the number that the model gives, before any function that would bend it into 0..1
    and make the best ones equal.

    Args:
        model: A folder, or a name at the hub such as "cross-encoder/ms-marco-MiniLM-L6-v2".
        max_tokens: How much of query and document together is read, at most as much as the model
            can; None for that.
        batch_size: How many pairs are scored at once.
        device: Where, such as "cpu" or "cuda"; None for the best there is.
        revision: A branch, tag or commit at the hub.
        local_files_only: Never ask the network.

    Raises:
        ConfigError: If there is no such model, it is no cross-encoder with one score, or a
            parameter is out of its range.
    """

    def __init__(
        self,
        *,
        model: str | Path,
        max_tokens: int | None = None,
        batch_size: int = 32,
        device: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
    ) -> None:
        if max_tokens is not None:
            check_whole("max_tokens", max_tokens)
        check_whole("batch_size", batch_size)
        self._folder = model_folder(model, revision=revision, local_files_only=local_files_only)
        _check_classifier(self._folder)
        self._max_tokens = max_tokens
        self._batch_size = batch_size
        self._device = device
        self._model = LateModel(self._load)

    @cached_property
    def fingerprint(self) -> str:
        """A name of the model's files and how much it reads."""
        return fingerprint(["cross_encoder", files_fingerprint(self._folder), self._max_tokens])

    def score(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Return the model's score of each pair."""
        if not pairs:
            return np.zeros(0, dtype=np.float32)
        texts = [(readable(query), readable(passage(document))) for query, document in pairs]
        with self._model.use() as model:
            first = _first_words(model.max_seq_length or _MOST)
            texts = [(first(query), first(text)) for query, text in texts]
            scores = model.predict(texts, batch_size=self._batch_size, show_progress_bar=False)
        found: NDArray[np.float32] = np.asarray(scores, dtype=np.float32)
        return found

    def _load(self) -> Any:
        library = require("sentence_transformers", "dense")
        model = library.CrossEncoder(
            str(self._folder),
            device=self._device,
            **SAFE,
            activation_fn=require("torch", "dense").nn.Identity(),
        )
        if self._max_tokens is not None:
            model.max_seq_length = min(self._max_tokens, model.max_seq_length or self._max_tokens)
        return model

    def __repr__(self) -> str:
        return f"CrossEncoderReranker({self._folder.name!r})"


def _first_words(count: int) -> Callable[[str], str]:
    """Return what cuts a text to as many words as a model can read at most, a token for each.

    The tokenizer would cut the rest itself, but in a time that grows with the product of what it
    cuts off both texts: minutes for two long ones.
    """
    words = re.compile(rf"(?:\s*+\S++){{0,{count}}}")
    return lambda text: text[: words.match(text).end()]  # type: ignore[union-attr]


def _check_classifier(folder: Path) -> None:
    """Refuse a model without a trained head: one would be made up, with random weights."""
    settings = read_settings(folder / "config.json")
    kinds = settings.get("architectures") or []
    if not any(str(kind).endswith("ForSequenceClassification") for kind in kinds):
        raise ConfigError(
            f"{folder}: is no cross-encoder (its config.json names {kinds}). Give a model for "
            'sequence classification, such as "cross-encoder/ms-marco-MiniLM-L6-v2".'
        )
    labels = len(settings.get("id2label") or ()) or settings.get("num_labels", 2)
    if labels != 1:
        raise ConfigError(f"{folder}: gives {labels} scores for a pair; a reranker gives one.")
