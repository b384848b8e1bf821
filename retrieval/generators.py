"""Query generators: what to search for next, given what was found.

A generator is a function of the question and the hops so far, and returns the next query, or None
to stop. A multi-hop question leaves out the name that joins its documents; it stands in the first
of them. These two look for it by rule and need no model; a user's own, such as a language
model's, goes wherever a name does. Used by recursive; they know no retriever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from ..core import Document
from ..files import fingerprint
from ..registry import Registry
from .analyzer import stop_words
from .links import Titles, bare_title

_WORD = re.compile(r"\w+")
_JOINED = r"(?:of|the|de|la|von|van|der|di|da|du|del|al|bin|y)"
_BETWEEN = r"(?:[ '\-]|(?<=\b\w)\. ?)"  # a full stop belongs to a name after an initial only
_NAME = re.compile(rf"[^\W\d_a-z]\w*(?:{_BETWEEN}(?:{_JOINED} ){{0,3}}[^\W\d_a-z]\w*)*")
_NEAR = 8  # characters before a name that tell whether a sentence begins with it


@dataclass(frozen=True, slots=True)
class Hop:
    """One search of a question: what was asked and what came."""

    number: int
    """From 1."""
    query: str
    documents: tuple[Document, ...]
    scores: tuple[float, ...]
    new: tuple[bool, ...]
    """Which of the documents no earlier hop had brought."""


@runtime_checkable
class QueryGenerator(Protocol):
    """Chooses the next query. The same question and hops must give the same query."""

    @property
    def fingerprint(self) -> str:
        """A name of what it does, with every setting."""

    def __call__(self, question: str, hops: Sequence[Hop]) -> str | None:
        """Return the next query, or None if nothing is left to ask."""


class TitleGenerator:
    """Asks about the first title that the best document mentions and the question does not.

    Args:
        documents: What is searched; their titles are looked for.

    >>> vel, ada = Document("a", "Vel", "Directed by Ada Orm."), Document("b", "Ada Orm", "")
    >>> question = "Where was the director of Vel born?"
    >>> TitleGenerator([vel, ada])(question, [Hop(1, question, (vel,), (1.0,), (True,))])
    'Ada Orm Where was the director of born?'
    """

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._documents = documents if isinstance(documents, Sequence) else tuple(documents)

    def __call__(self, question: str, hops: Sequence[Hop]) -> str | None:
        """Return a title with the rest of the question, or None if no title is left."""
        return _next_query(question, hops, self._mentioned)

    def _mentioned(self, document: Document) -> Iterator[str]:
        for position in self._titles.mentioned(document.text):
            yield bare_title(self._documents[position].title)

    @cached_property
    def fingerprint(self) -> str:
        """A name of the rule and of the titles that it looks for, in their order."""
        # ascii: a title that is no valid Unicode has a name too
        return fingerprint(["titles", *(ascii(document.title) for document in self._documents)])

    @cached_property
    def _titles(self) -> Titles:
        return Titles([document.title for document in self._documents])


class EntityGenerator:
    """Asks about the first name in the best document that the question does not have.

    Names are runs of words with capital letters, so that it needs to know no titles.

    Args:
        documents: Taken, as every generator's are, and ignored.

    >>> vel = Document("a", "Vel", "A film by Ada Orm.")
    >>> question = "Where was the director of Vel born?"
    >>> EntityGenerator()(question, [Hop(1, question, (vel,), (1.0,), (True,))])
    'Ada Orm Where was the director of born?'
    """

    fingerprint = "entities"

    def __init__(self, documents: Iterable[Document] = ()) -> None: ...

    def __call__(self, question: str, hops: Sequence[Hop]) -> str | None:
        """Return a name with the rest of the question, or None if no name is left."""
        return _next_query(question, hops, lambda document: _names(document.text))


GENERATORS: Registry[QueryGenerator] = Registry("query generator", "hopgym retrievers")
"""Name to factory; a factory takes the documents."""

GENERATORS.register("titles", "The titles that the best hits mention.", TitleGenerator)
GENERATORS.register("entities", "The names that stand in the best hits.", EntityGenerator)


def _next_query(
    question: str, hops: Sequence[Hop], mentioned: Callable[[Document], Iterable[str]]
) -> str | None:
    """Return the first new name with what the question says beyond the document's own title."""
    asked = [question, *(hop.query for hop in hops)]
    for document in _best(hops):
        known = f" {' | '.join(map(_folded, [*asked, document.title]))} "
        for name in mentioned(document):
            if f" {_folded(name)} " not in known:
                return f"{name} {_without(question, bare_title(document.title))}".strip()
    return None


def _best(hops: Sequence[Hop]) -> Iterator[Document]:
    """Yield the new documents of the latest hop first, best first."""
    for hop in reversed(hops):
        for document, new in zip(hop.documents, hop.new, strict=True):
            if new:
                yield document


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _without(question: str, title: str) -> str:
    if not title:
        return question
    found = re.compile(rf"(?<!\w){re.escape(title)}(?!\w)\s*", re.IGNORECASE)
    return found.sub("", question)


def _names(text: str) -> Iterator[str]:
    """Yield runs of words with capital letters.

    A sentence's first word has one too: alone it is no name, and a stop word is none of a name's.
    """
    for match in _NAME.finditer(text):
        name, start = match.group(), match.start()
        before = text[max(0, start - _NEAR) : start].rstrip()
        first, _, rest = name.partition(" ")
        if first.lower() in stop_words("english_plus"):
            name = rest
        elif not rest and (not before or before[-1] in ".!?\"\u201c\u201d'("):
            continue
        if len(name) > 2:
            yield name
