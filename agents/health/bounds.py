"""The guard's bounds as they are typed on a command line: `name=value`."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, get_args, get_type_hints

from ...errors import ConfigError
from .settings import GuardSettings


def read_bounds(texts: Iterable[str], **usual: Any) -> GuardSettings:
    """Return the bounds that are given, and the usual ones besides.

    Args:
        texts: Each `name=value`; names of figures by comma.
        **usual: What holds where it is not given, in place of the guard's own default.

    Raises:
        ConfigError: If one has no `=`, is no bound's, comes twice or has a value that is not
            allowed.

    >>> bounds = read_bounds(["most_kl=inf", "outcomes=f1,reward", "window=5"], patience=2)
    >>> bounds.most_kl, bounds.outcomes, bounds.window, bounds.patience
    (inf, ('f1', 'reward'), 5, 2)
    """
    kinds = get_type_hints(GuardSettings, include_extras=True)
    told: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise ConfigError(f"{text!r}: write a bound as name=value, such as most_kl=4.")
        if name not in kinds:
            close = get_close_matches(name, kinds, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ConfigError(f"The guard has no bound {name!r}.{hint} It has {', '.join(kinds)}.")
        if name in told:
            raise ConfigError(f"The bound {name!r} is given twice; give it once.")
        told[name] = _read(name, value, get_args(kinds[name])[0])
    return GuardSettings(**{**usual, **told})


def _read(name: str, value: str, kind: Any) -> Any:
    if kind not in (int, float):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    try:
        return kind(value)
    except ValueError:
        what = "a whole number" if kind is int else "a number, or inf for no bound"
        raise ConfigError(f"{name} is {value!r}; give {what}.") from None
