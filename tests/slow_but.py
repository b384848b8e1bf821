"""Parameters of which one runs by default, and the others with the slow tests."""

from collections.abc import Iterable
from typing import Any

import pytest


def slow_but(quick: Any, values: Iterable[Any]) -> list[Any]:
    """Mark all values but one as slow: each takes seconds, and they go much the same way."""
    given = list(values)
    assert quick in given
    return [one if one == quick else pytest.param(one, marks=pytest.mark.slow) for one in given]
