"""How a trained model is played: as it was asked while it learnt, and greedily."""

from __future__ import annotations

from typing import Any, Protocol


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
