"""Silence: what the library transformers says of its own ways is kept from the user's terminal."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import require


@contextmanager
def quiet() -> Iterator[None]:
    """Do without progress bars and advice; leave the user's own settings as they were."""
    log = require("transformers.utils.logging", "llm")
    verbosity, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of one library about another
            yield
    finally:
        log.set_verbosity(verbosity)
        if bars:
            log.enable_progress_bar()
