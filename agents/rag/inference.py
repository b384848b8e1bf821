"""Asking a trained RAG a question about a text, in two calls.

A folder that `hopgym train rag` wrote is loaded as it is. So is a `best_rag_model.pth` as the first
public description of this system saves one: the weights of a question encoder, a context encoder
and a generator, which say nothing of their shapes, so that the models they were trained from are
named beside it. Nothing but tensors is unpickled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ...core import Document
from ...errors import ConfigError, DataError
from .making import make_generator, make_towers
from .model import RagModel
from .saving import load_rag
from .settings import RagSettings, Variant

_PARTS = ("retriever.question_encoder.", "retriever.context_encoder.", "generator.")
"""What the names of weights begin with in a file of the first public description."""

_UNTRAINED = "position_ids"
"""A count from 0, which older versions of transformers saved with the weights."""

Context = str | Document | Sequence[str | Document]


def load_rag_model(
    path: str | Path,
    device: str | torch.device = "cpu",
    *,
    question_encoder: str = RagSettings.question_encoder,
    context_encoder: str = RagSettings.context_encoder,
    generator: str = RagSettings.generator_model,
    variant: Variant = "token",
) -> tuple[RagModel, Any]:
    """Load a trained RAG.

    Args:
        path: The folder that `hopgym train rag` wrote, or an old file of weights.
        device: Where it is computed.
        question_encoder: For a file: the folder or hub name of the model it was trained from.
        context_encoder: The same of the context encoder.
        generator: The same of the generator.
        variant: For a file: how answers are summed over passages.

    Returns:
        The model, and the generator's tokenizer.

    Raises:
        ConfigError: If there is no such folder or file, or it is no RAG.
        DataError: If it is damaged, or its weights are those of other models.
    """
    path, place = Path(path), str(device)
    if path.is_dir():
        model = load_rag(path, place)
    elif path.is_file():
        towers = make_towers(question_encoder, context_encoder, kind="dpr", device=place)
        reader = make_generator(generator, device=place)
        model = RagModel(towers, reader, variant=variant).eval()
        _fill(model, _weights(path), path)
    else:
        raise ConfigError(
            f"{str(path)!r} is neither a folder nor a file. Give the folder that `hopgym train "
            "rag` wrote, or an old best_rag_model.pth."
        )
    return model, model.generator.tokenizer


def generate_answer(
    model: RagModel,
    tokenizer: Any,
    question: str,
    context: Context,
    device: str | torch.device | None = None,
    *,
    beams: int = 4,
) -> str:
    """Return the answer to a question from a text, or from several.

    Args:
        model: What `load_rag_model` returned.
        tokenizer: The tokenizer it returned, which writes the answer.
        question: The question.
        context: A text or a document, or several, of which the model weighs each.
        device: Where it is computed; None for where the model is.
        beams: How many beginnings of an answer are followed; 1 is greedy.

    Raises:
        ConfigError: If the tokenizer is not the model's.
    """
    if len(tokenizer) != len(model.generator.tokenizer):
        raise ConfigError(
            f"The tokenizer has {len(tokenizer)} tokens and the model's own "
            f"{len(model.generator.tokenizer)}. Give the one that load_rag_model returned."
        )
    if device is not None:
        model = model.to(device)
    given = [context] if isinstance(context, str | Document) else list(context)
    documents = [Document("", "", each) if isinstance(each, str) else each for each in given]
    return model.answer([question], [documents], beams=beams)[0].text


def _weights(path: Path) -> Mapping[str, torch.Tensor]:
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of zip files, pickles and whatever a file may be instead
        why = " ".join(str(error).split())[:200]
        raise DataError(
            f"{path} is no file of weights alone ({why}). Save `model.state_dict()` by torch.save, "
            "and nothing else."
        ) from error
    fine = isinstance(held, Mapping) and all(
        isinstance(value, torch.Tensor) for value in held.values()
    )
    if not fine or not all(any(name.startswith(part) for name in held) for part in _PARTS):
        raise DataError(
            f"{path} holds no weights of a RAG: their names begin with {', '.join(_PARTS)}."
        )
    weights: Mapping[str, torch.Tensor] = held
    return weights


def _fill(model: RagModel, weights: Mapping[str, torch.Tensor], path: Path) -> None:
    """Put each part's weights in their place."""
    towers: Any = model.towers
    modules = (towers.question.model, towers.context.model, model.generator.model)
    for prefix, module in zip(_PARTS, modules, strict=True):
        own = {
            name.removeprefix(prefix): value
            for name, value in weights.items()
            if name.startswith(prefix) and not name.endswith(_UNTRAINED)
        }
        try:
            module.load_state_dict(own)
        except RuntimeError as error:
            raise DataError(
                f"{path}: the weights of {prefix}* are not those of a {type(module).__name__} of "
                f"this shape ({' '.join(str(error).split())[:300]}). Name the models it was "
                "trained from: question_encoder=, context_encoder=, generator=."
            ) from error
