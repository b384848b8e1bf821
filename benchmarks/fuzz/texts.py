"""Hostile text: made of pieces that have broken parsers, and by mutation of text that is fine.

Everything comes from one generator, so that a seed and a number give the same text again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
Rng = np.random.Generator

MARKERS: tuple[str, ...] = (
    *("Step 1:", "Step 2:", "The problem analysis:", "The retrieval query:", "The final answer:"),
    *("The retrieval documents:", "The question:", "The environment note:", "\nStep 2:\n"),
    *("<think>", "</think>", "<search>", "</search>", "<answer>", "</answer>", "<information>"),
    *("</information>", "<result>", "</result>", "<select>", "</select>", "<r>", "</r>", "<facts>"),
    *("Nodes:", "Edges:", "A: who is it (General)", "B: of {A} (News)", "A -> B", "A -> A", "{A}"),
    *(
        "[RETRIEVAL_START]",
        "[RETRIEVAL_END]",
        "[DOC_1]",
        "[/DOC_1]",
        "[HOP_1]",
        "Query:",
        "Answer:",
    ),
    *("\nQuery: ", "\nAnswer: ", "Title: ", "Content: ", " | ", "Doc 1(Title: x) y", "[0] a, b, c"),
    *(
        "none",
        "stop",
        "0",
        "1, 2",
        "-1",
        "999999999999999999999",
        "1e400",
        "٣",
        "²",
        "nothing found",
    ),
    *(
        "<|im_start|>",
        "<|im_end|>",
        "</s>",
        "<|endoftext|>",
        "see above: [x]",
        "Node A (General): ",
    ),
)
"""What a grammar, or a model's tokenizer, reads as more than text."""

ODD: tuple[str, ...] = (
    *("\x00", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u2029", "\t", "\r", "\r\n", "\n", "\n\n", " "),
    *("\ud800", "\udfff", "\ud83d", "\u200b", "\u200d", "\u200e", "\u202e", "\u2066", "\ufeff"),
    *("\u0301", "\u0301" * 40, "\u00ad", "\u3164", "\u115f", "\ufdfa", "\U000e0041", "\U0001f600"),
    *("\uff1c\uff53\uff45\uff41\uff52\uff43\uff48\uff1e", "\uff34\uff48\uff45", "\u0130", "\u1e9e"),
    *("ﬁ", "ǅ", "東京", "สวัสดี", "עברית", "مرحبا", "\u0905\u0902", "ß", "œ", "№", "½", "①", "Ⅷ"),
    *("&lt;", "&", "%s", "{0}", "{", "}", "\\", "\\n", "\\u0000", '"', "'", "`", "[bold]", "[/]"),
    *(
        "../../etc/passwd",
        "file:///",
        "'; DROP TABLE x; --",
        "${jndi:x}",
        "NaN",
        "Infinity",
        "null",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "<<",
        "?",
        "!",
        "...",
        ",",
        ";",
        ":",
        "-",
        "--",
        "->",
        "/",
        "|",
    ),
    *("a", "I", "1815", "3.14", "1,000", "U.S.", "the", "The", "of", "yes and no", "Ada Lovelace"),
)
"""Characters and words that normalisers, regular expressions and encoders trip over."""

PIECES = (*MARKERS, *ODD)


def pick(rng: Rng, choices: Sequence[T]) -> T:
    """Return one of them; many times as fast as `rng.choice`."""
    return choices[int(rng.random() * len(choices))]


def hostile(rng: Rng, pieces: int = 12) -> str:
    """Return a text of up to so many pieces; one in 25 is very long, and repeats itself.

    >>> hostile(np.random.default_rng(0)) == hostile(np.random.default_rng(0))
    True
    """
    count = int(rng.random() * (pieces + 1))
    between = pick(rng, ("", " ", "", "\n", " "))
    text = between.join([pick(rng, PIECES) for _ in range(count)])
    return repeated(rng, text) if rng.random() < 0.04 else text


def repeated(rng: Rng, text: str) -> str:
    """Return a text many times over, up to 100,000 characters: what is quadratic shows."""
    size = pick(rng, (1_000, 1_025, 8_000, 16_384, 16_385, 20_001, 100_000))
    unit = pick(rng, (text, pick(rng, PIECES), pick(rng, PIECES) + pick(rng, PIECES))) or "a"
    return (unit * (size // len(unit) + 1))[:size]


def mutated(rng: Rng, text: str) -> str:
    """Return a text with one to three changes."""
    for _ in range(1 + int(rng.random() * 3)):
        text = pick(rng, _MUTATIONS)(rng, text)
    return text


def _cut(rng: Rng, text: str) -> tuple[int, int]:
    start, end = sorted((int(rng.random() * (len(text) + 1)), int(rng.random() * (len(text) + 1))))
    return start, end


def _insert(rng: Rng, text: str) -> str:
    at = int(rng.random() * (len(text) + 1))
    return text[:at] + pick(rng, PIECES) + text[at:]


def _delete(rng: Rng, text: str) -> str:
    start, end = _cut(rng, text)
    return text[:start] + text[min(end, start + 12) :]


def _double(rng: Rng, text: str) -> str:
    start, end = _cut(rng, text)
    return text[:end] + text[start:]


def _truncate(rng: Rng, text: str) -> str:
    return text[: int(rng.random() * (len(text) + 1))]


def _surround(rng: Rng, text: str) -> str:
    return pick(rng, PIECES) + text + pick(rng, PIECES)


def _widen(rng: Rng, text: str) -> str:
    """Make one character full-width, which looks alike and folds to it."""
    at = int(rng.random() * max(len(text), 1))
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text[at : at + 1])
    return text[:at] + wide + text[at + 1 :]


def _flood(rng: Rng, text: str) -> str:
    """Put a very long run somewhere."""
    if rng.random() < 0.8:
        return _insert(rng, text)
    at = int(rng.random() * (len(text) + 1))
    return text[:at] + repeated(rng, text[:20]) + text[at:]


def _turn(rng: Rng, text: str) -> str:
    return pick(rng, (text.upper(), text.lower(), text[::-1], text.replace("\n", " "), text * 2))


def _swap(rng: Rng, text: str) -> str:
    """Put one marker in the place of another that is there."""
    there = [marker for marker in MARKERS if marker in text]
    return text.replace(pick(rng, there), pick(rng, MARKERS), 1) if there else text


_MUTATIONS: tuple[Callable[[Rng, str], str], ...] = (
    *(
        _insert,
        _insert,
        _delete,
        _double,
        _truncate,
        _surround,
        _widen,
        _flood,
        _turn,
        _swap,
        _swap,
    ),
)


def odd_value(rng: Rng, depth: int = 0) -> Any:
    """Return any JSON value: of every type, nested, huge, or text that is hostile."""
    kind = int(rng.random() * (9 if depth < 3 else 7))
    if kind == 7:
        return [odd_value(rng, depth + 1) for _ in range(int(rng.random() * 4))]
    if kind == 8:
        return {hostile(rng, 2): odd_value(rng, depth + 1) for _ in range(int(rng.random() * 4))}
    if kind < 3:
        return hostile(rng, 4)
    return pick(rng, _VALUES)


_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 3, 2**53, 2**64, 10**30, -(2**70), 0.5, -0.0, 1e308, 1e-320),
    *("", " ", [], {}, [[]], [{}], [None], {"": None}, [[[[[[]]]]]], ["a"], {"a": "b"}),
)
