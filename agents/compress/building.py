"""The compressor that a run begins with: its decoder loaded or built, all else new."""

from __future__ import annotations

from typing import Any

from ..drag.adapting import checkpoint
from ..drag.parts import device_of
from ..llm.loading import check_model, load_model, load_tokenizer
from ..refrag.backbone import build_backbone
from .encoder import new_encoder
from .model import Compressor, Shape, embedding_norm
from .settings import CompressSettings


def new_compressor(settings: CompressSettings) -> Compressor:
    """Return an untrained compressor around a decoder.

    Raises:
        ConfigError: If the decoder or the encoder cannot be loaded.
    """
    device = device_of(settings.device)
    decoder, tokenizer = _decoder(settings)
    vocabulary = len(decoder.get_input_embeddings().weight)
    encoder = new_encoder(
        settings.encoder,
        vocabulary,
        settings.k,
        width=settings.encoder_width,
        layers=settings.encoder_layers,
        heads=settings.encoder_heads,
        seed=settings.seed,
    )
    shape = Shape(
        k=settings.k,
        encoder=settings.encoder,
        projector_dim=settings.projector_dim,
        scale=embedding_norm(decoder) if settings.scale_projector else 0.0,
        policy_width=settings.policy_width,
        policy_layers=settings.policy_layers,
        expand=settings.expand,
        max_new_tokens=settings.max_new_tokens,
    )
    made = Compressor(decoder, tokenizer, encoder, shape, seed=settings.seed)
    return prepared(made.to(device), settings)


def prepared(compressor: Compressor, settings: CompressSettings) -> Compressor:
    """Return a compressor set up for training: checkpointing, and the numbers it computes in."""
    if settings.gradient_checkpointing:
        checkpoint(compressor.decoder)
    compressor.halved = settings.dtype == "bfloat16"
    return compressor


def _decoder(settings: CompressSettings) -> tuple[Any, Any]:
    """Return the decoder in float32, and its tokenizer."""
    if settings.block_pattern:
        tokenizer = load_tokenizer(check_model(settings.decoder))
        decoder = build_backbone(settings.block_pattern, tokenizer, seed=settings.seed)
        return decoder, tokenizer
    return load_model(check_model(settings.decoder), dtype="float32", device="cpu")
