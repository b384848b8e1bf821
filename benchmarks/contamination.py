"""Which questions of a task an agent was trained on, by the record in its model's folder.

A leaderboard can be trusted only as far as that is known: every episode's record says it, and a row
of an agent that was trained on what it plays is marked and not ranked. A folder without a record
(`trained_on.json`) says nothing, and neither do agents that are no folder's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..agents.contamination.record import read_trained_on
from ..core import Question
from ..errors import ConfigError
from ..retrieval.options import split_options


def seen_by(spec: Any, questions: Sequence[Question], scope: str) -> frozenset[str] | None:
    """Return the ids of the questions that an agent was trained on; None where that is not known.

    Args:
        spec: What the agent was named by: `"runs/mine"`, `"llm?model=runs/mine"`, a path.
        questions: Those to be played.
        scope: The fingerprint of their set.

    Raises:
        DataError: If the folder's record is damaged.
    """
    folder = folder_of(spec)
    told = None if folder is None else read_trained_on(folder)
    return None if told is None else frozenset(told.seen(questions, scope))


def folder_of(spec: Any) -> Path | None:
    """Return the folder of the model that an agent plays with; None where its name says none.

    >>> folder_of("oracle") is None, folder_of("llm?model=/&temperature=1").as_posix()
    (True, '/')
    """
    if isinstance(spec, Path):
        return spec
    if not isinstance(spec, str):
        return None
    try:
        name, options = split_options(spec)
    except ConfigError:  # a path with a `?` in it; whoever makes the agent tells of it
        return None
    named = [place for place in (options.get("model"), name) if isinstance(place, str)]
    return next((Path(place) for place in named if place and Path(place).is_dir()), None)
