"""Batches of rows that are about as long, as many at once as memory holds.

Knows lengths, and neither models nor texts.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TypeVar

from ...errors import AgentError, is_out_of_memory, require
from ..llm.generator import GenerationWarning

R = TypeVar("R")


def in_batches(
    function: Callable[[list[int]], list[R]], lengths: Sequence[int], batch_size: int
) -> tuple[list[R], int]:
    """Call a function with the places of rows, batch by batch, and return what it gives for each.

    Where memory runs out the batch is halved, with a warning, and done again.

    Args:
        function: Takes places, and returns one result for each.
        lengths: Tokens of every row.
        batch_size: Rows at once, at most.

    Returns:
        The results in the order of the rows, and the size of batches that memory held.

    Raises:
        AgentError: If memory runs out with one row.

    >>> in_batches(lambda places: [10 * place for place in places], [5, 1, 3], 2)
    ([0, 10, 20], 2)
    """
    order = sorted(range(len(lengths)), key=lambda n: lengths[n])
    results: dict[int, R] = {}
    while order:
        places = order[:batch_size]
        found = _tried(function, places)
        if found is not None:
            results |= zip(places, found, strict=True)
            order = order[len(places) :]
            continue
        if len(places) == 1:
            raise AgentError(
                f"Memory ran out with one prompt of {lengths[places[0]]} tokens. Give fewer facts, "
                "a smaller context, dtype=bfloat16 or a smaller generator."
            )
        batch_size = len(places) // 2
        warnings.warn(
            f"Memory ran out with {len(places)} prompts at once; from now on {batch_size}.",
            GenerationWarning,
            stacklevel=4,
        )
    return [results[n] for n in range(len(lengths))], batch_size


def _tried(function: Callable[[list[int]], list[R]], places: list[int]) -> list[R] | None:
    """Return what a function returns; None where memory has run out."""
    torch = require("torch", "llm")
    try:
        return function(places)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # Only now: what the error held on to is let go before anything is tried again.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None
