"""Text to tokens and back, piece by piece: what every part of an episode in tokens needs.

Pieces are encoded alone and put one behind the other, so a piece must begin neither with a space
that the tokenizer adds to every text nor with a start token. Text of questions and documents is
never read as a control token, whatever it says. Knows tokenizers of the library transformers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_ANCHORS = ("\n", ".", "a")
"""Texts to stand before a piece, so that the piece is not the beginning; one of them joins no
token of the piece."""


class TextCodec:
    """Encodes and decodes pieces of text.

    Args:
        tokenizer: A tokenizer of the library transformers.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._anchors: list[tuple[str, list[int]]] = []
        if self.decode(self.encode("a") + self.encode("a")) != "aa":
            self._anchors = [(text, self._ids(text, False)) for text in _ANCHORS]
        bos = tokenizer.bos_token_id
        adds = bos is not None and tokenizer.encode("a", add_special_tokens=True)[:1] == [bos]
        self.bos: list[int] = [bos] if adds else []
        """What stands before a text where the tokenizer begins texts with something."""

    def encode(self, text: str, *, control: bool = False) -> list[int]:
        """Return the tokens of a piece that stands behind others.

        Args:
            text: The piece.
            control: Whether control tokens that the text names are meant, as in a chat template.
        """
        if not text:
            return []
        for anchor, before in self._anchors:
            ids = self._ids(anchor + text, control)
            if ids[: len(before)] == before:
                return ids[len(before) :]
        return self._ids(text, control)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of tokens that stand behind others; control tokens say nothing."""
        if not self._anchors:
            return self._text(ids)
        _, before = self._anchors[0]
        return self._text([*before, *ids])[len(self._text(before)) :]

    def _ids(self, text: str, control: bool) -> list[int]:
        ids = self.tokenizer.encode(
            text, add_special_tokens=False, split_special_tokens=not control
        )
        return list(ids)

    def _text(self, ids: Sequence[int]) -> str:
        text = self.tokenizer.decode(
            list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return str(text)
