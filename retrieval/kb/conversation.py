"""Conversations with retrieved documents in them.

A conversation is `{"messages": [{"role", "content"}, ...]}` with whatever else; it is copied, never
changed. Knows of retrieval only a function from a query to what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from ...errors import ConfigError
from .retrieved import RetrievedDocument

POSITIONS = ("before_user", "after_system")
"""Where retrieved documents go: before the last user message, or after the first system one."""


def augment(
    conversation: Mapping[str, Any],
    find: Callable[[str], Sequence[RetrievedDocument]],
    position: str = "before_user",
) -> dict[str, Any]:
    """Return a copy of a conversation with what was found for its last user message.

    The documents are one message more, `{"role": "retrieval", "documents": [...]}`. Where there is
    no user message, the last one has no text, or nothing was found, the copy says what the
    original says.

    Args:
        conversation: `{"messages": [...]}`; other keys are kept.
        find: Called with the text of the last user message.
        position: One of `POSITIONS`; `after_system` is the start if there is no system message.

    Raises:
        ConfigError: If the position is unknown, or this is no conversation.

    >>> chat = {"messages": [{"role": "system", "content": "."}, {"role": "user", "content": "?"}]}
    >>> found = augment(chat, lambda query: [RetrievedDocument("a", "", "text")], "after_system")
    >>> [message["role"] for message in found["messages"]]
    ['system', 'retrieval', 'user']
    """
    _check_position(position)
    query = query_of(conversation)
    found = (find(query) if query.strip() else None) or ()
    told = [document.to_dict() for document in found]
    message = {"role": "retrieval", "documents": told} if told else None
    return with_retrieval(conversation, message, position)


def query_of(conversation: Mapping[str, Any]) -> str:
    """Return the text of the last user message; empty where there is none.

    Raises:
        ConfigError: If this is no conversation.

    >>> query_of({"messages": [{"role": "user", "content": "Who?"}]})
    'Who?'
    """
    users = [each for each in messages_of(conversation) if each.get("role") == "user"]
    return text_of(users[-1]) if users else ""


def with_retrieval(
    conversation: Mapping[str, Any],
    message: Mapping[str, Any] | None,
    position: str = "before_user",
) -> dict[str, Any]:
    """Return a copy of a conversation with a message of what was retrieved.

    Args:
        conversation: `{"messages": [...]}`; other keys are kept.
        message: What to put there; None for a copy alone.
        position: One of `POSITIONS`; `after_system` is the start if there is no system message.

    Raises:
        ConfigError: If the position is unknown, or this is no conversation.
    """
    _check_position(position)
    messages = messages_of(conversation)
    copy = {**deepcopy(dict(conversation)), "messages": deepcopy(list(messages))}
    users = [n for n, each in enumerate(messages) if each.get("role") == "user"]
    if message is not None and (users or position == "after_system"):
        place = users[-1] if position == "before_user" else _after_system(messages)
        copy["messages"].insert(place, deepcopy(dict(message)))
    return copy


def _check_position(position: str) -> None:
    if position not in POSITIONS:
        close = get_close_matches(str(position), POSITIONS, n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ConfigError(
            f"insert_position is {position!r}; it is one of: {', '.join(POSITIONS)}.{hint}"
        )


def messages_of(conversation: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the messages of a conversation.

    Raises:
        ConfigError: If this is no conversation.
    """
    messages = conversation.get("messages") if isinstance(conversation, Mapping) else None
    if not isinstance(messages, list | tuple) or not all(isinstance(m, Mapping) for m in messages):
        raise ConfigError(
            f"{conversation!r:.80} is no conversation; give "
            '{"messages": [{"role": "user", "content": "..."}, ...]}.'
        )
    return messages


def text_of(message: Mapping[str, Any]) -> str:
    """Return what a message says; its content is a string, or parts of which some are text."""
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _after_system(messages: Sequence[Mapping[str, Any]]) -> int:
    systems = (n for n, message in enumerate(messages) if message.get("role") == "system")
    return next(systems, -1) + 1
