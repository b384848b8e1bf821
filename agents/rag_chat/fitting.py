"""Conversations that are too long: they show fewer documents, the last ones left out first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any


def fitted(
    conversation: Mapping[str, Any], length: Callable[[Mapping[str, Any]], int], room: int
) -> Mapping[str, Any] | None:
    """Return a conversation that fits.

    Args:
        conversation: The conversation; never changed, and returned as it is where it fits.
        length: How many tokens one has.
        room: How many it may have.

    Returns:
        The conversation with as many of its documents as fit, or None where it does not fit
        without documents either.

    >>> found = {"role": "retrieval", "documents": ["a", "b", "c"]}
    >>> chat = {"messages": [found, {"role": "user"}]}
    >>> fitted(chat, lambda one: len(one["messages"][0].get("documents", ())), 2)["messages"][0]
    {'role': 'retrieval', 'documents': ['a', 'b']}
    """
    if length(conversation) <= room:
        return conversation
    kept = deepcopy(dict(conversation))
    while drop_last_document(kept):
        if length(kept) <= room:
            return kept
    return None


def drop_last_document(conversation: Mapping[str, Any]) -> bool:
    """Take the last document out of a conversation; return False where there is none.

    A message, or a hop, that holds no more documents is taken out with it.
    """
    messages = conversation["messages"]
    for place in reversed(range(len(messages))):
        message = messages[place]
        if message.get("role") != "retrieval":
            continue
        parts = message.get("hops", [message])
        while parts and not parts[-1]["documents"] and parts[-1] is not message:
            parts.pop()
        if parts and parts[-1]["documents"]:
            parts[-1]["documents"].pop()
        if not any(part["documents"] for part in parts):
            del messages[place]
        return True
    return False
