"""`--type` and `--model` to a retriever's spec: `dense` and `minilm` to `dense?encoder=minilm`."""

from __future__ import annotations

import inspect
import json
from urllib.parse import quote, urlencode

from ...errors import ConfigError
from .. import RETRIEVERS
from ..options import split_options

TYPES = {"simple": "tfidf"}
"""Other names of retrievers: what the dependency-free one is called elsewhere."""

MODELS = {"all-MiniLM-L6-v2": "minilm"}
"""Models that come with a package of their own, by the names that they are known under."""


def spec_for(type: str, model: str | None = None) -> str:
    """Return the retriever's spec for a type and a model.

    Args:
        type: A retriever's name or spec.
        model: The encoder of a dense retriever, or of the dense child of a hybrid one: a name, a
            folder or a hub name (see `make_encoder`).

    Raises:
        UnknownNameError: If there is no such retriever.
        ConfigError: If a model is given and the retriever takes none.

    >>> spec_for("dense", "hashing")
    'dense?encoder=hashing'
    >>> spec_for("simple")
    'tfidf'
    """
    spec = TYPES.get(type, type)
    if model is None:
        return spec
    model = MODELS.get(model, model)
    name, options = split_options(spec)
    takes = inspect.signature(RETRIEVERS.get(name)).parameters
    if "encoder" in takes and "encoder" not in options:
        return _with(spec, encoder=model)
    if "children" in takes and "children" not in options:
        children = {"bm25": "bm25", "dense": _with("dense", encoder=model)}
        return _with(spec, children=json.dumps(children))
    raise ConfigError(
        f"The type {type!r} takes no model (or names one itself). Leave --model out, or take "
        "dense or hybrid."
    )


def _with(spec: str, **options: str) -> str:
    return f"{spec}{'&' if '?' in spec else '?'}{urlencode(options, quote_via=quote)}"
