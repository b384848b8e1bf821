"""A query and a document in, one number out.

A reranker is made by name, from a user's own factory, or from a model's folder or hub name:

    make_reranker("lexical")
    make_reranker("cross-encoder/ms-marco-MiniLM-L6-v2")
    make_reranker("my_module:MyReranker")

To add one: a file with a class that has what `Reranker` asks for, one line below, and a test of
the same name.
"""

from __future__ import annotations

from pathlib import Path

from ...errors import ConfigError
from ...registry import Registry
from ..encoders.models import is_model
from ..options import check_options, split_options
from .base import Pair, Reranker
from .lexical import LexicalReranker

__all__ = ["RERANKERS", "LexicalReranker", "Pair", "Reranker", "make_reranker", "register"]

RERANKERS: Registry[Reranker] = Registry("reranker", "hopgym retrievers")
"""Name to factory; a factory takes keywords."""

register = RERANKERS.register

_HERE = "hopgym.retrieval.rerankers"

register(
    "bi_encoder",
    "An encoder's vectors, compared: bi_encoder?encoder=minilm.",
    f"{_HERE}.bi_encoder:BiEncoderReranker",
)
register(
    "cross_encoder",
    "A cross-encoder of sentence-transformers.",
    f"{_HERE}.cross_encoder:CrossEncoderReranker",
)
register("lexical", "Shared words: no model.", f"{_HERE}.lexical:LexicalReranker")


def make_reranker(spec: str | Path | Reranker) -> Reranker:
    """Return the reranker that a user asked for.

    Args:
        spec: A registered name, `module:attribute` or `file.py:attribute` of a factory, the folder
            of a cross-encoder or its name at the hub (with a slash), each with options if any, or
            a reranker, which is returned as it is.

    Raises:
        UnknownNameError: If no reranker has this name.
        ConfigError: If the spec, or what its factory returns, is no reranker, or an option is
            unknown or missing.
    """
    if isinstance(spec, Reranker) and not isinstance(spec, type):
        return spec
    if not isinstance(spec, str | Path):
        raise ConfigError(
            f"{spec!r:.100} is no reranker: it needs `fingerprint` and `score(pairs)`. "
            'Give one that has both, or a name such as "lexical".'
        )
    name, options = split_options(str(spec))
    if name not in RERANKERS and is_model(name):
        name, options = "cross_encoder", {"model": name, **options}
    factory = RERANKERS.get(name)
    check_options(factory, name, options, [])
    made = factory(**options)
    if not isinstance(made, Reranker):
        raise ConfigError(
            f"The factory {name!r} returned a {type(made).__name__}, which is no reranker: "
            "it needs `fingerprint` and `score(pairs)`."
        )
    return made
