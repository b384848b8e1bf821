"""One episode of `hopgym/RAG-v0`: searches before the first turn, then queries or the answer.

What was found before the first turn is recorded with step 1, whatever that is, so that rewards and
metrics see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core import Document, Hit, Question, Trajectory
from ...retrieval.generators import Hop, next_query
from ..episode import Row
from ..grammars import Move
from ..text_episode import StepEpisode
from .stage import RagStage


class RagEpisode(StepEpisode):
    """One question, and the documents that were found for it."""

    stage: RagStage

    def __init__(self, stage: RagStage, question: Question, seed: int | None) -> None:
        super().__init__(stage, question, seed)
        self.hops: tuple[Hop, ...] = ()  # those before the first turn
        self._query = self.asked
        self._opening_hits: tuple[Hit, ...] = ()

    @property
    def turns(self) -> int:
        """How many turns the episode has at most: queries, and the answer."""
        return self.stage.turns

    @property
    def turn_is_forced(self) -> bool:
        """Whether the queries are used up."""
        return self.turn >= self.turns

    def public_info(self) -> dict[str, Any]:
        """Return the question, where the episode stands, and what its opening shows."""
        return {
            **super().public_info(),
            "queries": self._opening_queries,
            "document_ids": tuple([hit.document_id for hit in self._opening_hits if hit.new]),
        }

    def first_queries(self) -> Sequence[str]:
        """Search for the question."""
        return (self._query,)

    def take_first(self, rows: Sequence[Row]) -> Sequence[str]:
        """Take what a hop found; return the next hop's query, or show the documents of all."""
        row, hits = self._take(rows[0], len(self.hops))
        self._opening_hits += hits
        found = tuple([document for document, _ in row])
        scores = tuple([hit.score for hit in hits])
        new = tuple([hit.new for hit in hits])
        self.hops += (Hop(len(self.hops) + 1, self._query, found, scores, new),)
        query = self._next_query()
        if query is not None:
            self._query = query
            return (query,)
        self.write(self._opened(), "env")
        return ()

    def finish(
        self,
        action: Any,
        parsed: Mapping[str, Any],
        observation: str,
        *,
        queries: tuple[str, ...] = (),
        hits: tuple[Hit, ...] = (),
        parse_error: str | None = None,
    ) -> None:
        """Close the step; the first one records what was found before it too."""
        if not self.steps:
            asked = len(self.hops)
            later = [hit._replace(query=hit.query + asked) for hit in hits]
            queries, hits = (*self._opening_queries, *queries), (*self._opening_hits, *later)
        if self._cited:
            parsed = {**parsed, "citations": list(self._cited)}
        super().finish(
            action, parsed, observation, queries=queries, hits=hits, parse_error=parse_error
        )

    @property
    def _opening_queries(self) -> tuple[str, ...]:
        return tuple([hop.query for hop in self.hops])

    @property
    def _cited(self) -> tuple[int, ...]:
        return self._move.numbers if isinstance(self._move, Move) else ()

    def _info(self, trajectory: Trajectory) -> dict[str, Any]:
        """Return the info of a step: of its own search alone, not of what was shown before it."""
        info = super()._info(trajectory)
        if trajectory.steps[-1].index == 1:
            asked, shown = len(self.hops), sum(hit.new for hit in self._opening_hits)
            info["queries"] = info["queries"][asked:]
            info["document_ids"] = info["document_ids"][shown:]
        return info

    def _next_query(self) -> str | None:
        """Return the query of the next hop before the first turn, if there is one."""
        generator = self.stage.generator
        if generator is None or len(self.hops) >= self.stage.hops or self._left == 0:
            return None
        return next_query(generator, self.asked, self.hops)

    @property
    def _left(self) -> int | None:
        """How many more documents may be shown; None for any number."""
        most = self.stage.max_documents
        return None if most is None else most - len(self.shown)

    def _take(self, row: Row, query: int) -> tuple[Row, tuple[Hit, ...]]:
        """Note what a query found, without new documents beyond the budget."""
        left, kept, fresh = self._left, [], set[str]()
        for document, score in row:
            known = document.id in self.shown or document.id in fresh
            if not known and left is not None and len(fresh) >= left:
                continue
            fresh.add(document.id)
            kept.append((document, score))
        hits = self.take_hits([kept])
        return kept, tuple([hit._replace(query=query) for hit in hits])

    def _opened(self) -> str:
        """Return the documents before the first turn, hop by hop where there were several."""
        limit = self.stage.document_chars
        if len(self.hops) > 1:
            return self.stage.grammar.hops([(hop.query, _new(hop)) for hop in self.hops], limit)
        return self._documents(1, _new(self.hops[0]))

    def _documents(self, first: int, documents: Sequence[Document]) -> str:
        grammar, limit = self.stage.grammar, self.stage.document_chars
        lines = [
            grammar.document(number, document.title, document.text, limit)
            for number, document in enumerate(documents, first)
        ]
        return grammar.documents(lines)

    def show(self, move: Move, row: Row) -> None:
        """Show what was found, as far as the budget goes."""
        first = len(self.shown) + 1
        kept, hits = self._take(row, 0)
        new = [document for (document, _), hit in zip(kept, hits, strict=True) if hit.new]
        observation = self._documents(first, new) + self.next_turn()
        self.accept(observation)
        parsed = {"kind": move.kind, "analysis": move.analysis, "text": move.text}
        self.finish(self._action, parsed, observation, queries=(move.text,), hits=hits)


def _new(hop: Hop) -> list[Document]:
    return [document for document, new in zip(hop.documents, hop.new, strict=True) if new]
