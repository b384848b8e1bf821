"""One tower: texts in, a vector for each out, with gradient.

A text is one segment, or two: a passage's title and its text. `DprSide` is a BERT whose vector is
that of the first token, neither pooled nor normalised (Karpukhin et al. 2020, arXiv 2004.04906,
section 3.1); `SentenceSide` is a model of sentence-transformers, pooled and normalised as its
folder says (Reimers & Gurevych 2019, arXiv 1908.10084). Each is saved as its library saves it, so
that the dense retriever can use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...errors import ConfigError, require
from ...retrieval.encoders.base import readable
from ...retrieval.encoders.model_settings import normalize_flag, prefixes
from ...retrieval.encoders.models import SAFE, read_settings
from ..llm.call_state import forget_calls
from ..llm.quiet import quiet

Text = str | tuple[str, str]
"""One segment, or two."""

Role = Literal["question", "context"]

_CLASSES = {"question": "DPRQuestionEncoder", "context": "DPRContextEncoder"}


class Side(Protocol):
    """What towers ask of one tower; it is an `nn.Module` too."""

    dim: int

    def __call__(self, texts: Sequence[Text]) -> Tensor:
        """Return `[N, dim]`."""

    def save(self, folder: Path) -> None:
        """Write it as its library does."""


class DprSide(nn.Module):
    """A DPR encoder of transformers.

    Args:
        model: A `DPRQuestionEncoder` or `DPRContextEncoder`.
        tokenizer: Its tokenizer.
        max_tokens: How much of a text is read.
    """

    def __init__(self, model: Any, tokenizer: Any, max_tokens: int = 256) -> None:
        super().__init__()
        self.model = model
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.dim = int(model.config.projection_dim or model.config.hidden_size)

    def forward(self, texts: Sequence[Text]) -> Tensor:
        """Return the first tokens' vectors, `[N, dim]`."""
        rows = [self._row(text) for text in texts]  # a tokenizer takes no mix of pairs and singles
        tokens = self.tokenizer.pad(rows, padding=True, return_tensors="pt")
        vectors: Tensor = self.model(**tokens.to(self.model.device)).pooler_output
        return vectors.float()

    def save(self, folder: Path) -> None:
        """Write the model and its tokenizer."""
        forget_calls(self.tokenizer)
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def _row(self, text: Text) -> Any:
        segments = [text] if isinstance(text, str) else text
        return self.tokenizer(*map(readable, segments), truncation=True, max_length=self.max_tokens)


class SentenceSide(nn.Module):
    """A model of sentence-transformers.

    Args:
        model: A `SentenceTransformer`.
        prefix: What goes before each text.
        normalize: Whether vectors are brought to length 1, which some models do by themselves.
    """

    def __init__(self, model: Any, prefix: str = "", normalize: bool = True) -> None:
        super().__init__()
        self.model = model
        self.prefix = prefix
        self.normalize = normalize
        self.dim = int(model.get_embedding_dimension())

    def forward(self, texts: Sequence[Text]) -> Tensor:
        """Return the sentences' vectors, `[N, dim]`."""
        lines = [readable(text if isinstance(text, str) else "\n".join(text)) for text in texts]
        features = self.model.preprocess(lines, prompt=self.prefix)
        device = next(self.model.parameters()).device
        features = {
            name: value.to(device) if isinstance(value, Tensor) else value
            for name, value in features.items()
        }
        vectors: Tensor = self.model(features)["sentence_embedding"].float()
        return functional.normalize(vectors, dim=-1) if self.normalize else vectors

    def save(self, folder: Path) -> None:
        """Write the whole model."""
        forget_calls(self.model.tokenizer)
        self.model.save(str(folder), create_model_card=False)


def load_dpr(folder: Path, role: Role, max_tokens: int = 256) -> DprSide:
    """Load one tower; a plain BERT begins as one, as the paper's did.

    Raises:
        ConfigError: If the folder holds another model, or the other side's.
    """
    library = require("transformers", "llm")
    kind = getattr(library, _CLASSES[role])
    model_type = read_settings(folder / "config.json").get("model_type")
    if model_type not in ("dpr", "bert"):
        raise ConfigError(
            f"{folder}: is a model of type {model_type!r}; the {role} tower of the kind dpr is a "
            '"dpr" or a "bert". Give one, or kind="sentence_transformer".'
        )
    with quiet():
        tokenizer = library.AutoTokenizer.from_pretrained(str(folder), **SAFE)
        if model_type == "bert":
            model = _from_bert(library, kind, folder)
        else:
            model, info = kind.from_pretrained(str(folder), **SAFE, output_loading_info=True)
            _check_whole(folder, role, info)
    return DprSide(model, tokenizer, max_tokens)


def load_sentence(folder: Path, role: Role, max_tokens: int | None = None) -> SentenceSide:
    """Load one tower; either side's prefix is what the model's settings say."""
    library = require("sentence_transformers", "dense")
    query, document = prefixes(folder, folder.name, None, None)
    with quiet():
        model = library.SentenceTransformer(str(folder), device="cpu", **SAFE)
    if max_tokens is not None:
        model.max_seq_length = max_tokens
    prefix = query if role == "question" else document
    return SentenceSide(model, prefix, normalize_flag(folder, None))


def _from_bert(library: Any, kind: Any, folder: Path) -> Any:
    bert = library.BertModel.from_pretrained(str(folder), **SAFE, add_pooling_layer=False)
    settings = {key: value for key, value in bert.config.to_dict().items() if key != "model_type"}
    with torch.random.fork_rng(devices=[]):
        model = kind(library.DPRConfig(**settings))
    part = next(child for child in model.modules() if type(child) is library.BertModel)
    part.load_state_dict(bert.state_dict())
    return model.eval()


def _check_whole(folder: Path, role: Role, info: Any) -> None:
    """Refuse the other side's weights, which have other names: random ones would stand in."""
    if info["missing_keys"]:
        raise ConfigError(
            f"{folder}: holds no {_CLASSES[role]} ({len(info['missing_keys'])} of its weights are "
            f"missing). Give the {role} tower as {role}=."
        )
