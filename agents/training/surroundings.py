"""What a trainer's library would disturb: global random numbers, and the reader's peace."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ...errors import require
from ..llm.quiet import quiet as quiet_transformers


@contextmanager
def undisturbed() -> Iterator[None]:
    """Leave the global generators, which the trainer seeds, as they were."""
    torch = require("torch", "llm")
    before, numbers = random.getstate(), np.random.get_state()
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            random.setstate(before)
            np.random.set_state(numbers)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep back what libraries say of their own ways."""
    with warnings.catch_warnings(), quiet_transformers():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield
