"""Chats with documents that are retrieved for them, when they are asked for.

`RAGTask` searches once for the last user message of a chat. What is asked is that message and
nothing else, so that what the assistant is to say cannot reach the search. Others (`multi_hop`,
`static`) differ only in what they find.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, overload

from ...core import Document
from ...errors import ConfigError
from ...retrieval import Retriever, make_retriever
from ...retrieval.base import check_whole
from ...retrieval.children import ask
from ...retrieval.kb import RetrievalManager, RetrievedDocument
from ...retrieval.kb.conversation import POSITIONS, query_of, with_retrieval
from .chats import Base
from .converters import Chat

Message = dict[str, Any]
"""A message of the role `retrieval`."""

Searches = str | Path | Retriever | RetrievalManager

BATCH = 64
"""Chats that are searched for at once, where a task is walked through."""


class Augmented(Sequence[Chat]):
    """Chats with a message more each: the base of all tasks.

    The base and its chats are never changed. What was found for a query is kept, in memory, by all
    slices of a task together; `cached?base=...&folder=...` as the retriever keeps it on disk.

    Args:
        base_task: Anything with a length whose items are `{"messages": [...]}`.
        insert_position: `before_user` (the last) or `after_system`.
    """

    def __init__(self, base_task: Base, insert_position: str = "before_user") -> None:
        with_retrieval({"messages": []}, None, insert_position)  # an unknown one is told at once
        if not isinstance(base_task, Base):
            raise ConfigError(
                f"{base_task!r:.80} is no base of a task: it needs a length and items that are "
                '{"messages": [...]}. `make_chats` makes one of a question set or a file.'
            )
        self.base_task = base_task
        self.insert_position = insert_position
        self._places: Sequence[int] = range(len(base_task))
        self._kept: dict[str, Message | None] = {}

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Chat: ...

    @overload
    def __getitem__(self, index: slice) -> Self: ...

    def __getitem__(self, index: int | slice) -> Chat | Self:
        if isinstance(index, slice):
            part = copy.copy(self)
            part._places = self._places[index]
            return part
        return self._augmented([self._places[index]])[0]

    def __iter__(self) -> Iterator[Chat]:
        for start in range(0, len(self), BATCH):
            yield from self._augmented(self._places[start : start + BATCH])

    def prefetch(self, batch_size: int = BATCH) -> Self:
        """Search for all chats now, in batches; return the task."""
        check_whole("batch_size", batch_size)
        for start in range(0, len(self), batch_size):
            self._augmented(self._places[start : start + batch_size])
        return self

    def _augmented(self, places: Sequence[int]) -> list[Chat]:
        chats = [self.base_task[place] for place in places]
        found = self._messages(chats, places)
        return [
            with_retrieval(chat, message, self.insert_position)
            for chat, message in zip(chats, found, strict=True)
        ]

    def _messages(
        self, chats: Sequence[Mapping[str, Any]], places: Sequence[int]
    ) -> list[Message | None]:
        """Return what was found for each chat: the same for the same query."""
        queries = [query_of(chat) for chat in chats]
        missing = dict.fromkeys(q for q in queries if q.strip() and q not in self._kept)
        if missing:
            found = self._retrieve(list(missing))
            self._kept.update(zip(missing, found, strict=True))
        return [self._kept.get(query) for query in queries]

    def _retrieve(self, queries: list[str]) -> list[Message | None]:
        raise NotImplementedError


class RAGTask(Augmented):
    """Chats with the best documents for their last user message.

    Args:
        base_task: Chats (see `make_chats`).
        knowledge_base_path: A folder that `hopgym kb build` wrote.
        retriever_type: What searches, by name; a knowledge base brings its own, and must agree.
        top_k: Documents a chat.
        insert_position: `before_user` or `after_system`.
        retriever: What searches, instead: a spec, the folder of an index, a retriever, or a
            `RetrievalManager` with the documents that it has now.
        documents: What a spec searches; the base's own, usually.

    Raises:
        ConfigError: If nothing says what to search, or two things do.

    >>> chat = {"messages": [{"role": "user", "content": "Who made Vel?"}]}
    >>> task = RAGTask([chat], documents=[Document("a", "Vel", "A film by Ada Orm.")])
    >>> [message["role"] for message in task[0]["messages"]]
    ['retrieval', 'user']
    """

    def __init__(
        self,
        base_task: Base,
        knowledge_base_path: str | Path | None = None,
        retriever_type: str | None = None,
        top_k: int = 5,
        insert_position: str = "before_user",
        *,
        retriever: Searches | None = None,
        documents: Iterable[Document] = (),
    ) -> None:
        super().__init__(base_task, insert_position)
        check_whole("top_k", top_k)
        self.top_k = top_k
        held = tuple(documents) or getattr(base_task, "documents", ())
        self.retriever = searcher(knowledge_base_path, retriever_type, retriever, held)
        """What searches."""

    def _retrieve(self, queries: list[str]) -> list[Message | None]:
        hits = ask(self.retriever, "retriever", queries, self.top_k)
        return [retrieval_message(row) for row in hits]


def searcher(
    knowledge_base: str | Path | None,
    retriever_type: str | None,
    retriever: Searches | None,
    documents: Sequence[Document],
) -> Retriever:
    """Return what searches: a knowledge base, or a retriever over the documents.

    Raises:
        ConfigError: If nothing says what to search, or two things do.
    """
    if retriever is not None and (knowledge_base is not None or retriever_type is not None):
        raise ConfigError(
            "retriever is given beside knowledge_base_path or retriever_type: give one of them."
        )
    if isinstance(retriever, RetrievalManager):
        return retriever.retriever
    if retriever is not None:
        return make_retriever(retriever, documents)
    if knowledge_base is not None:
        return RetrievalManager(retriever_type, knowledge_base).retriever
    if not documents:
        raise ConfigError(
            "There is nothing to search: these chats bring no documents. Give "
            "knowledge_base_path, a retriever or documents."
        )
    return make_retriever(retriever_type or "bm25", documents)


def retrieval_message(hits: Sequence[tuple[Document, float]]) -> Message | None:
    """Return the message of what was found; None where nothing was."""
    found = [retrieved(document, score, rank) for rank, (document, score) in enumerate(hits, 1)]
    return {"role": "retrieval", "documents": found} if found else None


def retrieved(document: Document, score: float, rank: int) -> dict[str, Any]:
    """Return a hit as a message holds it: a record of its own."""
    return RetrievedDocument.of(document, float(score), rank).to_dict()


__all__ = ["BATCH", "POSITIONS", "Augmented", "RAGTask", "retrieval_message", "searcher"]
