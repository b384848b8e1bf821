"""What vector environments are told besides actions: seeds, options and autoreset modes, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from ..errors import ConfigError, EpisodeError

Flags = np.ndarray[Any, np.dtype[np.bool_]]


def reset_mask(given: Any, n: int, *, begun: bool) -> Flags:
    """Return which sub-environments a reset is for.

    Args:
        given: `options["reset_mask"]`; None for all.
        n: How many there are.
        begun: Whether all of them have begun an episode before.

    Raises:
        ConfigError: If it is no such mask.
        EpisodeError: If some would be left without an episode.
    """
    if given is None:
        return np.ones(n, dtype=np.bool_)
    mask = np.asarray(given)
    if mask.dtype != np.bool_ or mask.shape != (n,) or not mask.any():
        raise ConfigError(
            f"options['reset_mask'] must be {n} booleans, one of them true; got {given!r}."
        )
    if not begun and not mask.all():
        raise EpisodeError("The first reset() must reset every sub-environment.")
    return mask


def check_indices(indices: Sequence[int], actions: Sequence[Any], n: int) -> None:
    """Refuse what are no different sub-environments with an action each.

    Raises:
        ConfigError: If so.
    """
    known = set(indices) <= set(range(n))
    if not known or len(set(indices)) < len(indices) or len(indices) != len(actions):
        raise ConfigError(
            f"step_some takes different sub-environments from 0 to {n - 1}, and an action for "
            f"each; got {list(indices)!r:.100} and {len(actions)} actions."
        )


def autoreset_mode_of(given: str | AutoresetMode) -> AutoresetMode:
    """Return Gymnasium's mode of a name.

    Raises:
        ConfigError: If there is none of that name.
    """
    try:
        return AutoresetMode(given)
    except ValueError:
        allowed = ", ".join(repr(mode.value) for mode in AutoresetMode)
        raise ConfigError(f"autoreset_mode is {given!r}; it may be one of: {allowed}.") from None


def spread_seeds(seed: int | Sequence[int | None] | None, n: int) -> list[int | None]:
    """Return a seed for each sub-environment: a number n means n, n + 1, and so on.

    Raises:
        ConfigError: If there are more or fewer.
    """
    if seed is None:
        return [None] * n
    if isinstance(seed, int | np.integer):
        return [int(seed) + i for i in range(n)]
    if len(seed) != n:
        raise ConfigError(f"reset got {len(seed)} seeds for {n} sub-environments.")
    return list(seed)


def spread_options(options: dict[str, Any], n: int) -> list[dict[str, Any]]:
    """Return the options of each sub-environment: a list holds one value for each.

    Raises:
        ConfigError: If it holds more or fewer.
    """
    for key, value in options.items():
        if isinstance(value, list | tuple | np.ndarray) and len(value) != n:
            raise ConfigError(f"options[{key!r}] has {len(value)} values for {n} sub-environments.")
    return [
        {k: v[i] if isinstance(v, list | tuple | np.ndarray) else v for k, v in options.items()}
        for i in range(n)
    ]


def check_count(actions: Any, n: int) -> None:
    """Refuse anything but one action for each sub-environment.

    Raises:
        ConfigError: If it is one action, or another number of them.
    """
    if isinstance(actions, np.ndarray):
        several = actions.ndim > 0
    else:
        several = isinstance(actions, Sequence) and not isinstance(actions, str | bytes)
    if not several or len(actions) != n:
        got = len(actions) if several else f"one {type(actions).__name__}"
        raise ConfigError(
            f"step takes {n} actions, one for each of the sub-environments, in their order; got {got}."
        )
