"""Settings that are one of several words."""

from __future__ import annotations

from typing import Any, Literal

from ...errors import ConfigError

Precision = Literal["auto", "float32", "bfloat16", "float16"]
"""The numbers that a model computes with."""

Contamination = Literal["refuse", "report", "off"]
"""What is done about held-out questions that are also trained on (`hopgym.agents.contamination`)."""

CONTAMINATION = (
    "Held-out questions that are trained on too: refuse, report, or off (not looked for)."
)
"""What the flag of every learner says."""


def check_choice(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    """Refuse a word that is not among those allowed.

    Raises:
        ConfigError: If it is not.
    """
    if value not in allowed:
        raise ConfigError(f"{name} is {value!r}; it may be {', '.join(map(str, allowed))}.")
