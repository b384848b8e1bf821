"""Texts in, vectors out.

An encoder is made by name, from a user's own factory, or from a model's folder or hub name:

    make_encoder("minilm")
    make_encoder("hashing?dim=512")
    make_encoder("models/my-fine-tuned-encoder")
    make_encoder("e5?model=intfloat/e5-base-v2")
    make_encoder("my_module:MyEncoder")

To add one: a file with a class that has what `Encoder` asks for, one line below, and a test of
the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from ...errors import ConfigError
from ...registry import Factory, Registry
from ..options import check_options, split_options
from .base import Encoder, Vectors
from .cache import CachedEncoder
from .hashing import HashingEncoder
from .models import is_model

__all__ = [
    "ENCODERS",
    "CachedEncoder",
    "Encoder",
    "HashingEncoder",
    "Vectors",
    "make_encoder",
    "register",
]

ENCODERS: Registry[Encoder] = Registry("encoder", "hopgym retrievers")
"""Name to factory; a factory takes keywords."""

register = ENCODERS.register

_HERE = "hopgym.retrieval.encoders"

register("dpr", "A question and a context encoder (DPR).", f"{_HERE}.dpr:DprEncoder")
register("e5", "An E5 model with its prefixes.", f"{_HERE}.sentence_transformer:e5")
register("hashing", "Hashed words: no model, for tests.", f"{_HERE}.hashing:HashingEncoder")
register("minilm", "all-MiniLM-L6-v2, from its package.", f"{_HERE}.sentence_transformer:minilm")
register(
    "sentence_transformer",
    "Any model of sentence-transformers.",
    f"{_HERE}.sentence_transformer:SentenceTransformerEncoder",
)

_LOCK = Lock()
_MADE: dict[tuple[Factory[Encoder], str], Encoder] = {}
_MOST_SHARED = 8


def make_encoder(spec: str | Path | Encoder) -> Encoder:
    """Return the encoder that a user asked for.

    Encoders made here are shared: the same spec is the same object, so that a model is in memory
    once.

    Args:
        spec: A registered name, `module:attribute` or `file.py:attribute` of a factory, the folder
            of a sentence-transformers model or its name at the hub (with a slash), each with
            options if any (`"hashing?dim=64"`), or an encoder, which is returned as it is.

    Raises:
        UnknownNameError: If no encoder has this name.
        ConfigError: If the spec, or what its factory returns, is no encoder, or an option is
            unknown or missing.
        MissingExtraError: If packages are missing; the message is the command that mends it.
    """
    if isinstance(spec, Encoder) and not isinstance(spec, type):
        return spec
    if not isinstance(spec, str | Path):
        raise ConfigError(
            f"{spec!r:.100} is no encoder: it needs `dim`, `settings`, `fingerprint`, "
            "`encode_queries` and `encode_documents`. Give one that has them, a name, or a folder."
        )
    name, options = split_options(str(spec))
    if name not in ENCODERS and is_model(name):
        options = {"model": name, **options}
        name = "sentence_transformer"
    factory = ENCODERS.get(name)
    check_options(factory, name, options, [])
    with _LOCK:
        key = (factory, str(spec))
        made = _MADE.pop(key, None) or _made(factory, name, options)
        _MADE[key] = made  # the last in order is the one lately used
        while len(_MADE) > _MOST_SHARED:
            del _MADE[next(iter(_MADE))]
        return made


def _made(factory: Factory[Encoder], name: str, options: Mapping[str, Any]) -> Encoder:
    made = factory(**options)
    if not isinstance(made, Encoder):
        raise ConfigError(
            f"The factory {name!r} returned a {type(made).__name__}, which is no encoder: it needs "
            "`dim`, `settings`, `fingerprint`, `encode_queries` and `encode_documents`."
        )
    return made
