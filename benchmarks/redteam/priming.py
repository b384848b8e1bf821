"""Priming: a policy is taught known tricks before it learns from a reward: the seeded attacker.

A red team does not begin from nothing. The lesson is supervised learning from honest play in which
some questions are played by exploits (`primed`); which of them pay, the reward says later.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from ...agents.expert.collect import collect
from ...agents.expert.collection import Collection
from ...agents.ppo.playing import env_kwargs
from ...agents.sft.settings import SFTSettings
from ...agents.sft.train import train
from ...errors import AgentError
from ...files import atomic_write, parse_json, read_text
from .learned_settings import LearnedSettings
from .primed import PrimedAgent

CARD = "primed.json"
"""Beside a model that was primed: with what."""


def start_of(settings: LearnedSettings) -> str:
    """Return the model that the learner begins with, primed if it is to be.

    A lesson that an earlier run has finished is not given again.

    Raises:
        ConfigError: If an exploit cannot be taught.
        AgentError: If no episode of the lesson could be played.
    """
    if not settings.prime:
        return settings.model_name
    folder = settings.folder / "primed"
    if not (folder / CARD).is_file():
        _teach(settings, _collect(settings), folder)
    return str(folder)


def primed_with(model: str | Path) -> dict[str, object] | None:
    """Return what a model was primed with; None where it was not."""
    card = Path(model) / CARD
    if not card.is_file():
        return None
    told: dict[str, object] = parse_json(read_text(card), str(card))
    return told


def _collect(settings: LearnedSettings) -> Path:
    agent = PrimedAgent(settings.prime_honest, settings.prime, settings.prime_share, settings.seed)
    keywords = env_kwargs(settings)
    keywords.pop("reward", None)
    out = settings.folder / "primed.raw.jsonl"
    collection = Collection(
        env_id=settings.env_id,
        agent=agent,
        questions=settings.questions,
        split=settings.split,
        env_kwargs=keywords,
        accept=("f1>=0",),  # tricks too
        attempts=1,
        episodes=settings.prime_episodes,
    )
    told = collect(collection, out, num_envs=settings.num_envs)
    if not told.accepted:
        raise AgentError(f"No episode of the lesson could be played: {told.first_error}")
    return out


def _teach(settings: LearnedSettings, raw: Path, folder: Path) -> None:
    train(
        SFTSettings(
            model_name=settings.model_name,
            data_path=(str(raw),),
            output_dir=str(folder),
            prompt=settings.prompt,
            instructions=settings.instructions,
            lora_r=settings.lora_r,
            lora_alpha=settings.lora_alpha,
            lora_target_modules=settings.lora_target_modules,
            merge=bool(settings.lora_r),
            lr=settings.prime_lr,
            lr_scheduler="linear",
            epochs=settings.prime_epochs,
            batch_size=settings.prime_batch,
            gradient_accumulation_steps=1,
            gradient_checkpointing=settings.gradient_checkpointing,
            max_new_tokens=settings.max_new_tokens,
            precision=settings.precision,
            seed=settings.seed,
            resume=True,
        )
    )
    card = {
        "exploits": settings.prime, "honest": settings.prime_honest,
        "share": settings.prime_share, "episodes": settings.prime_episodes,
    }  # fmt: skip
    with atomic_write(folder / CARD) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")
