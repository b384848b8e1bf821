"""Adaptive retrieval: a query generator that stops where the question seems answered.

Another hop costs a search and a reader's attention, and many questions need none. This one asks no
further where the documents so far say what the question asks about: where each of its words stands
in one of them, or nearly each. Where they do not, another generator writes the next query. The rule
is lexical and needs no model; one that looks at a model's certainty is a generator of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core import Document
from ..files import fingerprint
from .analyzer import Analyzer
from .base import check_number
from .generators import Hop, QueryGenerator, make_generator


class AdaptiveGenerator:
    """Stops where the documents cover the question, and else asks what another generator asks.

    Args:
        documents: What is searched; for the other generator.
        generator: What writes the queries, by name.
        enough: The share of the question's words that must be covered, from 0 (never more than
            one hop) to 1.

    Raises:
        ConfigError: If the share is out of its range.
        UnknownNameError: If there is no such generator.

    >>> vel, ada = Document("a", "Vel", "By Ada Orm."), Document("b", "Ada Orm", "Born in Tessa.")
    >>> ask, first = AdaptiveGenerator([vel, ada]), "Where was Vel born?"
    >>> ask(first, [Hop(1, first, (vel,), (1.0,), (True,))])
    'Ada Orm Where was born?'
    >>> ask(first, [Hop(1, first, (vel, ada), (1.0, 0.5), (True, True))]) is None
    True
    """

    def __init__(
        self,
        documents: Iterable[Document] = (),
        *,
        generator: str | QueryGenerator = "titles",
        enough: float = 1.0,
    ) -> None:
        check_number("enough", enough, 0.0, 1.0, example=0.8)
        held = documents if isinstance(documents, Sequence) else tuple(documents)
        self.generator = make_generator(generator, held)
        """What writes the queries."""
        self.enough = enough
        self._analyzer = Analyzer.of("default")
        self.fingerprint = fingerprint(["adaptive", self.generator.fingerprint, enough])

    def __call__(self, question: str, hops: Sequence[Hop]) -> str | None:
        """Return the next query, or None where the question is covered or nothing is left."""
        if hops and self.coverage(question, hops) >= self.enough:
            return None
        return self.generator(question, hops)

    def coverage(self, question: str, hops: Sequence[Hop]) -> float:
        """Return the share of the question's words that stand in the documents so far.

        Stop words do not count, and words of one stem are one. A question of none is covered.
        """
        wanted = set(self._terms([question])[0])
        texts = [f"{each.title} {each.text}" for hop in hops for each in hop.documents]
        found = set().union(*self._terms(texts)) if texts else set()
        return len(wanted & found) / len(wanted) if wanted else 1.0

    def _terms(self, texts: list[str]) -> list[list[str]]:
        return self._analyzer.batch(texts)
