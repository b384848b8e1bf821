"""What a policy begins as: a model of a folder, or a fresh backbone; with boundaries as tokens.

In plain text a boundary such as `[RETRIEVAL_START]` takes a dozen tokens; as one it is read at the
cost of one. They are ordinary tokens, and no control tokens: those are not read from the text of an
episode, and not shown where the model writes them, which a citation `[DOC_2]` must be. Documents
cannot forge them, since the environment makes their brackets safe.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from ...envs.grammars.boundaries import BOUNDARY_TOKENS
from ...errors import ConfigError, require
from ...files import atomic_write, parse_json, read_text
from ..contamination.guard import remember
from ..llm.loading import (
    check_model,
    files_fingerprint,
    folders_of,
    load_model,
    load_tokenizer,
)
from ..training.policy import save_policy
from .backbone import build_backbone, parse_pattern
from .settings import RefragSettings

MADE = "made.json"
"""What a start was made of; written last, so that what a killed run left is not taken."""


def add_boundaries(tokenizer: Any, model: Any = None) -> int:
    """Give a tokenizer the boundaries as single tokens, and a model rows for them.

    New rows are the mean of the old ones, so that at first none is likelier than another, and
    nothing is drawn (Hewitt 2021, "Initializing new word embeddings for pretrained language
    models").

    Args:
        tokenizer: A tokenizer of transformers.
        model: Its model, if it has one already.

    Returns:
        How many tokens are new; those that it had stay as they are.

    Raises:
        ConfigError: If they are its control tokens, which are not read from an episode's text.
    """
    token = require("tokenizers", "llm").AddedToken
    known = tokenizer.get_vocab()
    control = {str(held) for held in tokenizer.added_tokens_decoder.values() if held.special}
    if control.intersection(BOUNDARY_TOKENS):
        raise ConfigError(
            "The model's tokenizer has the boundaries as control tokens, as `hopgym train rag_chat` "
            "adds them: they are not read from an episode's text. Give --no_boundary_tokens, which "
            "spells boundaries out, or a model that was not trained on such conversations."
        )
    fresh = [text for text in BOUNDARY_TOKENS if text not in known]
    tokenizer.add_tokens([token(text, normalized=False, special=False) for text in fresh])
    if model is not None and fresh:
        _resize(model, len(tokenizer), len(fresh))
    return len(fresh)


def make_start(settings: RefragSettings, folder: Path) -> str:
    """Write the model that is taught first, unless it can be taken as it is.

    Args:
        settings: With `model_name`, `block_pattern` and `boundary_tokens`.
        folder: Where it goes; what was made there of the same is taken.

    Returns:
        The model's folder or name.

    Raises:
        ConfigError: If there is no such model, the pattern or the sizes will not do, or a run is to
            be resumed that began with another model.
    """
    if not settings.block_pattern and not settings.adds_boundaries:
        return settings.model_name
    asked, held = _asked(settings), _held(folder / MADE)
    if held is not None and held != asked and settings.resume:
        raise ConfigError(
            f"{folder} was made of another model or with other settings ({held}, not {asked}). Give "
            "the same, or another --output_dir."
        )
    if held != asked:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        save_policy(*_made(settings), folder)
        if not settings.block_pattern:  # its weights would be new
            remember(folder, start=settings.model_name)
        with atomic_write(folder / MADE) as stream:
            stream.write(msgspec.json.encode(asked))
    return str(folder)


def _asked(settings: RefragSettings) -> dict[str, Any]:
    """Return what decides a start, as plain values."""
    files = [files_fingerprint(each) for each in folders_of(check_model(settings.model_name))]
    asked = {"model": files, "boundary_tokens": settings.adds_boundaries}
    if not settings.block_pattern:
        return asked
    fresh = {"block_pattern": list(parse_pattern(settings.block_pattern)), "seed": settings.seed}
    return {**asked, **fresh, **asdict(settings.backbone)}


def _held(file: Path) -> Any:
    return parse_json(read_text(file), str(file)) if file.is_file() else None


def _made(settings: RefragSettings) -> tuple[Any, Any]:
    source = check_model(settings.model_name)
    if not settings.block_pattern:
        model, tokenizer = load_model(source, dtype="float32", device="cpu")
        add_boundaries(tokenizer, model)
        return model, tokenizer
    tokenizer = load_tokenizer(source)
    if settings.adds_boundaries:
        add_boundaries(tokenizer)
    pattern, size = settings.block_pattern, settings.backbone
    return build_backbone(pattern, tokenizer, size, seed=settings.seed), tokenizer


def _resize(model: Any, size: int, fresh: int) -> None:
    torch = require("torch", "llm")
    held = model.get_input_embeddings().weight.shape[0]
    if held < size:
        model.resize_token_embeddings(size, mean_resizing=False)
    ends = (model.get_input_embeddings(), model.get_output_embeddings())
    with torch.no_grad():
        for weight in {id(w): w for w in (end.weight for end in ends if end is not None)}.values():
            weight[size - fresh : size] = weight[: size - fresh].mean(dim=0)
