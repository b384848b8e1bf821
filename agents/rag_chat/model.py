"""The model that a run begins with: a folder's, or a fresh one, with boundaries as tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ...envs.conversations.tokens import add_boundary_tokens, control_ids
from ...errors import ConfigError
from ..llm.loading import check_model, load_model, load_tokenizer
from ..refrag.backbone import BackboneConfig, build_backbone
from ..tiny.tokenizer import train_tokenizer
from ..training.policy import Policy, precision_here
from .settings import RagChatSettings


def start(settings: RagChatSettings, texts: Callable[[], Iterable[str]]) -> Policy:
    """Return the model and tokenizer that a run begins with.

    With a block pattern the weights are fresh; the tokenizer is the source's, or is learnt from
    the texts where no source is given.

    Args:
        settings: Which.
        texts: What a tokenizer would be learnt from.

    Raises:
        ConfigError: If there is no such model.
    """
    folder = check_model(named(settings)) if settings.source else None
    if settings.block_pattern:
        tokenizer = load_tokenizer(folder) if folder else learnt(texts(), settings.vocabulary)
        add_boundary_tokens(tokenizer)
        shape = BackboneConfig(width=settings.width, feed_forward=2 * settings.width)
        model = build_backbone(settings.block_pattern, tokenizer, shape, seed=settings.seed)
    else:
        assert folder is not None  # the settings have seen to it
        model, tokenizer = load_model(folder, dtype="float32", device="cpu")
        add_boundary_tokens(tokenizer, model)
    _end_with_turns(model, tokenizer)
    if getattr(model.config, "num_local_experts", None) == 0:
        model.config.router_aux_loss_coef = 0.0  # else the trainer asks for routers it has not
    return Policy(model, tokenizer, None, precision_here(settings.precision))


def named(settings: RagChatSettings) -> str:
    """Return which model is meant: a folder's by its tag, if it has one.

    Raises:
        ConfigError: If the folder holds no such model.
    """
    if not settings.model_tag:
        return settings.source
    folder = Path(settings.source) / settings.model_tag
    if not folder.is_dir():
        inside = sorted(each.name for each in Path(settings.source).glob("*") if each.is_dir())
        raise ConfigError(
            f"{settings.source} has no model {settings.model_tag!r}; it has: "
            f"{', '.join(inside) or 'none'}. Leave --model_tag out where --source is the model."
        )
    return str(folder)


def learnt(texts: Iterable[str], vocabulary: int) -> Any:
    """Return a tokenizer that is learnt from texts; it has an end and a padding token."""
    return train_tokenizer(texts, vocabulary)


def _end_with_turns(model: Any, tokenizer: Any) -> None:
    """Let the model say by itself what ends a turn, so that whatever plays it knows."""
    own = control_ids(tokenizer).get("<|assistant_end|>")
    ends = [id for id in (own, tokenizer.eos_token_id) if id is not None]
    model.generation_config.eos_token_id = ends or None
    if tokenizer.pad_token_id is not None:
        model.generation_config.pad_token_id = tokenizer.pad_token_id
