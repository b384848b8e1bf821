"""The keyword arguments of the environments, as frozen dataclasses with checks.

One class holds what all environments share; an environment adds its own fields in a subclass. A
single and a vector environment take the same keywords.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, TypeVar

import numpy as np

from ..errors import ConfigError
from ..retrieval.base import Retriever
from ..rewards.base import Reward
from .datasets.base import QuestionSet

S = TypeVar("S", bound="Settings")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every environment takes."""

    questions: str | QuestionSet = "world"
    """A registered name (`"world"`, `"world?hops=2-4"`), a file or folder, or a question set."""
    split: str = "train"
    """Which of their splits is played."""
    retriever: str | Retriever = "bm25"
    """A registered name, the folder of a saved index, or a retriever."""
    reward: str | Reward = "r3_paper"
    """A registered name, `module:attribute`, or a function of (question, trajectory)."""
    top_k: int = 3
    """Documents asked for by each query."""
    max_steps: int = 5
    """Turns in an episode."""

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        at_least("top_k", self.top_k, 1)
        at_least("max_steps", self.max_steps, 1)


def at_least(name: str, value: int, least: int) -> None:
    """Refuse a number that is no whole number from `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ConfigError(f"{name} is {value!r}; it must be a whole number from {least}.")


def settings_from(kind: type[S], keywords: Mapping[str, Any], env_id: str) -> S:
    """Build the settings from keywords, refusing those that do not exist.

    Raises:
        ConfigError: If a keyword is unknown; the message names the nearest and lists all.
    """
    known = [field.name for field in fields(kind)]
    unknown = [name for name in keywords if name not in known]
    if unknown:
        close = get_close_matches(unknown[0], known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ConfigError(
            f"{env_id} has no keyword {unknown[0]!r}.{hint} It takes: {', '.join(known)}."
        )
    return kind(**keywords)
