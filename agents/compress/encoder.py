"""From a chunk to one vector: a small transformer over its tokens, or an encoder of texts.

    tokens                     a small BERT over the decoder's own tokens, trained from nothing
    text?model=roberta-base    any encoder of transformers with a tokenizer of its own, trained further
    minilm, dpr?..., hashing   an encoder of `hopgym.retrieval.encoders`, frozen

The paper has RoBERTa. What stands for a chunk is the mean over its tokens' last states.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...core import Document
from ...errors import ConfigError, require
from ...retrieval.encoders import make_encoder
from ...retrieval.encoders.base import checked
from ...retrieval.encoders.models import SAFE, model_folder
from ...retrieval.options import split_options
from ...seeding import rng_for
from ..llm.call_state import forget_calls
from ..llm.quiet import quiet
from .chunking import Chunk

TOKENS, TEXT = "tokens", "text"


class ChunkEncoder(nn.Module, ABC):
    """Chunks in, vectors out."""

    width: int
    """How long a vector is."""
    reads_text: bool
    """Whether it needs the chunks' characters."""

    @abstractmethod
    def forward(self, chunks: Sequence[Chunk]) -> Tensor:
        """Return `[chunks, width]` float32."""

    def save(self, folder: Path) -> None:
        """Write its weights, where it has any of its own."""


class TokenEncoder(ChunkEncoder):
    """A small BERT over the decoder's tokens.

    Args:
        model: A `BertModel`, whose last word stands for nothing.
    """

    reads_text = False

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model, self.width = model, int(model.config.hidden_size)

    @classmethod
    def new(
        cls, vocabulary: int, k: int, *, width: int, layers: int, heads: int, seed: int = 0
    ) -> TokenEncoder:
        """Return an untrained one.

        Raises:
            ConfigError: If the width is no multiple of the heads.
        """
        if width % heads:
            raise ConfigError(f"encoder_width is {width}; it must be a multiple of {heads} heads.")
        library = require("transformers", "llm")
        config = library.BertConfig(
            vocab_size=vocabulary + 1,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=4 * width,
            max_position_embeddings=k,
            hidden_dropout_prob=0.0,  # every number counts where k tokens become one vector
            attention_probs_dropout_prob=0.0,
            pad_token_id=vocabulary,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng_for(seed, "chunk encoder").integers(2**31)))
            return cls(library.BertModel(config, add_pooling_layer=False))

    def forward(self, chunks: Sequence[Chunk]) -> Tensor:
        """Return the mean of the last states."""
        device, padding = self.model.device, self.model.config.pad_token_id
        longest = max(len(chunk.ids) for chunk in chunks)
        rows = [[*chunk.ids, *[padding] * (longest - len(chunk.ids))] for chunk in chunks]
        ids = torch.tensor(rows, device=device)
        mask = (ids != padding).long()
        return _mean(self.model(input_ids=ids, attention_mask=mask).last_hidden_state, mask)

    def save(self, folder: Path) -> None:
        """Write it as the library does."""
        with quiet():
            self.model.save_pretrained(folder, safe_serialization=True)


class TextEncoder(ChunkEncoder):
    """An encoder of transformers with a tokenizer of its own.

    Args:
        model: Such as a `RobertaModel`.
        tokenizer: Its tokenizer.
    """

    reads_text = True

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__()
        self.model, self.tokenizer = model, tokenizer
        self.width = int(model.config.hidden_size)

    def forward(self, chunks: Sequence[Chunk]) -> Tensor:
        """Return the mean of the last states."""
        texts = [chunk.text for chunk in chunks]
        given = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        given = {
            name: given[name].to(self.model.device) for name in ("input_ids", "attention_mask")
        }
        return _mean(self.model(**given).last_hidden_state, given["attention_mask"])

    def save(self, folder: Path) -> None:
        """Write it as the library does."""
        forget_calls(self.tokenizer)
        with quiet():
            self.model.save_pretrained(folder, safe_serialization=True)
            self.tokenizer.save_pretrained(folder)


class FrozenEncoder(ChunkEncoder):
    """An encoder of texts as it is: nothing of it is trained.

    Args:
        spec: What `make_encoder` makes it of.
    """

    reads_text = True

    def __init__(self, spec: str) -> None:
        super().__init__()
        self.encoder = make_encoder(spec)
        self.width = self.encoder.dim

    def forward(self, chunks: Sequence[Chunk]) -> Tensor:
        """Return its vectors, without gradients."""
        documents = [Document(str(n), "", chunk.text) for n, chunk in enumerate(chunks)]
        vectors = checked(self.encoder.encode_documents(documents), len(chunks), self.encoder)
        return torch.tensor(vectors)


def new_encoder(
    spec: str, vocabulary: int, k: int, *, width: int, layers: int, heads: int, seed: int = 0
) -> ChunkEncoder:
    """Return the encoder that a run begins with.

    Args:
        spec: See the module.
        vocabulary: The decoder's words.
        k: Tokens of a chunk at most.
        width: Of `tokens`, as are the following.
        layers: How many.
        heads: Of each.
        seed: Of the first weights.

    Raises:
        ConfigError: If there is no such encoder.
    """
    name, options = split_options(spec)
    if name == TOKENS:
        return TokenEncoder.new(vocabulary, k, width=width, layers=layers, heads=heads, seed=seed)
    if name == TEXT:
        if set(options) != {"model"}:
            raise ConfigError(f"encoder is {spec!r}; write 'text?model=FOLDER' of an encoder.")
        return _loaded(TEXT, model_folder(options["model"]))
    return FrozenEncoder(spec)


def load_encoder(spec: str, folder: Path) -> ChunkEncoder:
    """Return a trained encoder.

    Args:
        spec: What `new_encoder` was given.
        folder: Where its `save` wrote.

    Raises:
        ConfigError: If it cannot be loaded.
    """
    name, _ = split_options(spec)
    return _loaded(name, folder) if name in (TOKENS, TEXT) else FrozenEncoder(spec)


def _loaded(kind: str, folder: Path) -> ChunkEncoder:
    library = require("transformers", "llm")
    try:
        with quiet():
            model = library.AutoModel.from_pretrained(
                folder, use_safetensors=True, add_pooling_layer=False, **SAFE
            ).float()
            if kind == TOKENS:
                return TokenEncoder(model)
            return TextEncoder(model, library.AutoTokenizer.from_pretrained(folder, **SAFE))
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{folder} holds no encoder of chunks ({reason:.300}).") from error


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the columns that count, in float32."""
    weights = mask.unsqueeze(-1).float()
    return (states.float() * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)
