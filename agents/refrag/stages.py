"""What each stage of a training is told: the settings of the learners that `refrag` is made of.

Both play one game: the environment's first retrieval is the question's own, and the agent writes the
queries after it. Knows settings, and runs nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...envs.datasets import make_questions
from ...envs.keywords import read_keyword, read_keywords
from ..expert.collection import Collection
from ..grpo.settings import GRPOSettings
from ..ppo.settings import PPOSettings
from ..sft.settings import SFTSettings
from .settings import RefragSettings

RAG = "hopgym/RAG-v0"

_TAKEN = {name: f"use --{name}" for name in ("questions", "split", "reward", "hops", "top_k")}


def env_set(settings: RefragSettings) -> tuple[str, ...]:
    """Return the environment's keywords as flags.

    Where it is not RAG, but SearchRead, say, every search is the agent's, and one turn is left for
    the answer. What is given by `env_set` takes the place of what would be set here.

    Raises:
        ConfigError: If a keyword has a flag of its own, or comes twice.
    """
    given = read_keywords(settings.env_set, _TAKEN, flag="--env_set")
    own: dict[str, Any] = {"max_steps": settings.hops + 1}
    if settings.env_id == RAG:
        own = {"hops": settings.hops, "max_steps": settings.hops, "generator": "agent"}
    own["top_k"] = settings.top_k
    usual = (f"{name}={value}" for name, value in own.items() if name not in given)
    return (*usual, *settings.env_set)


def collection(settings: RefragSettings) -> Collection:
    """Return what the teacher plays."""
    kwargs = dict(read_keyword(text) for text in env_set(settings))
    if settings.reward:
        kwargs["reward"] = settings.reward
    return Collection(
        env_id=settings.env_id,
        agent=settings.teacher,
        questions=make_questions(settings.questions),
        split=settings.split,
        env_kwargs=kwargs,
        accept=settings.accept,
        attempts=1,
        episodes=settings.episodes,
        leave_out=True,
    )


def supervised(settings: RefragSettings, start: str, raw: Path, folder: Path) -> SFTSettings:
    """Return the settings of the supervised stage.

    Args:
        settings: The run's.
        start: The model to teach.
        raw: The teacher's episodes.
        folder: Where the taught model goes.
    """
    return SFTSettings(
        model_name=start,
        data_path=(str(raw),),
        output_dir=str(folder),
        prompt=settings.prompt,
        max_length=settings.max_length,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        gradient_accumulation_steps=1,
        lr=settings.sft_lr,
        lr_scheduler="linear",
        lora_r=settings.lora_r,
        lora_alpha=2 * settings.lora_r or 1,
        lora_target_modules=settings.lora_target_modules,
        gradient_checkpointing=settings.gradient_checkpointing,
        precision=settings.precision,
        seed=settings.seed,
        max_new_tokens=settings.max_new_tokens,
        resume=settings.resume,
    )


def grpo(settings: RefragSettings, start: str, folder: Path) -> GRPOSettings:
    """Return the settings of the stage of reinforcement learning by GRPO."""
    part = settings.batch_questions * settings.num_samples // settings.minibatches
    at_once = min(part, settings.device_batch_size)
    steps = settings.minibatches
    return GRPOSettings(
        **_shared(settings, start, folder),
        data_path=settings.questions,
        max_steps=settings.updates * steps,
        batch_size=at_once,
        gradient_accumulation_steps=part // at_once,
        steps_per_generation=steps * (part // at_once),
        num_generations=settings.num_samples,
        lr=settings.rl_lr,
        beta=settings.kl_coef,
        lora_dropout=0.0,
        curriculum_steps=0,
        eval_every=settings.eval_every * steps,
        save_every=settings.save_every * steps,
    )


def ppo(settings: RefragSettings, start: str, folder: Path) -> PPOSettings:
    """Return the settings of the stage of reinforcement learning by PPO."""
    return PPOSettings(
        **_shared(settings, start, folder),
        questions=settings.questions,
        updates=settings.updates,
        batch_questions=settings.batch_questions,
        num_samples=settings.num_samples,
        minibatches=settings.minibatches,
        epochs=1,
        lr=settings.rl_lr,
        value_lr=10 * settings.rl_lr,
        warmup=2,
        kl_coef=settings.kl_coef,
        batch_tokens=settings.batch_tokens,
        eval_every=settings.eval_every,
        save_every=settings.save_every,
    )


def _shared(settings: RefragSettings, start: str, folder: Path) -> dict[str, Any]:
    """Return what both learners call alike."""
    same = (
        "resume", "split", "reward", "temperature", "max_new_tokens", "context", "num_envs", "prompt",
        "control", "lora_r", "lora_target_modules", "gradient_checkpointing", "precision", "seed",
        "eval_questions", "eval_split", "eval_episodes", "eval_metric", "env_id",
        "contamination",
    )  # fmt: skip
    return {
        "model_name": start,
        "output_dir": str(folder),
        "env_set": env_set(settings),
        "lr_scheduler": "constant",
        "lora_alpha": 2 * settings.lora_r or 1,
        **{name: getattr(settings, name) for name in same},
    }
