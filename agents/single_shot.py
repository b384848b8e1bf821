"""`single_shot`: retrieve once with the question itself, read, answer. The classic RAG baseline."""

from __future__ import annotations

from typing import ClassVar

from ..retrieval.readers.reading import read
from .transcript import TextAgent, Transcript


class SingleShotAgent(TextAgent):
    """One search, one reading, one answer."""

    name: ClassVar[str] = "single_shot"

    def play(self, view: Transcript) -> str:
        """Search with the question (in the first of several sources), then give what is read."""
        if not view.queries and view.may_search:
            return view.ask("I search for the question itself.", view.question)
        reading = read(view.question, view.documents)
        return view.answer(f"I read: {reading.sentence or 'nothing'}", reading.answer)
