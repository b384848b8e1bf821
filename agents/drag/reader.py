"""`drag`: the generator of a trained D-RAG as what reads the answers off selected facts.

    gymnasium.make("hopgym/KGSubgraph-v0", reader="drag?model=runs/drag")

A vector stands before each fact, as in training: it is worked out in the whole graph that was
offered. Facts that no retriever would have taken are read alike, so that any agent may be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...core import Fact
from ...envs.subgraph.case import Case, Offer
from ...errors import ConfigError, require
from ...rewards.kg import Selection
from .cases import blind, make_compiler

if TYPE_CHECKING:
    from .parts import Parts
    from .prompts import Prompt


class DragReader:
    """Reads selections by a trained generator.

    Args:
        parts: The trained D-RAG, its generator included.

    Raises:
        ConfigError: If it has no generator.
    """

    def __init__(self, parts: Parts) -> None:
        if parts.generator is None:
            raise ConfigError(
                "This D-RAG has no generator, and so cannot read: it is of phase 1. Give the "
                "folder of `hopgym train drag --phase 2`, or another reader."
            )
        self.parts, self.generator = parts, parts.generator

    def __call__(self, selection: Selection) -> list[str]:
        """Return the answers."""
        return self.many([selection])[0]

    def many(self, selections: Sequence[Selection]) -> list[list[str]]:
        """Read a batch."""
        return self.generator.answer(self._prompts(selections))

    def log_likelihood(
        self, selections: Sequence[Selection], answers: Sequence[Sequence[str]]
    ) -> list[float]:
        """Return the log-probability of each answer, in nats."""
        return self.generator.log_likelihood(self._prompts(selections), answers)

    def _prompts(self, selections: Sequence[Selection]) -> list[Prompt]:
        import torch

        from .judging import prompts_of

        if not selections:
            return []
        cases = [self._case(selection) for selection in selections]
        scored = self.parts.score(cases)
        logits = torch.split(scored.logits, scored.batch.facts_per_question.tolist())
        chosen = []
        for selection, case, own in zip(selections, cases, logits, strict=True):
            places, likely = places_of(selection.facts, case.offer.facts), own.tolist()
            chosen.append(sorted(places, key=lambda place: -likely[place]))
        with torch.no_grad():
            return prompts_of(self.parts, cases, scored, chosen)

    def _case(self, selection: Selection) -> Case:
        """Return a question as in training: where it has more facts, those nearest the topics.

        What was selected is among them in any case.
        """
        most = self.parts.shape.max_facts
        case = _compiled(selection, selection.offered or selection.facts, most)
        lacking = Counter(selection.facts) - Counter(case.offer.facts)
        if lacking:
            facts = (*case.offer.facts, *lacking.elements())
            case = _compiled(selection, facts, len(facts))
        return case

    def __repr__(self) -> str:
        return "DragReader()"


def _compiled(selection: Selection, facts: tuple[Fact, ...], most: int) -> Case:
    offer = Offer(selection.question, facts, selection.topics)
    return blind(offer, make_compiler(most))


def places_of(facts: Sequence[Fact], among: Sequence[Fact]) -> list[int]:
    """Return where facts stand among others, in order; of a fact that stands there twice, both.

    >>> places_of("bab", "abcb")
    [0, 1, 3]
    """
    left = Counter(facts)
    places = []
    for place, fact in enumerate(among):
        if left[fact] > 0:
            left[fact] -= 1
            places.append(place)
    return places


def drag_reader(*, model: str, device: str = "auto", encoder: str | None = None) -> DragReader:
    """Return the reader of a folder that `hopgym train drag --phase 2` wrote.

    Args:
        model: The folder.
        device: Where it is computed.
        encoder: Its encoder, where that is code of your own (`file.py:NAME`); else the folder's.

    Raises:
        MissingExtraError: If a library is not installed.
        ConfigError: If the folder holds no D-RAG, or none with a generator.
    """
    require("torch", "llm")
    from .parts import load_parts

    return DragReader(load_parts(model, device, encoder=encoder))
