"""Actions as they are given, checked and made arrays: what is none is refused before anything moves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError
from .stage import SubgraphStage


def read_action(stage: SubgraphStage, action: Any) -> NDArray[Any]:
    """Return one action as `read_actions` returns several.

    Raises:
        ConfigError: If it is of another shape, or outside of the action space.
    """
    return _read(stage, action, ())[None]


def read_actions(stage: SubgraphStage, actions: Any, count: int) -> NDArray[Any]:
    """Return actions as `[count]` numbers, or `[count, facts]` booleans in one-shot play.

    Raises:
        ConfigError: If they are too few, of another shape, or outside of the action space.
    """
    return _read(stage, actions, (count,))


def _read(stage: SubgraphStage, actions: Any, count: tuple[int, ...]) -> NDArray[Any]:
    facts = stage.settings.top_k
    one_shot = stage.settings.mode == "one_shot"
    expected = (*count, facts) if one_shot else count
    try:
        given = np.asarray(actions)
    except ValueError:  # rows of different lengths
        given = np.array(None)
    # SB3 samples MultiBinary as float32, and its own vec env hands that on
    kinds = "biuf" if one_shot else "biu"
    if given.shape != expected or given.dtype.kind not in kinds:
        if one_shot:
            what = f"{facts} zeros and ones, of which place i selects fact i"
        else:
            what = f"a whole number from 0 to {facts}, the last of which is STOP"
        each = "".join(f"{n} action{'s' * (n != 1)}, each " for n in count) or "an action, "
        raise ConfigError(
            f"step takes {each}{what}; got {_told(actions, given)}. Nothing has moved."
        )
    if given.dtype.kind == "f":
        _check_floats(given)
    most = 1 if one_shot else facts
    if given.size and not 0 <= given.min() <= given.max() <= most:
        wrong = given.min() if given.min() < 0 else given.max()
        raise ConfigError(
            f"An action holds {wrong}; it may hold 0 to {most}"
            f"{'' if one_shot else f', where {facts} is STOP'}. Nothing has moved."
        )
    return given.astype(np.bool_ if one_shot else np.int64)


def _check_floats(given: NDArray[Any]) -> None:
    """Refuse floats other than 0 and 1.

    Raises:
        ConfigError: If there is one.
    """
    wrong = given[(given != 0) & (given != 1)]
    if wrong.size:
        raise ConfigError(
            f"An action holds {wrong[0]} ({given.dtype}); floats may be exactly 0 or 1. "
            "Nothing has moved."
        )


def _told(actions: Any, given: NDArray[Any]) -> str:
    if isinstance(actions, np.ndarray | list | tuple) and given.ndim:
        return f"{given.dtype} of shape {given.shape}"
    return f"{actions!r:.60}"
