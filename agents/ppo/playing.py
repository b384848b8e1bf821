"""How a run's model plays: while it learns, and when it has been trained."""

from __future__ import annotations

from typing import Any

from ...envs.keywords import read_keywords
from ..llm.sampling import Sampling
from ..llm.transformers_generator import TransformersGenerator
from .policy import Policy
from .settings import PPOSettings


def env_kwargs(settings: PPOSettings) -> dict[str, Any]:
    """Return the environment's keywords, its questions excepted.

    Raises:
        ConfigError: If one is given that has a flag of its own.
    """
    taken = {"questions": "use --questions", "split": "use --split", "reward": "use --reward"}
    kwargs = read_keywords(settings.env_set, taken, flag="--env_set")
    return {**kwargs, "reward": settings.reward} if settings.reward else kwargs


def make_generator(settings: PPOSettings, policy: Policy) -> TransformersGenerator:
    """Return what writes the episodes that are learnt from."""
    sampling = Sampling(temperature=settings.temperature, max_new_tokens=settings.max_new_tokens)
    return TransformersGenerator(
        policy.actor.model, policy.tokenizer, sampling, context=settings.context or None
    )
