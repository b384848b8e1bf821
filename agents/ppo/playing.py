"""How a run's model plays: while it learns, and when it has been trained."""

from __future__ import annotations

from typing import Any, Protocol

from ...envs.keywords import read_keywords
from ..llm.sampling import Sampling
from ..llm.transformers_generator import TransformersGenerator
from .policy import Policy
from .settings import PPOSettings


class AskSettings(Protocol):
    """What says how a model is asked: the settings of any learner that has these."""

    @property
    def prompt(self) -> str:
        """The prompt's style."""

    @property
    def instructions(self) -> bool | None:
        """Whether the rules are shown."""

    @property
    def max_new_tokens(self) -> int:
        """Tokens of a turn at most."""

    @property
    def context(self) -> int:
        """Tokens that the model reads; 0 for what it says."""


def env_kwargs(settings: PPOSettings) -> dict[str, Any]:
    """Return the environment's keywords, its questions excepted.

    Raises:
        ConfigError: If one is given that has a flag of its own.
    """
    taken = {"questions": "use --questions", "split": "use --split", "reward": "use --reward"}
    kwargs = read_keywords(settings.env_set, taken)
    return {**kwargs, "reward": settings.reward} if settings.reward else kwargs


def make_generator(settings: PPOSettings, policy: Policy) -> TransformersGenerator:
    """Return what writes the episodes that are learnt from."""
    sampling = Sampling(temperature=settings.temperature, max_new_tokens=settings.max_new_tokens)
    return TransformersGenerator(
        policy.actor.model, policy.tokenizer, sampling, context=settings.context or None
    )


def play_options(settings: AskSettings) -> dict[str, Any]:
    """Return the options of the agent that the trained model is: as it learnt, and greedily."""
    options: dict[str, Any] = {
        "prompt": settings.prompt,
        "temperature": 0.0,
        "max_new_tokens": settings.max_new_tokens,
    }
    if settings.context:
        options["context"] = settings.context
    if settings.instructions is not None:
        options["instructions"] = settings.instructions
    return options
