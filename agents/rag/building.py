"""The model that is trained: made of its parts, or taken up from a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .data import Data
from .making import TINY, make_generator, make_towers
from .model import RagModel
from .saving import load_rag
from .settings import RagSettings
from .vocabulary import train_vocabulary


def new_model(settings: RagSettings, data: Data, device: str) -> RagModel:
    """Return a model that is to be trained.

    Raises:
        ConfigError: If there is no such encoder or generator.
    """
    words: Any = None
    if TINY in (settings.question_encoder, settings.generator_model):
        words = train_vocabulary(_texts(data), settings.vocabulary)
    context = settings.context_model
    towers = make_towers(
        settings.question_encoder,
        None if context == settings.question_encoder else context,
        kind=settings.encoder,
        vocabulary=words,
        max_question_tokens=settings.max_question_tokens or None,
        max_passage_tokens=settings.max_passage_tokens or None,
        temperature=settings.temperature or None,
        train_context=settings.trains_passages,
        seed=settings.seed,
        device=device,
    )
    generator = make_generator(
        settings.generator_model,
        vocabulary=words,
        max_input_tokens=settings.max_input_tokens,
        max_answer_tokens=settings.max_answer_tokens,
        seed=settings.seed,
        device=device,
    )
    return _to_train(
        RagModel(towers, generator, variant=settings.variant, n_docs=settings.n_docs), settings
    )


def old_model(settings: RagSettings, folder: Path, device: str) -> RagModel:
    """Return the model of a checkpoint, to be trained further."""
    return _to_train(load_rag(folder, device), settings)


def _to_train(model: RagModel, settings: RagSettings) -> RagModel:
    model.ret_loss_weight = settings.retrieval_weight
    if settings.freeze_retriever:
        model.towers.requires_grad_(False)
    if settings.gradient_checkpointing:
        model.generator.model.gradient_checkpointing_enable()
    return model


def _texts(data: Data) -> Iterator[str]:
    """Yield what a vocabulary is learnt from; nothing of what is held out but the corpus."""
    for document in data.documents:
        yield f"{document.title} {document.text}"
    for question in data.trained:
        yield question.text
        yield question.answers[0]
