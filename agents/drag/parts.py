"""The parts of a D-RAG together: what retrieves, and what reads; made, saved and loaded as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ...envs.subgraph.case import Case
from ...errors import ConfigError, DataError
from ...retrieval.foreign import check_foreign
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
    SHAPE,
    Shape,
    load_weights,
    read_shape,
    save_shape,
    save_weights,
)
from .scorer import Scored
from .segments import steady
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
    bfloat16: bool = False
    """Whether the retriever multiplies in bfloat16; its weights and logits are float32 anyway."""

    def forward(self, batch: GraphBatch, noise: torch.Generator | None = None) -> Scored:
        """Return a batch's facts as the retriever scores them."""
        kind = torch.device(self.device).type
        with torch.autocast(kind, torch.bfloat16, enabled=self.bfloat16):
            scored: Scored = self.retriever(batch, noise)
        return scored

    def batch(self, cases: Sequence[Case]) -> GraphBatch:
        """Return questions as the retriever takes them."""
        names = self.retriever.settings.reads_names
        relations = RelationTable(self.tokens)
        return GraphBatch.of(cases, self.tokens, relations, names=names).to(self.device)

    def score(self, cases: Sequence[Case]) -> Scored:
        """Return the facts' logits, without gradients."""
        self.retriever.eval()
        with torch.no_grad():
            return self.forward(self.batch(cases))

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
    order = torch.argsort(steady(scored.logits[places]), descending=True, stable=True)
    places = places[order]
    starts = batch.facts_per_question.cumsum(0) - batch.facts_per_question
    owners = batch.owners[places]
    facts: list[list[int]] = [[] for _ in range(batch.num_questions)]
    for owner, fact in zip(owners.tolist(), (places - starts[owners]).tolist(), strict=True):
        facts[owner].append(fact)
    return facts


def device_of(name: str) -> str:
    """Return a device's name, `auto` as the best there is.

    Raises:
        ConfigError: If there is no such device here.
    """
    there = torch.cuda.is_available()
    if name == "auto":
        return "cuda" if there else "cpu"
    try:
        kind = torch.device(name).type
    except RuntimeError:
        kind = ""
    if kind not in ("cpu", "cuda") or (kind == "cuda" and not there):
        allowed = "cpu, cuda or auto" if there else "cpu or auto: there is no GPU"
        raise ConfigError(f"device is {name!r}; here it may be {allowed}.")
    return name


def new_parts(settings: DragSettings, folder: str | Path | None = None) -> Parts:
    """Return an untrained retriever, or one as a checkpoint left it."""
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
    retriever = Retriever(shape, seed=settings.seed)
    if folder is not None:
        load_weights(retriever, Path(folder) / RETRIEVER)
    told = Shape(
        retriever=asdict(shape),
        encoder=settings.encoder,
        max_facts=settings.max_facts,
        k_facts=settings.k_facts,
        threshold=settings.threshold,
    )
    return Parts(told, retriever.to(device), tokens, device, bfloat16=_in_bfloat16(settings))


def load_parts(
    folder: str | Path,
    device: str = "auto",
    *,
    generator: bool = True,
    states: str | Path | None = None,
    encoder: str | None = None,
) -> Parts:
    """Load what `hopgym train drag` wrote.

    Args:
        folder: Where.
        device: Where it is computed.
        generator: Whether the generator is loaded too, where there is one.
        states: A run's folder, in which token states are kept; None keeps them in memory.
        encoder: Its encoder, where that is code of the caller's own: no folder says what runs.

    Raises:
        ConfigError: If the folder holds no D-RAG, or its encoder is another one here.
        DataError: If it is damaged, or names code.
    """
    folder, device = Path(folder), device_of(device)
    shape = read_shape(folder)
    if shape.encoder != encoder:
        check_foreign(shape.encoder, folder / SHAPE)
    tokens = _tokens(shape.encoder, states)
    retriever = Retriever(_retriever_settings(shape, folder))
    if tokens.dim != retriever.settings.encoder_dim:
        raise ConfigError(
            f"The retriever of {folder} reads vectors of {retriever.settings.encoder_dim} numbers, "
            f"and the encoder {shape.encoder!r} gives {tokens.dim} here: it is another than the one "
            "it was trained with."
        )
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
        ConfigError: If the folder of phase 1 holds no D-RAG, or one that the settings do not fit.
    """
    begun = folder or settings.phase1_checkpoint
    check_fits(settings, begun)
    parts = load_parts(
        begun,
        settings.device,
        generator=False,
        states=settings.checkpoint_dir,
        encoder=settings.encoder,
    )
    parts.bfloat16 = _in_bfloat16(settings)
    lora = Lora(
        lora_r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_target_modules=settings.lora_target_modules,
    )
    parts.generator = Generator.load(
        settings.generator if folder is None else Path(folder) / GENERATOR,
        lora=lora,
        dtype=settings.dtype,
        device=parts.device,
        lora_experts=settings.lora_experts,
        gradient_checkpointing=settings.gradient_checkpointing,
        seed=settings.seed,
        max_new_tokens=settings.max_new_tokens,
        batch_size=max(settings.batch, 8),
    )
    joint = settings.cascade == "none"
    scale = parts.generator.embedding_norm if joint and settings.scale_projector else 0.0
    parts.shape = replace(
        parts.shape,
        max_facts=settings.max_facts,
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


def check_fits(settings: DragSettings, folder: str | Path) -> None:
    """Refuse settings of phase 2 that a trained retriever does not fit, before all is loaded.

    The retriever is what phase 1 made it; a flag of its shape that was left out says nothing of it.

    Raises:
        ConfigError: If a flag says of it what is not so, or it has no structural vectors.
    """
    shape = read_shape(folder)
    held = {**shape.retriever, "encoder": shape.encoder}
    usual = DragSettings()
    for flag, name in _SHARED.items():
        given = getattr(settings, flag)
        if given not in (getattr(usual, flag), held.get(name)):
            raise ConfigError(
                f"{flag} is {given!r}, and the retriever of {folder} was trained with "
                f"{held.get(name)!r}, which stays. Leave {flag} out, or train phase 1 with it."
            )
    if settings.cascade == "none" and held.get("scorer") == "mlp":
        raise ConfigError(
            f"The retriever of {folder} has scorer=mlp, which has no messages, and so no structural "
            "vectors that a generator could read: give --cascade static or dynamic."
        )


_SHARED = {
    "encoder": "encoder", "hidden_dim": "hidden", "num_reasoning_steps": "layers",
    "num_instructions": "instructions", "num_iterations": "iterations",
    "instruction_update": "instruction_update", "scorer": "scorer",
}  # fmt: skip
"""Flags of a retriever's shape, and what its settings call them."""


def projector_of(parts: Parts, generator: Generator, seed: int = 0) -> Projector:
    """Return a projector from the retriever's facts to the generator's words."""
    shape = parts.shape
    made = Projector(
        3 * parts.retriever.settings.hidden,
        generator.width,
        hidden=shape.projector_dim,
        scale=shape.scale,
        seed=seed,
    )
    return made.to(parts.device)


def _in_bfloat16(settings: DragSettings) -> bool:
    return settings.retriever_dtype == "bfloat16"


def _retriever_settings(shape: Shape, folder: Path) -> RetrieverSettings:
    try:
        return RetrieverSettings(**shape.retriever)
    except (TypeError, ConfigError) as error:
        raise DataError(
            f"{folder / SHAPE} does not say what the retriever is made of ({error})."
        ) from error


def _tokens(encoder: str, folder: str | Path | None) -> TokenStates:
    kept = None if folder is None or encoder.startswith("hashing") else Path(folder) / "tokens"
    return TokenStates(make_token_encoder(encoder), kept)
