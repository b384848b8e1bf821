"""Several processes that train one model: what the first has, all have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from ...errors import HopgymError, require

T = TypeVar("T")


def broadcast(trainer: Any, value: Any) -> Any:
    """Return what the first of all processes has, where several train together."""
    told = [value]
    if trainer.args.world_size > 1:
        require("accelerate.utils", "llm").broadcast_object_list(told)
    return told[0]


def first(trainer: Any, make: Callable[[], T]) -> T:
    """Return what the first of all processes makes, in all of them.

    Raises:
        HopgymError: If it fails, in all of them: else the others would wait for it.
    """
    made: Any = None
    if trainer.is_world_process_zero():
        try:
            made = make()
        except HopgymError as error:
            made = error
    made = broadcast(trainer, made)
    if isinstance(made, HopgymError):
        raise made
    return cast("T", made)
