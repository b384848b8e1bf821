"""What the files of a sentence-transformers model say of it, read without loading the model.

The formats of version 6 and of those before it. Where the files do not say what is needed, an
error asks for it: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from ...files import parse_json, read_text
from .models import read_settings

POOLINGS = ("mean", "cls", "max", "lasttoken", "mean_sqrt_len_tokens", "weightedmean")
"""How the vectors of a text's tokens become one."""

_E5 = re.compile(r"(^|[^a-z0-9])e5([^a-z0-9]|$)")


def prefixes(folder: Path, name: str, query: str | None, document: str | None) -> tuple[str, str]:
    """Return what goes before queries and documents: what is given, else what the model says.

    Raises:
        ConfigError: If the model is known to need words and has none.
    """
    prompts = read_settings(folder / "config_sentence_transformers.json").get("prompts") or {}
    own_query = prompts.get("query") or ""
    own_document = next(
        (prompts[key] for key in ("document", "passage", "corpus") if prompts.get(key)), ""
    )
    told = query is not None and document is not None
    if not told and not (own_query or own_document) and _is_e5(folder, name):
        raise ConfigError(
            f"{name!r} is an E5 model, which needs words before each text, and its settings name "
            'none. Give query_prefix="query: " and document_prefix="passage: " (the encoder "e5" '
            'does), or "" for both to leave them out.'
        )
    return (
        own_query if query is None else query,
        own_document if document is None else document,
    )


def _is_e5(folder: Path, name: str) -> bool:
    """Tell by its names; a folder of another name keeps them in its settings or its card."""
    names = [name, folder.name, str(read_settings(folder / "config.json").get("_name_or_path"))]
    card = folder / "README.md"
    if card.is_file():
        names += re.findall(r"base_model:\s*-?\s*(\S+)", read_text(card)[:20_000])
    return any(_E5.search(name.lower().rpartition("/")[2]) for name in names)


def _modules(folder: Path) -> list[tuple[str, Path]]:
    """Return the parts of a model in order: the last word of a part's class, and its folder."""
    file = folder / "modules.json"
    parts = parse_json(read_text(file), str(file)) if file.is_file() else []
    return [(part["type"].rpartition(".")[2], folder / part["path"]) for part in parts]


def pooling_mode(folder: Path, chosen: str | None) -> str:
    """Return how token vectors become one: as chosen, else as the model says.

    Raises:
        ConfigError: If there is no such way, or nobody says which.
    """
    if chosen is not None and chosen not in POOLINGS:
        raise ConfigError(f"pooling is {chosen!r}; it is one of: {', '.join(POOLINGS)}.")
    if chosen is not None:
        return chosen
    for kind, place in _modules(folder):
        if kind == "Pooling":
            return _stated_pooling(read_settings(place / "config.json"))
    if _modules(folder):
        return "own"  # a model with a module of its own for it
    raise ConfigError(
        f"{folder}: does not say how its token vectors become one (it has no modules.json with a "
        f'pooling). Give it: pooling="mean", or another of: {", ".join(POOLINGS)}.'
    )


def _stated_pooling(settings: Mapping[str, Any]) -> str:
    """Read the setting of sentence-transformers from version 6, or the flags of older ones."""
    mode = settings.get("pooling_mode")
    if mode is not None:
        return mode if isinstance(mode, str) else "+".join(mode)
    flags = {
        "pooling_mode_cls_token": "cls",
        "pooling_mode_max_tokens": "max",
        "pooling_mode_mean_tokens": "mean",
        "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
        "pooling_mode_weightedmean_tokens": "weightedmean",
        "pooling_mode_lasttoken": "lasttoken",
    }
    return "+".join(name for flag, name in flags.items() if settings.get(flag)) or "mean"


def normalize_flag(folder: Path, chosen: bool | None) -> bool:
    """Tell whether vectors are brought to length 1: as chosen, else as the model says.

    Models do it by themselves, or are compared by cosine, which is the library's default.
    """
    by_itself = any(kind == "Normalize" for kind, _ in _modules(folder))
    if by_itself and chosen is False:
        raise ConfigError(f"{folder}: normalises by itself; leave normalize=False out.")
    settings = read_settings(folder / "config_sentence_transformers.json")
    cosine = (settings.get("similarity_fn_name") or "cosine") == "cosine"
    return by_itself or (cosine if chosen is None else bool(chosen))


def stated_dim(folder: Path, poolings: int) -> int | None:
    """Read the dimension without loading the model, where its settings name it."""
    dim = None
    for kind, place in _modules(folder):
        settings = read_settings(place / "config.json")
        if kind == "Pooling":
            tokens = settings.get("embedding_dimension", settings.get("word_embedding_dimension"))
            dim = tokens * poolings if isinstance(tokens, int) else None
        elif kind == "Dense":
            dim = settings.get("out_features")
    return dim if isinstance(dim, int) else None
