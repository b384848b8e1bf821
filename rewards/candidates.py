"""What a question leaves to choose from: "Which is older, Vel or Ull?" has two candidates.

It knows how choices are written in English, by "or", "and" and commas, and nothing of who is right.
Used by the closures of the DagSearch reward, to tell a choice from a copy of all that was asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from .words import content_words, words

_TOKEN = re.compile(r"[^\W_]+|[,;:?!/&()\u2013\u2014]")
_CHOICE = frozenset(["or", "and", "vs", "versus", "nor", ",", "/", "&"])
_END = frozenset(";:?!\u2013\u2014")
_BETWEEN = 3
"""Words that may stand between a candidate and the "or" beside it: "Vel (1990 film) or Ull"."""
_LONGEST = 8
"""Words of an accepted answer that may stand in the question in part."""


class _Token(NamedTuple):
    words: tuple[str, ...]
    mark: str
    """What parts candidates or ends them, else nothing."""
    names: bool
    """Whether it is capitalised, behind the first word, or a number."""


def candidates(question: str, golds: Sequence[tuple[str, ...]]) -> tuple[frozenset[str], ...]:
    """Return, for each candidate of a question, the words that name it and no other.

    The first is the accepted answer; then what stands beside it, parted by "or" and the like; or
    else whatever the question names. None at all if no accepted answer stands in the question.

    Args:
        question: Its text.
        golds: The words of the accepted answers.

    >>> [sorted(own) for own in candidates("Which film is older, Vel or Orm Hill?", [("vel",)])]
    [['vel'], ['hill', 'orm']]
    >>> candidates("Who directed Vel?", [("ada",)])
    ()
    """
    return _candidates(question, tuple(golds))


def stands_in(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Return whether words stand in others one after the other.

    >>> stands_in(("vel", "orm"), ("is", "vel", "orm")), stands_in((), ("vel",))
    (True, False)
    """
    return _place(part, whole) is not None


@lru_cache(maxsize=4_096)
def _candidates(question: str, golds: tuple[tuple[str, ...], ...]) -> tuple[frozenset[str], ...]:
    tokens = _tokens(question)
    flat = [(place, word) for place, token in enumerate(tokens) for word in token.words]
    asked = [word for _, word in flat]
    for gold in (part for each in golds for part in _written(each, "or" in asked)):
        start = _place(gold, asked)
        if start is not None:
            first, last = flat[start][0], flat[start + len(gold) - 1][0]
            return _distinguished(frozenset(gold), tokens[:first][::-1], tokens[last + 1 :])
    return ()


def _written(gold: tuple[str, ...], chooses: bool) -> Iterator[tuple[str, ...]]:
    """Yield how a question may write an accepted answer: whole, or where it lets choose, in part."""
    yield gold
    size = len(gold) if len(gold) <= _LONGEST else 0
    for length in range(size - 1, size // 2 if chooses else size, -1):
        for start in range(size - length + 1):
            part = gold[start : start + length]
            if content_words(" ".join(part)):
                yield part


def _distinguished(
    gold: frozenset[str], left: list[_Token], right: list[_Token]
) -> tuple[frozenset[str], ...]:
    cased = any(token.names for token in (*left, *right))
    rivals = [*_beside(left, cased, after_comma=False), *_beside(right, cased, after_comma=True)]
    rest = Counter(word for token in (*left, *right) for word in token.words)
    if not rivals:
        rivals = [list(token.words) for token in (*left, *right) if token.names]
    rest.subtract(word for rival in rivals for word in rival)
    owns = [_own(rival, gold, {word for word, n in rest.items() if n > 0}) for rival in rivals]
    accepted = gold.difference(*rivals) & content_words(" ".join(gold)) or gold.difference(*rivals)
    return (accepted, *(own for own in owns if own))


def _own(rival: Sequence[str], gold: frozenset[str], rest: set[str]) -> frozenset[str]:
    """Return the words of a candidate that nothing else in the question has; or at least not gold."""
    tells = (content_words(" ".join(rival)) or frozenset(rival)) - gold
    return tells - rest or tells


def _beside(tokens: list[_Token], cased: bool, *, after_comma: bool) -> Iterator[list[str]]:
    """Yield the words of the candidates on one side of the accepted one, the nearest first.

    Args:
        tokens: From the accepted one outwards.
        cased: Whether the question writes names with capitals.
        after_comma: Whether words may stand between a comma and the name that it parts.
    """
    mark, gap = "", 0
    run: list[str] = []
    for token in tokens:
        if token.mark in _END or gap > _BETWEEN:
            break
        if token.mark in _CHOICE:
            if run:
                yield run
            mark, run, gap = (mark if token.mark == "," and not run and mark else token.mark), [], 0
        elif mark and token.words and (token.names or _is_first(token, cased, mark)):
            run.extend(token.words)
            if not cased:
                break
        elif token.words and not _is_small(token):
            if run or (mark == "," and not after_comma):
                break
            gap += 1
    if run:
        yield run


def _is_first(token: _Token, cased: bool, mark: str) -> bool:
    """Whether a word beside "or" stands for a name, where names have no capitals."""
    return not cased and mark not in (",", "/") and not _is_small(token)


def _is_small(token: _Token) -> bool:
    return not content_words(" ".join(token.words))


def _tokens(question: str) -> list[_Token]:
    found: list[_Token] = []
    for text in _TOKEN.findall(unicodedata.normalize("NFKC", question)):
        if text.lower() in _CHOICE or not text[0].isalnum():
            found.append(_Token(words(text), text.lower(), False))
        else:
            names = (bool(found) and text[0].isupper()) or any(map(str.isdigit, text))
            found.append(_Token(words(text), "", names))
    return found


def _place(part: Sequence[str], whole: Sequence[str]) -> int | None:
    size = len(part)
    if not size:
        return None
    fits = (n for n in range(len(whole) - size + 1) if tuple(whole[n : n + size]) == tuple(part))
    return next(fits, None)
