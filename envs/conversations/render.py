"""From a conversation to the tokens that a model reads, and which of them it is to learn.

Messages stand in any order: system, user, assistant and retrieval, as often as wanted. Where the
tokenizer has `CHAT_TOKENS`, each message stands between two of them; else the tokenizer's own chat
template lays the conversation out, and documents stand before what the user says next. What people
and documents say is never read as a control token; what the assistant cites (`[DOC_2]`) is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...errors import ConfigError, DataError
from ...retrieval.kb.conversation import messages_of, text_of
from ..grammars.boundaries import BOUNDARY_TOKENS, MOST_DOCUMENTS
from .shown import retrieval_text, shown_by
from .tokens import CHAT_ROLES, CHAT_TOKENS, control_ids

_BOUNDARIES = re.compile("|".join(map(re.escape, BOUNDARY_TOKENS)))
_CITED = re.compile("|".join(rf"\[DOC_{n}\]" for n in range(1, MOST_DOCUMENTS + 1)))
_CONTENT = re.compile(r"HOPGYM([0-9]+)CONTENT")


class Rendered(NamedTuple):
    """Tokens, and a mask of the same length."""

    ids: list[int]
    mask: list[int]
    """1 on what the assistant says and on its end token; 0 elsewhere."""


class Turn(NamedTuple):
    """A message as tokens."""

    role: str
    ids: list[int]


def render_rag_conversation_for_tokenizer(
    conversation: Mapping[str, Any], tokenizer: Any, *, limit: int | None = None
) -> Rendered:
    """Return the tokens of a conversation, and a mask of what is to be learnt.

    Args:
        conversation: `{"messages": [...]}`.
        tokenizer: With the boundaries as tokens (see `add_boundary_tokens`).
        limit: Characters of each document's text; None shows all.

    Raises:
        ConfigError: If this is no conversation, or the tokenizer lacks boundaries, or can lay out
            no chat.
        DataError: If a message has an unknown role or no text.
    """
    return Renderer(tokenizer, limit=limit).render(conversation)


class Renderer:
    """Renders conversations for one tokenizer.

    Args:
        tokenizer: With the boundaries as tokens (see `add_boundary_tokens`).
        limit: Characters of each document's text; None shows all.

    Raises:
        ConfigError: If the tokenizer lacks boundaries, or can lay out no chat.
    """

    def __init__(self, tokenizer: Any, *, limit: int | None = None) -> None:
        self.tokenizer = tokenizer
        self.limit = limit
        self._control = control_ids(tokenizer)
        self.has_chat_tokens = all(token in self._control for token in CHAT_TOKENS)
        if not self.has_chat_tokens and not getattr(tokenizer, "chat_template", None):
            raise ConfigError(
                "The tokenizer has neither a chat template nor the tokens of a chat. Call "
                "`add_boundary_tokens(tokenizer, model, chat=True)` first."
            )
        bos = tokenizer.bos_token_id
        begins = bos is not None and tokenizer.encode("a")[:1] == [bos]
        self._begin = [int(bos)] if begins else []

    @property
    def ends(self) -> frozenset[int]:
        """The tokens that end what the assistant says."""
        own = self._control.get("<|assistant_end|>") if self.has_chat_tokens else None
        found = (own, self.tokenizer.eos_token_id)
        return frozenset(int(token) for token in found if token is not None)

    @property
    def cited(self) -> dict[int, str]:
        """The tokens by which documents are cited, and what they say."""
        return {id: token for token, id in self._control.items() if _CITED.fullmatch(token)}

    def render(self, conversation: Mapping[str, Any]) -> Rendered:
        """Return a conversation as tokens, and the mask."""
        turns = self._turns(conversation)
        return self._by_tokens(turns) if self.has_chat_tokens else self._by_template(turns, False)

    def prompt(self, conversation: Mapping[str, Any]) -> list[int]:
        """Return a conversation as tokens, up to where the assistant is to speak."""
        turns = self._turns(conversation)
        if self.has_chat_tokens:
            return [*self._by_tokens(turns).ids, self._control["<|assistant_start|>"]]
        return self._by_template(turns, True).ids

    def decode(self, ids: Sequence[int]) -> str:
        """Return what the assistant said: its citations too, and no other control token."""
        said, run, cited = "", list[int](), self.cited
        for id in [*ids, -1]:
            if id >= 0 and id not in cited:
                run.append(id)
                continue
            said += self._text(run) if run else ""
            run = []
            if id >= 0:
                said += f" {cited[id]}" if said and not said[-1].isspace() else cited[id]
        return said

    def _text(self, ids: list[int]) -> str:
        decode = self.tokenizer.decode
        return str(decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _turns(self, conversation: Mapping[str, Any]) -> list[Turn]:
        turns, first = [], 1
        for place, message in enumerate(messages_of(conversation)):
            role: Any = message.get("role")  # what is none of ours, `_said` refuses
            if role == "retrieval":
                text = retrieval_text(message, first, self.limit)
                first += len(shown_by(message))
                turns.append(Turn(role, self._encode(text, _BOUNDARIES)))
            else:
                said = _said(message, role, place)
                pattern = _CITED if role == "assistant" else None
                turns.append(Turn(role, self._encode(said, pattern)))
        return turns

    def _encode(self, text: str, control: re.Pattern[str] | None = None) -> list[int]:
        """Return the tokens of a text; what the pattern finds is a control token each."""
        if control is None:
            return self._plain(text)
        ids: list[int] = []
        start = 0
        for found in control.finditer(text):
            before = text[start : found.start()]
            ids += self._plain(before.rstrip(" ") if control is _CITED else before)
            ids.append(self._control[found[0]])
            start = found.end()
        return ids + self._plain(text[start:])

    def _plain(self, text: str) -> list[int]:
        if not text:
            return []
        encode = self.tokenizer.encode
        return list(encode(text, add_special_tokens=False, split_special_tokens=True))

    def _by_tokens(self, turns: Sequence[Turn]) -> Rendered:
        rendered = Rendered([], [])
        _add(rendered, self._begin, 0)
        for role, ids in turns:
            learnt = int(role == "assistant")
            if role == "retrieval":
                _add(rendered, ids, 0)
                continue
            _add(rendered, [self._control[f"<|{role}_start|>"]], 0)
            _add(rendered, [*ids, self._control[f"<|{role}_end|>"]], learnt)
        return rendered

    def _by_template(self, turns: Sequence[Turn], asks: bool) -> Rendered:
        """Lay a conversation out by the chat template: it gets places, which are then filled."""
        turns = self._folded(turns)
        names = [{"role": t.role, "content": f"HOPGYM{n}CONTENT"} for n, t in enumerate(turns)]
        pieces = _CONTENT.split(self._templated(names, asks))
        if [int(place) for place in pieces[1::2]] != list(range(len(turns))):
            raise ConfigError(
                "The tokenizer's chat template leaves messages out or moves them; add the tokens "
                "of a chat instead: `add_boundary_tokens(tokenizer, model, chat=True)`."
            )
        rendered = Rendered([], [])
        _add(rendered, self._template_ids(pieces[0]), 0)
        for turn, after in zip(turns, pieces[2::2], strict=True):
            learnt = int(turn.role == "assistant")
            _add(rendered, turn.ids, learnt)
            following = self._template_ids(after)
            end = self._end_of(following) if learnt else 0
            _add(rendered, following[:end], 1)
            _add(rendered, following[end:], 0)
        return rendered

    def _templated(self, messages: list[dict[str, str]], asks: bool) -> str:
        try:
            return str(
                self.tokenizer.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=asks
                )
            )
        except Exception as error:  # a template raises what it likes, in words of its own
            roles = ", ".join(message["role"] for message in messages)
            raise ConfigError(
                f"The tokenizer's chat template refuses the roles {roles} ({error}). Change the "
                "conversation, or add the tokens of a chat: "
                "`add_boundary_tokens(tokenizer, model, chat=True)`."
            ) from error

    def _template_ids(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False)) if text else []

    def _end_of(self, ids: Sequence[int]) -> int:
        """Return how many tokens end what was said: up to the first control token."""
        control = set(self.tokenizer.all_special_ids)
        return next((n for n, id in enumerate(ids, 1) if id in control), 0)

    def _folded(self, turns: Sequence[Turn]) -> list[Turn]:
        """Put documents before what the user says next; alone, they are a user's message."""
        folded: list[Turn] = []
        waiting: list[int] = []
        for role, ids in turns:
            if role == "retrieval":
                waiting = waiting + self._plain("\n\n") * bool(waiting) + ids
                continue
            if waiting and role != "system":
                if role == "user":
                    ids = waiting + self._plain("\n\n") + ids
                else:
                    folded.append(Turn("user", waiting))
                waiting = []
            folded.append(Turn(role, ids))
        return [*folded, Turn("user", waiting)] if waiting else folded


def _add(rendered: Rendered, ids: Sequence[int], mask: int) -> None:
    rendered.ids.extend(ids)
    rendered.mask.extend([mask] * len(ids))


def _said(message: Mapping[str, Any], role: Any, place: int) -> str:
    if role not in CHAT_ROLES:
        raise DataError(
            f"Message {place} has the role {role!r}; it is one of: {', '.join(CHAT_ROLES)}, "
            "retrieval."
        )
    said = text_of(message)
    if not said and not isinstance(message.get("content"), str):
        raise DataError(f"Message {place} ({role}) has no text: {message.get('content')!r:.60}.")
    return said


__all__ = ["Rendered", "Renderer", "render_rag_conversation_for_tokenizer"]
