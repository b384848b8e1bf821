"""Chats with documents of several searches, each query written from what was found before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ...core import Document
from ...retrieval.base import check_whole
from ...retrieval.children import held_by
from ...retrieval.generators import Hop, QueryGenerator
from ...retrieval.recursive import RecursiveRetriever
from .chats import Base
from .task import Augmented, Message, Searches, retrieved, searcher


class MultiHopRAGTask(Augmented):
    """Chats with what several searches found for their last user message.

    The first query is that message; the next ones are written by a generator, which stops where
    nothing is left to ask. A document is shown where it was found first. All chats of a batch take
    a hop together. The message is `{"role": "retrieval", "multi_hop": True, "hops": [{"hop",
    "query", "documents"}, ...]}`.

    Args:
        base_task: Chats (see `make_chats`).
        knowledge_base_path: As `RAGTask` takes it.
        retriever_type: As `RAGTask` takes it.
        max_hops: Searches a chat, at most.
        top_k_per_hop: Documents that each brings, at most.
        insert_position: `before_user` or `after_system`.
        generator: What writes the queries: `titles`, `entities` or another name of
            `hopgym.retrieval.generators`, or a `QueryGenerator` of your own.
        max_documents: Documents of all hops together, at most; None for any number.
        retriever: As `RAGTask` takes it.
        documents: As `RAGTask` takes them.

    >>> vel, ada = Document("a", "Vel", "Made by Ada Orm."), Document("b", "Ada Orm", "Of Tessa.")
    >>> chat = {"messages": [{"role": "user", "content": "Where does Vel come from?"}]}
    >>> task = MultiHopRAGTask([chat], documents=[vel, ada], top_k_per_hop=1)
    >>> [hop["query"] for hop in task[0]["messages"][0]["hops"]]
    ['Where does Vel come from?', 'Ada Orm Where does come from?']
    """

    def __init__(
        self,
        base_task: Base,
        knowledge_base_path: str | Path | None = None,
        retriever_type: str | None = None,
        max_hops: int = 2,
        top_k_per_hop: int = 3,
        insert_position: str = "before_user",
        *,
        generator: str | QueryGenerator = "titles",
        max_documents: int | None = None,
        retriever: Searches | None = None,
        documents: Iterable[Document] = (),
    ) -> None:
        super().__init__(base_task, insert_position)
        check_whole("max_hops", max_hops)
        check_whole("top_k_per_hop", top_k_per_hop)
        self.max_hops, self.top_k_per_hop = max_hops, top_k_per_hop
        held = tuple(documents) or getattr(base_task, "documents", ())
        base = searcher(knowledge_base_path, retriever_type, retriever, held)
        self.retriever = RecursiveRetriever(
            held_by(base) or held,
            base=base,
            hops=max_hops,
            generator=generator,
            depth=top_k_per_hop,
            budget=max_documents,
        )
        """What searches, in hops."""

    def _retrieve(self, queries: list[str]) -> list[Message | None]:
        return list(map(_message, self.retriever.trace(queries, self.top_k_per_hop)))


def _message(hops: Sequence[Hop]) -> Message | None:
    """Return the message of a trace; None where its first search found nothing."""
    if not hops or not hops[0].documents:
        return None
    told = [{"hop": h.number, "query": h.query, "documents": _new(h)} for h in hops]
    return {"role": "retrieval", "multi_hop": True, "hops": told}


def _new(hop: Hop) -> list[dict[str, object]]:
    """Return what no earlier hop had brought; each keeps its rank in the hop."""
    ranked = enumerate(zip(hop.documents, hop.scores, hop.new, strict=True), 1)
    return [retrieved(each, score, rank) for rank, (each, score, new) in ranked if new]
