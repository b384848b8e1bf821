"""The synthetic world: a question set that is made, not loaded.

A seeded universe of invented entities, told in documents of three sources, and questions of one to
six hops, each with its exact hops, DAG, facts, documents and answers. No model has read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from ....core import Document, Question
from ....errors import ConfigError
from ....files import fingerprint
from ....retrieval.corpus import Corpus
from ..base import check_split
from .config import SPLITS, WorldConfig
from .documents import Library
from .questions import draw_questions
from .universe import Universe

VERSION = 2
"""Rises when the same dials give other bytes."""


class World:
    """A question set drawn from a seeded universe.

    Args:
        **dials: The fields of `WorldConfig`; numbers may come as text.

    Raises:
        ConfigError: If a dial does not exist or has an impossible value.

    >>> world = World(entities=200, hops=2, kinds="chain", dev=1)
    >>> question = world.questions("dev")[0]
    >>> len(question.hops), question.hops[1].needs, question.answers[0] == question.hops[1].answer
    (2, (0,), True)
    """

    splits = SPLITS

    def __init__(self, **dials: Any) -> None:
        known = [field.name for field in fields(WorldConfig)]
        for dial in dials:
            if dial not in known:
                close = get_close_matches(dial, known, n=1)
                hint = f" Did you mean {close[0]!r}?" if close else ""
                raise ConfigError(
                    f"The world has no dial {dial!r}.{hint} Dials: {', '.join(known)}."
                )
        self.config = WorldConfig(**dials)
        self._questions: dict[str, tuple[Question, ...]] = {}

    @cached_property
    def name(self) -> str:
        """`world`, with the dials that are not at their defaults."""
        turned = [
            f"{field.name}={_written(getattr(self.config, field.name))}"
            for field in fields(WorldConfig)
            if getattr(self.config, field.name) != field.default
        ]
        return "?".join(["world", *(["&".join(turned)] if turned else [])])

    @cached_property
    def universe(self) -> Universe:
        """The entities and facts."""
        return Universe(self.config)

    @cached_property
    def library(self) -> Library:
        """What writes the documents."""
        return Library(self.universe, self.config)

    @cached_property
    def documents(self) -> Sequence[Document]:
        """The corpus, without what is withheld."""
        return Corpus(self.iter_documents())

    def iter_documents(self) -> Iterator[Document]:
        """Yield the documents one at a time, for writing a large world."""
        return self.library.write()

    @cached_property
    def fingerprint(self) -> str:
        """Names the dials and the generator's version, which decide every byte."""
        return fingerprint([VERSION, asdict(self.config)])

    def questions(self, split: str) -> Sequence[Question]:
        """Return one split, drawn when first asked for."""
        check_split(split, SPLITS, self.name)
        if split not in self._questions:
            self._questions[split] = tuple(self.iter_questions(split))
        return self._questions[split]

    def iter_questions(self, split: str) -> Iterator[Question]:
        """Yield the questions of a split one at a time."""
        return draw_questions(self.universe, self.library, self.config, split)

    def __deepcopy__(self, memo: dict[int, Any]) -> World:
        """Return itself: a world never changes, and Gymnasium copies what an env was made with."""
        return self

    def __repr__(self) -> str:
        return f"World({self.config.entities} entities, seed {self.config.seed})"


def _written(value: Any) -> str:
    """Write a dial as it is given in a name.

    >>> _written((2, 4)), _written((2, 2)), _written(("chain", "mixed")), _written(300)
    ('2-4', '2', 'chain,mixed', '300')
    """
    if isinstance(value, tuple):
        value = tuple(dict.fromkeys(value))
        return ("-" if isinstance(value[0], int) else ",").join(map(str, value))
    return str(value)
