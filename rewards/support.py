"""Whether a claim is supported by one of the documents that were shown: who can tell, by name.

`lexical` is the default: words, offline, the same everywhere. `nli` is a model for natural language
inference, `judge` any judge that has `support`. To add one: a class with `name` and `check`, and
`register("mine", "How it tells.", Mine)`; or give it as `file.py:Mine`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, cast, runtime_checkable

from ..errors import ConfigError, RewardError, named, users_code
from ..registry import Registry
from ..retrieval.base import check_number
from ..retrieval.options import check_options, split_options
from .claims import NEGATIONS, said_plainly, wanted
from .words import words

STEM = 5
"""Letters by which words that are no names are compared: "director" and "directed"."""


class Checkable(NamedTuple):
    """A claim and what it may rest on."""

    claim: str
    documents: tuple[str, ...]
    """Title and text of each."""
    question: str = ""
    """What was asked; "" where it is unknown."""


class Support(NamedTuple):
    """Whether a claim is supported."""

    supported: bool
    document: int | None = None
    """Which document supports it, from 0, where that is known."""
    reason: str = ""
    unscored: bool = False
    """Whether it could not be told; then it is neither supported nor unsupported."""


@runtime_checkable
class Supporter(Protocol):
    """Anything that tells whether claims are supported."""

    name: str

    def check(self, items: Sequence[Checkable]) -> list[Support]:
        """Tell it of each, in one call for all."""


class LexicalSupport:
    """A claim is supported if its words stand in one document.

    All names and numbers must, and of its other words that tell something a share: "director"
    stands for "directed". A claim that negates needs a document that negates. Whether the document
    says the same of the same things, words do not tell: for that there are `nli` and `judge`.

    Args:
        least: The share of the other words, from 0 to 1.

    Raises:
        ConfigError: If it is no share.

    >>> claim = Checkable("Ada Orm directed Vel in 1990.", ("Vel is by the director Ada Orm.",))
    >>> LexicalSupport().check([claim])
    [Support(supported=False, document=None, reason='not shown: 1990', unscored=False)]
    """

    name = "lexical"

    def __init__(self, *, least: float = 0.6) -> None:
        check_number("least", least, 0.0, 1.0, example=0.6)
        self.least = least

    def check(self, items: Sequence[Checkable]) -> list[Support]:
        """Look for a document with the words of each claim."""
        return [self._one(item) for item in items]

    def _one(self, item: Checkable) -> Support:
        want = wanted(item.claim, item.question)
        strict, other = want.strict, want.other
        if want.opening and _is_common(want.opening, item.documents):
            strict, other = strict - {want.opening}, other | {want.opening}
        nearest = frozenset(strict)
        for place, document in enumerate(item.documents):
            padded = _padded(document)
            lacking = frozenset(word for word in strict if f" {word} " not in padded)
            if not lacking:
                found = sum(_stands(word, padded) for word in other)
                negates = not want.negated or any(f" {word} " in padded for word in NEGATIONS)
                if negates and found >= self.least * len(other):
                    return Support(True, place)
            nearest = min(nearest, lacking, key=len)
        told = ", ".join(sorted(nearest)) or "its other words"
        return Support(False, reason=f"not shown: {told}" if item.documents else "nothing shown")

    def __repr__(self) -> str:
        return f"LexicalSupport(least={self.least:g})"


SUPPORTERS: Registry[Any] = Registry("support checker", "hopgym rewards")
register = SUPPORTERS.register

register("lexical", "The words of the claim stand in one document.", LexicalSupport)
register("nli", "A model finds that one document entails it.", "hopgym.rewards.nli:NLISupport")
register(
    "judge",
    "A judge that has `support` says so: 'judge?judge=openai?model=…'.",
    "hopgym.rewards.judged_support:JudgeSupport",
)


def make_supporter(spec: str | Supporter) -> Supporter:
    """Return a support checker by name with options, by `module:attribute`, or as it is.

    Raises:
        UnknownNameError: If none has that name.
        ConfigError: If it is none, or an option is unknown.

    >>> make_supporter("lexical?least=0.5")
    LexicalSupport(least=0.5)
    """
    made: Any = spec
    if isinstance(spec, str):
        name, options = split_options(spec)
        made = SUPPORTERS.get(name)
        if isinstance(made, type) or not hasattr(made, "check"):
            check_options(made, name, options, [])
            with users_code("support checker's factory", name):
                made = made(**options)
    if isinstance(made, type) or not callable(getattr(made, "check", None)):
        raise ConfigError(
            f"{named(spec) if isinstance(spec, str) else repr(spec)[:100]} is no support checker: "
            f"it has no `check`. Give one, or a name ({', '.join(SUPPORTERS)})."
        )
    return cast("Supporter", made)


def check_all(supporter: Supporter, items: Sequence[Checkable]) -> list[Support]:
    """Ask about all claims, in one call.

    Raises:
        RewardError: If the checker raised what is no error of ours.
        ConfigError: If it did not return a `Support` for each.
    """
    if not items:
        return []
    with users_code("support checker", supporter, RewardError):
        told = list(supporter.check(items))
    if len(told) != len(items) or not all(isinstance(one, Support) for one in told):
        raise ConfigError(
            f"The support checker {named(supporter)} told {told!r:.80} of {len(items)} claims; "
            "`check` must return a list with one Support for each."
        )
    return told


@lru_cache(maxsize=4_096)
def _padded(document: str) -> str:
    return f" {' '.join(words(said_plainly(document)))} "


def _stands(word: str, padded: str) -> bool:
    """Whether a word stands there, in another form perhaps."""
    return (f" {word[:STEM]}" if len(word) > STEM else f" {word} ") in padded


def _is_common(word: str, documents: Sequence[str]) -> bool:
    """Whether the first word of a claim is an ordinary one: somewhere it stands in lower case."""
    stem = word[:STEM]
    return len(stem) == STEM and any(stem in document for document in documents)
