"""A training example from its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core import Document
from ...errors import ConfigError
from ...retrieval.kb import RetrievedDocument
from .converters import Chat

Given = Document | RetrievedDocument | Mapping[str, Any]
"""A document, a hit, or a record of one."""


def create_rag_training_example(
    query: str,
    documents: Sequence[Given] = (),
    answer: str | None = None,
    system_prompt: str | None = None,
    *,
    hops: Sequence[tuple[str, Sequence[Given]]] | None = None,
) -> Chat:
    """Return a conversation: what was retrieved, what is asked, what is to be said.

    Args:
        query: What the user asks.
        documents: What was retrieved for it.
        answer: What the assistant says; None for a conversation to be answered.
        system_prompt: What the system says first, if anything.
        hops: What several searches found, each with its query, instead of `documents`.

    Raises:
        ConfigError: If both are given.

    >>> made = create_rag_training_example("Who?", [Document("a", "Vel", "By Ada.")], "Ada")
    >>> [message["role"] for message in made["messages"]]
    ['retrieval', 'user', 'assistant']
    """
    if hops is not None and documents:
        raise ConfigError("documents and hops are both given; give one of them.")
    messages: list[dict[str, Any]] = []
    if system_prompt:
        messages.append({"role": "system", "content": system_prompt})
    if hops:
        told = [
            {"hop": n, "query": asked, "documents": _records(found)}
            for n, (asked, found) in enumerate(hops, 1)
        ]
        messages.append({"role": "retrieval", "multi_hop": True, "hops": told})
    elif documents:
        messages.append({"role": "retrieval", "documents": _records(documents)})
    messages.append({"role": "user", "content": query})
    if answer is not None:
        messages.append({"role": "assistant", "content": answer})
    return {"messages": messages}


def _records(documents: Sequence[Given]) -> list[dict[str, Any]]:
    return [_record(document, rank) for rank, document in enumerate(documents, 1)]


def _record(given: Given, rank: int) -> dict[str, Any]:
    if isinstance(given, RetrievedDocument):
        return given.to_dict()
    if isinstance(given, Document):
        return RetrievedDocument.of(given, rank=rank).to_dict()
    return RetrievedDocument.from_dict(given).to_dict()
