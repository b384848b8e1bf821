"""`drag`: selects the facts that a trained D-RAG retrieves. A folder's path is a name for it.

What the generator of phase 2 answers by them is read by the environment's `reader`, so that all
agents of a leaderboard are read alike: `reader="drag?model=FOLDER"` (see `reader`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import require
from ..selecting import Given, Ranking, SelectingAgent
from .saving import read_shape

if TYPE_CHECKING:
    from .parts import Parts

BATCH = 64
"""Questions that are scored at once."""


class DragAgent(SelectingAgent):
    """A trained retriever: the likeliest facts, as many as it was trained to give.

    Args:
        parts: The trained D-RAG.
        name: What it is called.
    """

    def __init__(self, parts: Parts, name: str = "drag") -> None:
        super().__init__()
        self.parts, self.name = parts, name

    def rank(self, questions: Sequence[Given]) -> list[Ranking]:
        """Retrieve, for many questions at once."""
        from .cases import blind, make_compiler

        compiler = make_compiler(self.parts.shape.max_facts)  # as in training
        rankings: list[Ranking] = []
        for start in range(0, len(questions), BATCH):
            some = questions[start : start + BATCH]
            cases = [blind(each.offer, compiler) for each in some]
            for case, facts in zip(cases, self.parts.retrieve(cases), strict=True):
                slots = [case.places[fact] for fact in facts]
                rankings.append(Ranking(slots, len(slots)))
        return rankings


def drag_agent(
    *, model: str, name: str | None = None, device: str = "auto", encoder: str | None = None
) -> DragAgent:
    """Return the agent of a folder that `hopgym train drag` wrote.

    Args:
        model: The folder.
        name: What to call it; the folder's name, usually.
        device: Where it is computed.
        encoder: Its encoder, where that is code of your own (`file.py:NAME`); else the folder's.

    Raises:
        MissingExtraError: If a library is not installed.
        ConfigError: If the folder holds no D-RAG.
    """
    require("torch", "llm")
    read_shape(Path(model))
    from .parts import load_parts

    parts = load_parts(model, device, generator=False, encoder=encoder)
    return DragAgent(parts, name or Path(model).resolve().name)
