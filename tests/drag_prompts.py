"""Prompts with vectors, as a retriever would give them."""

import torch

from hopgym.agents.drag.prompts import Prompt
from hopgym.core import Fact

FACTS = (
    Fact("Vel", "director", "Tessa"), Fact("Tessa", "born in", "Rome"), Fact("Rome", "in", "Italy"),
    Fact("Vel", "year", "1999"), Fact("Bo", "knows", "Ada"),
)  # fmt: skip
QUESTIONS = ("Where was the director of Vel born?", "Who knows Ada?", "Vel?")


def vectors_of(count, width, seed=0, size=0.5):
    drawn = torch.randn(count, width, generator=torch.Generator().manual_seed(seed))
    return size * drawn


def prompts_of(width, counts=(3, 1, 5), seed=0):
    """One prompt for each count of facts; without vectors where the width is None."""
    return [
        Prompt(
            QUESTIONS[n % len(QUESTIONS)],
            FACTS[:count],
            None if width is None else vectors_of(count, width, seed + n),
        )
        for n, count in enumerate(counts)
    ]
