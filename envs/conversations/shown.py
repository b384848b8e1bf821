"""What a conversation shows of what was retrieved: as text between boundaries, and as a list.

Documents are numbered through the whole conversation, so that a number names one of them. Knows
messages of the role `retrieval`, and no tokenizer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...errors import DataError
from ...retrieval.kb import RetrievedDocument
from ...retrieval.kb.conversation import messages_of
from ..grammars.boundaries import format_documents_for_prompt, format_multihop_documents


def retrieval_text(message: Mapping[str, Any], first: int = 1, limit: int | None = None) -> str:
    """Return a message of the role `retrieval` as a model reads it.

    Args:
        message: `{"documents": [...]}` or `{"hops": [{"query", "documents"}, ...]}`.
        first: The number of its first document.
        limit: Characters of each text; None shows all.

    Raises:
        DataError: If it has neither documents nor hops, or one of them is none.
    """
    if "hops" not in message:
        return format_documents_for_prompt(_documents(message), first=first, limit=limit)
    hops = [(str(hop.get("query", "")), _documents(hop)) for hop in _hops(message)]
    return format_multihop_documents(hops, first=first, limit=limit)


def shown_by(message: Mapping[str, Any]) -> list[RetrievedDocument]:
    """Return the documents of one message, in the order of their numbers."""
    if "hops" in message:
        return [document for hop in _hops(message) for document in _documents(hop)]
    return _documents(message)


def documents_shown(conversation: Mapping[str, Any]) -> list[RetrievedDocument]:
    """Return all documents that a conversation shows; the first is `[DOC_1]`.

    Raises:
        ConfigError: If this is no conversation.
        DataError: If something that it shows is no document.

    >>> found = {"role": "retrieval", "documents": [{"id": "a", "content": "Vel."}]}
    >>> [document.id for document in documents_shown({"messages": [found]})]
    ['a']
    """
    return [document for message in _retrievals(conversation) for document in shown_by(message)]


def _retrievals(conversation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (each for each in messages_of(conversation) if each.get("role") == "retrieval")


def _hops(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    hops = message["hops"]
    if not isinstance(hops, list | tuple) or not all(isinstance(hop, Mapping) for hop in hops):
        raise DataError(f'The hops are {hops!r:.80}; give a list of {{"query", "documents"}}.')
    return hops


def _documents(message: Mapping[str, Any]) -> list[RetrievedDocument]:
    given = message.get("documents")
    if not isinstance(given, list | tuple):
        raise DataError(
            f"A message of the role 'retrieval' has the documents {given!r:.80}; give a list of "
            '{"title", "content"}, or `hops` of such lists.'
        )
    return [RetrievedDocument.from_dict(document) for document in given]
