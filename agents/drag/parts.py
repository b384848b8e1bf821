"""The parts of a D-RAG together: what retrieves, and what reads; made, saved and loaded as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ...envs.subgraph.case import Case
from ...errors import ConfigError
from .adapting import Lora
from .encoder import make_token_encoder
from .generator import Generator
from .graphs import GraphBatch
from .projector import Projector
from .retriever import Retriever, RetrieverSettings
from .sampler import select
from .saving import (
    GENERATOR,
    PROJECTOR,
    RETRIEVER,
    Shape,
    load_weights,
    read_shape,
    save_shape,
    save_weights,
)
from .scorer import Scored
from .settings import DragSettings
from .states import RelationTable, TokenStates


@dataclass
class Parts:
    """A D-RAG: a retriever, and after phase 2 a generator that reads what it retrieves."""

    shape: Shape
    retriever: Retriever
    tokens: TokenStates
    device: str
    projector: Projector | None = None
    generator: Generator | None = None

    def batch(self, cases: Sequence[Case]) -> GraphBatch:
        """Return questions as the retriever takes them."""
        names = self.retriever.settings.reads_names
        relations = RelationTable(self.tokens)
        return GraphBatch.of(cases, self.tokens, relations, names=names).to(self.device)

    def score(self, cases: Sequence[Case]) -> Scored:
        """Return the facts' logits, without gradients."""
        self.retriever.eval()
        with torch.no_grad():
            scored: Scored = self.retriever(self.batch(cases))
        return scored

    def retrieve(self, cases: Sequence[Case]) -> list[list[int]]:
        """Return the facts that are taken of each question, the likeliest first."""
        return chosen_facts(self.score(cases), self.shape.k_facts, self.shape.threshold)

    def save(self, folder: Path, made: dict[str, Any]) -> None:
        """Write all of it."""
        folder.mkdir(parents=True, exist_ok=True)
        save_weights(self.retriever, folder / RETRIEVER)
        if self.projector is not None:
            save_weights(self.projector, folder / PROJECTOR)
        if self.generator is not None:
            self.generator.save(folder / GENERATOR)
        save_shape(self.shape, folder, made)


def chosen_facts(scored: Scored, top: int, threshold: float) -> list[list[int]]:
    """Return the facts of each question that are taken, counted within it, the likeliest first."""
    taken = select(scored.logits, scored.batch.owners, top=top, threshold=threshold)
    return in_order(scored, taken)


def in_order(scored: Scored, taken: torch.Tensor) -> list[list[int]]:
    """Return the facts of each question that a mask takes, the likeliest first."""
    batch = scored.batch
    places = taken.nonzero()[:, 0]
    order = torch.argsort(scored.logits.detach()[places], descending=True, stable=True)
    places = places[order]
    starts = batch.facts_per_question.cumsum(0) - batch.facts_per_question
    owners = batch.owners[places]
    facts: list[list[int]] = [[] for _ in range(batch.num_questions)]
    for owner, fact in zip(owners.tolist(), (places - starts[owners]).tolist(), strict=True):
        facts[owner].append(fact)
    return facts


def device_of(name: str) -> str:
    """Return a device's name, `auto` as the best there is."""
    if name != "auto":
        return name
    return "cuda" if torch.cuda.is_available() else "cpu"


def new_parts(settings: DragSettings) -> Parts:
    """Return an untrained retriever."""
    tokens = _tokens(settings.encoder, settings.checkpoint_dir)
    shape = RetrieverSettings(
        encoder_dim=tokens.dim,
        hidden=settings.hidden_dim,
        instructions=settings.num_instructions,
        layers=settings.num_reasoning_steps,
        iterations=settings.num_iterations,
        instruction_update=settings.instruction_update,
        scorer=settings.scorer,
    )
    device = device_of(settings.device)
    retriever = Retriever(shape, seed=settings.seed).to(device)
    told = Shape(
        retriever=asdict(shape),
        encoder=settings.encoder,
        max_facts=settings.max_facts,
        k_facts=settings.k_facts,
        threshold=settings.threshold,
    )
    return Parts(told, retriever, tokens, device)


def load_parts(folder: str | Path, device: str = "auto", *, generator: bool = True) -> Parts:
    """Load what `hopgym train drag` wrote.

    Args:
        folder: Where.
        device: Where it is computed.
        generator: Whether the generator is loaded too, where there is one.

    Raises:
        ConfigError: If the folder holds no D-RAG.
        DataError: If it is damaged.
    """
    folder, device = Path(folder), device_of(device)
    shape = read_shape(folder)
    tokens = _tokens(shape.encoder, None)
    retriever = Retriever(RetrieverSettings(**shape.retriever))
    load_weights(retriever, folder / RETRIEVER)
    parts = Parts(shape, retriever.to(device), tokens, device)
    if generator and (folder / GENERATOR).is_dir():
        made = Generator.load(
            folder / GENERATOR, device=device, max_new_tokens=shape.max_new_tokens
        )
        parts.generator = made
        if shape.vectors:
            parts.projector = projector_of(parts, made)
            load_weights(parts.projector, folder / PROJECTOR)
    return parts


def joint_parts(settings: DragSettings, folder: str | Path | None = None) -> Parts:
    """Return the retriever of phase 1 with a generator to be trained.

    Args:
        settings: Those of phase 2.
        folder: A checkpoint of phase 2 to go on with.

    Raises:
        ConfigError: If the folder of phase 1 holds no D-RAG.
    """
    parts = load_parts(folder or settings.phase1_checkpoint, settings.device, generator=False)
    lora = Lora(
        lora_r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_target_modules=settings.lora_target_modules,
    )
    parts.generator = Generator.load(
        settings.generator_model if folder is None else Path(folder) / GENERATOR,
        lora=lora,
        dtype=settings.dtype,
        device=parts.device,
        gradient_checkpointing=settings.gradient_checkpointing,
        seed=settings.seed,
        max_new_tokens=settings.max_new_tokens,
        batch_size=max(settings.batch, 8),
    )
    joint = settings.cascade == "none"
    scale = parts.generator.embedding_norm if joint and settings.scale_projector else 0.0
    parts.shape = replace(
        parts.shape,
        k_facts=settings.k_facts,
        threshold=settings.threshold,
        vectors=joint,
        projector_dim=settings.projector_dim,
        scale=parts.shape.scale if folder is not None else scale,
        max_new_tokens=settings.max_new_tokens,
    )
    if joint:
        parts.projector = projector_of(parts, parts.generator, settings.seed)
        if folder is not None:
            load_weights(parts.projector, Path(folder) / PROJECTOR)
    return parts


def projector_of(parts: Parts, generator: Generator, seed: int = 0) -> Projector:
    """Return a projector from the retriever's facts to the generator's words.

    Raises:
        ConfigError: If the retriever has no structural vectors.
    """
    if parts.retriever.settings.reads_names:
        raise ConfigError(
            "scorer=mlp has no messages, and so no structural vectors that a generator could read: "
            "give --cascade static or dynamic."
        )
    shape = parts.shape
    made = Projector(
        3 * parts.retriever.settings.hidden,
        generator.width,
        hidden=shape.projector_dim,
        scale=shape.scale,
        seed=seed,
    )
    return made.to(parts.device)


def _tokens(encoder: str, folder: str | None) -> TokenStates:
    kept = None if folder is None or encoder.startswith("hashing") else Path(folder) / "tokens"
    return TokenStates(make_token_encoder(encoder), kept)
