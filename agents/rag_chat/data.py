"""What is trained on: conversations with documents, as sequences of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ...envs.contamination import Asked
from ...envs.conversations.chats import make_chats
from ...envs.conversations.make import create_rag_task
from ...envs.conversations.render import Renderer
from ...envs.conversations.task import Augmented
from ...errors import ConfigError
from ..contamination.sources import of_chats
from ..expert.encoding import IGNORED, Encoded, TokenRow
from ..sft.data import TrainingData
from .fitting import fitted
from .settings import RagChatSettings


class ChatData(NamedTuple):
    """The sequences of a run, and what was done to make them fit."""

    training: TrainingData
    fewer: int
    """Conversations that show fewer documents than were found, since all would be too long."""


def make_tasks(settings: RagChatSettings) -> list[Augmented]:
    """Return the tasks of a run: each of `tasks` with its documents.

    Raises:
        ConfigError: If something names no chats, or there is nothing to search.
        DataError: If the data cannot be read.
    """
    return [_task(name, settings) for name in settings.tasks]


def _task(name: str, settings: RagChatSettings) -> Augmented:
    chats = make_chats(
        name,
        settings.split or None,
        system=settings.system or None,
        limit=settings.limit or None,
    )
    options: dict[str, Any] = {"insert_position": settings.insert_position}
    if settings.task_type == "static":
        options |= {"retrieval_path": settings.contexts, "top_k": settings.top_k}
        options |= {"split": settings.split or "train"}
        return create_rag_task(chats, "static", **options)
    options["knowledge_base_path"] = settings.knowledge_base or None
    options["retriever_type"] = settings.retriever_type or None
    if settings.task_type == "dynamic":
        return create_rag_task(chats, "dynamic", top_k=settings.top_k, **options)
    options |= {"max_hops": settings.max_hops, "top_k_per_hop": settings.top_k}
    return create_rag_task(chats, "multi_hop", generator=settings.generator, **options)


def asked_in(settings: RagChatSettings) -> list[Asked]:
    """Return what is asked in the conversations of a run, without what was retrieved."""
    split, limit = settings.split or None, settings.limit or None
    return [of_chats(make_chats(name, split, limit=limit), name) for name in settings.tasks]


def texts_of(conversations: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield all that is said and shown, for a tokenizer to learn from."""
    for conversation in conversations:
        for message in conversation["messages"]:
            for hop in [message, *message.get("hops", ())]:
                yield str(hop.get("content") or hop.get("query") or "")
                for document in hop.get("documents", ()):
                    yield f"Title: {document['title']}\nContent: {document['content']}"


def encode(
    conversations: Iterable[Mapping[str, Any]], renderer: Renderer, max_length: int
) -> ChatData:
    """Return conversations as sequences, the loss on what the assistant says.

    One that is too long shows fewer documents, the last ones left out first; one that is too long
    with none, or says nothing to learn, is left out.

    Raises:
        ConfigError: If none is left.
    """
    rows: list[TokenRow] = []
    skipped = fewer = 0
    for conversation in conversations:
        kept = fitted(conversation, lambda one: len(renderer.render(one).ids), max_length)
        rendered = None if kept is None else renderer.render(kept)
        if rendered is None or not any(rendered.mask):
            skipped += 1
            continue
        fewer += kept is not conversation
        pairs = zip(rendered.ids, rendered.mask, strict=True)
        rows.append(TokenRow(rendered.ids, [id if said else IGNORED for id, said in pairs]))
    if not rows:
        raise ConfigError(
            f"None of {skipped} conversations has an assistant's message and fits into "
            f"{max_length} tokens. Raise max_length, or give conversations with answers."
        )
    return ChatData(TrainingData([], Encoded(rows, 0, skipped)), fewer)
