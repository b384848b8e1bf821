"""Drawing questions so that what fails has drawn nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def rewound(generators: Iterable[np.random.Generator]) -> Iterator[None]:
    """Put generators back to where they stood, should what follows fail.

    A step that is tried again then draws the question that it would have drawn at once.

    >>> generator, twin = np.random.default_rng(0), np.random.default_rng(0)
    >>> try:
    ...     with rewound([generator]):
    ...         _ = generator.random() / 0
    ... except ZeroDivisionError:
    ...     generator.random() == twin.random()
    True
    """
    before = [(generator.bit_generator, generator.bit_generator.state) for generator in generators]
    try:
        yield
    except BaseException:
        for bits, state in before:
            bits.state = state
        raise
