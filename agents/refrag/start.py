"""What a policy begins as: a model of a folder, or a fresh backbone; with boundaries as tokens.

In plain text a boundary such as `[RETRIEVAL_START]` takes a dozen tokens; as one it is read at the
cost of one. They are ordinary tokens, and no control tokens: those are not read from the text of an
episode, and not shown where the model writes them, which a citation `[DOC_2]` must be. Documents
cannot forge them, since the environment makes their brackets safe.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...envs.grammars.boundaries import BOUNDARY_TOKENS
from ...errors import require
from ..llm.loading import base_of, check_model, is_adapter, load_model, load_tokenizer
from ..training.policy import save_policy
from .backbone import build_backbone
from .settings import RefragSettings


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
    """
    token = require("tokenizers", "llm").AddedToken
    known = tokenizer.get_vocab()
    fresh = [text for text in BOUNDARY_TOKENS if text not in known]
    tokenizer.add_tokens([token(text, normalized=False, special=False) for text in fresh])
    if model is not None and fresh:
        _resize(model, len(tokenizer), len(fresh))
    return len(fresh)


def make_start(settings: RefragSettings, folder: Path) -> str:
    """Write the model that is taught first, unless it can be taken as it is.

    Args:
        settings: With `model_name`, `block_pattern` and `boundary_tokens`.
        folder: Where it goes; what is there already is taken.

    Returns:
        The model's folder or name.

    Raises:
        ConfigError: If there is no such model, or the pattern or the sizes will not do.
    """
    if not settings.block_pattern and not settings.adds_boundaries:
        return settings.model_name
    if not (folder / "config.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        save_policy(*_made(settings), folder)
    return str(folder)


def _made(settings: RefragSettings) -> tuple[Any, Any]:
    source = check_model(settings.model_name)
    if not settings.block_pattern:
        model, tokenizer = load_model(source, dtype="float32", device="cpu")
        add_boundaries(tokenizer, model)
        return model, tokenizer
    tokenizer = load_tokenizer(source, base_of(source) if is_adapter(source) else None)
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
