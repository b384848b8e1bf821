"""Dense passage retrieval: one BERT for questions, another for passages.

The vector is that of the first token, neither pooled nor normalised, and vectors are compared by
inner product; a passage is read as its title and its text, two segments
(Karpukhin et al., EMNLP 2020, arXiv 2004.04906).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Document
from ...errors import ConfigError, require
from .base import Vectors, checked, readable, settings_fingerprint, spec_of
from .models import SAFE, LateModel, files_fingerprint, model_folder, read_settings

Text = str | tuple[str, str]
"""One segment, or two."""


class DprEncoder:
    """Encodes with a pair of towers of the library transformers.

    Args:
        question: The folder or hub name of the question encoder.
        context: The folder or hub name of the context encoder.
        max_tokens: How much of a text is read.
        batch_size: How many texts are encoded at once.
        device: Where, such as "cpu" or "cuda".
        local_files_only: Never ask the network.

    Raises:
        ConfigError: If one of them is no DPR model, or the two do not fit.
    """

    def __init__(
        self,
        *,
        question: str | Path,
        context: str | Path,
        max_tokens: int = 256,
        batch_size: int = 32,
        device: str = "cpu",
        local_files_only: bool = False,
    ) -> None:
        if max_tokens < 3 or batch_size < 1:
            raise ConfigError(
                f"max_tokens is {max_tokens} and batch_size {batch_size}; "
                "give whole numbers from 3 and from 1."
            )
        folders = {
            "question": model_folder(question, local_files_only=local_files_only),
            "context": model_folder(context, local_files_only=local_files_only),
        }
        self._options: dict[str, Any] = {
            "question": str(folders["question"] if Path(question).is_dir() else question),
            "context": str(folders["context"] if Path(context).is_dir() else context),
            "max_tokens": max_tokens,
            "batch_size": batch_size,
            "device": device,
            "local_files_only": local_files_only,
        }
        self._folders = folders
        dims = {side: _dim(folder) for side, folder in folders.items()}
        if dims["question"] != dims["context"]:
            raise ConfigError(
                f"The question encoder has {dims['question']} dimensions and the context encoder "
                f"{dims['context']}; give a pair that was trained together."
            )
        self.dim = dims["question"]
        self._question = LateModel(self._load_question)
        self._context = LateModel(self._load_context)

    @property
    def spec(self) -> str:
        """What `make_encoder` makes this encoder of."""
        return spec_of("dpr", self._options)

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The two models, what their files hold, and how they are used."""
        return {
            "encoder": "dpr",
            "question": self._options["question"],
            "context": self._options["context"],
            "content": [files_fingerprint(folder) for folder in self._folders.values()],
            "dim": self.dim,
            "pooling": "cls",
            "normalize": False,
            "max_tokens": self._options["max_tokens"],
        }

    @cached_property
    def fingerprint(self) -> str:
        """A name of the settings."""
        return settings_fingerprint(self.settings)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return the question encoder's vector for each query."""
        return self._encode(self._question, [readable(query) for query in queries])

    def encode_documents(self, documents: Sequence[Document]) -> Vectors:
        """Return the context encoder's vector for each document."""
        vectors = np.zeros((len(documents), self.dim), dtype=np.float32)
        for titled in (True, False):  # a tokenizer takes pairs or single texts, not both
            rows = [n for n, document in enumerate(documents) if bool(document.title) is titled]
            texts = [_segments(documents[row]) for row in rows]
            vectors[rows] = self._encode(self._context, texts)
        return vectors

    def _encode(self, tower: LateModel[tuple[Any, Any]], texts: Sequence[Text]) -> Vectors:
        """Encode texts of like length together, so that little is padded."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: len("".join(texts[row])))
        size = self._options["batch_size"]
        with tower.use() as (tokenizer, model):
            for start in range(0, len(texts), size):
                rows = order[start : start + size]
                vectors[rows] = self._forward(tokenizer, model, [texts[row] for row in rows])
        return checked(vectors, len(texts), self)

    def _forward(self, tokenizer: Any, model: Any, texts: list[Text]) -> Vectors:
        torch = require("torch", "dense")
        tokens = tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=self._options["max_tokens"],
            return_tensors="pt",
        )
        with torch.inference_mode():
            output = model(**tokens.to(model.device)).pooler_output
        vectors: Vectors = output.float().cpu().numpy()
        return vectors

    def _load_question(self) -> tuple[Any, Any]:
        return self._load("question", "DPRQuestionEncoder")

    def _load_context(self) -> tuple[Any, Any]:
        return self._load("context", "DPRContextEncoder")

    def _load(self, side: str, kind: str) -> tuple[Any, Any]:
        library = require("transformers", "dense")
        folder = self._folders[side]
        tokenizer = library.AutoTokenizer.from_pretrained(str(folder), **SAFE)
        model, info = getattr(library, kind).from_pretrained(
            str(folder), **SAFE, output_loading_info=True
        )
        if info["missing_keys"]:
            raise ConfigError(
                f"{folder}: holds no {kind} ({len(info['missing_keys'])} of its weights are "
                f"missing). Give the {side} encoder as {side}=."
            )
        return tokenizer, model.to(self._options["device"]).eval()

    def __repr__(self) -> str:
        return f"DprEncoder({self._folders['question'].name!r}, {self._folders['context'].name!r})"


def _dim(folder: Path) -> int:
    settings = read_settings(folder / "config.json")
    if settings.get("model_type") != "dpr":
        raise ConfigError(
            f"{folder}: is a model of type {settings.get('model_type')!r}, not 'dpr'. Give a DPR "
            "encoder, or use the encoder sentence_transformer."
        )
    return int(settings.get("projection_dim") or settings["hidden_size"])


def _segments(document: Document) -> Text:
    text = readable(document.text)
    return (readable(document.title), text) if document.title else text
