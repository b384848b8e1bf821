"""Query generators: what to search for next, given what was found.

A generator is a function of the question and the hops so far, and returns the next query, or None
to stop. A multi-hop question leaves out the name that joins its documents; it stands in the first
of them. Those here look for it by rule and need no model; `llm` asks a language model, and a
user's own goes wherever a name does. Used by recursive and by `hopgym/RAG-v0`; they know no
retriever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import Formatter
from typing import Any, Protocol, runtime_checkable

from ..core import Document
from ..errors import ConfigError, HopgymError, RetrievalError, named, told
from ..files import fingerprint
from ..registry import Registry
from .analyzer import stop_words
from .links import Titles, bare_title
from .options import check_options, split_options

_WORD = re.compile(r"\w+")
_JOINED = r"(?:of|the|de|la|von|van|der|di|da|du|del|al|bin|y)"
_BETWEEN = r"(?:[ '\-]|(?<=\b\w)\. ?)"  # a full stop belongs to a name after an initial only
_NAME = re.compile(rf"[^\W\d_a-z]\w*(?:{_BETWEEN}(?:{_JOINED} ){{0,3}}[^\W\d_a-z]\w*)*")
_TEMPLATE = "{name} {question}"
_OF_DOCUMENTS = {"title", "rest", "name"}
_FIELDS = {*_OF_DOCUMENTS, "question", "query", "hop"}
_HOW = (
    "give a text, or a list of texts, with fields of: "
    f"{', '.join(f'{{{name}}}' for name in sorted(_FIELDS))}."
)
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


class TemplateGenerator:
    """Fills a template from the question and from what the best document says.

    Its fields are `{question}`, `{rest}` (the question without the document's title), `{query}`
    (the last one), `{hop}` (the number of the next search), `{title}` of the document, and
    `{name}`: the first name in its text that no query has had.

    Args:
        documents: Taken, as every generator's are, and ignored.
        template: One for all hops, or a list with one for each hop after the first; after its
            last there is nothing left to ask.

    Raises:
        ConfigError: If it is no such template, or has another field.

    >>> vel = Document("a", "Vel", "A film by Ada Orm.")
    >>> ask = TemplateGenerator(template=["Where was {name} born?"])
    >>> ask("Where was the director of Vel born?", [Hop(1, "Vel", (vel,), (1.0,), (True,))])
    'Where was Ada Orm born?'
    """

    def __init__(
        self, documents: Iterable[Document] = (), *, template: str | Sequence[str] = _TEMPLATE
    ) -> None:
        self._again = isinstance(template, str)
        if not isinstance(template, str | list | tuple) or not template:
            raise ConfigError(f"template is {template!r:.100}; {_HOW}")
        self._templates = (template,) if isinstance(template, str) else tuple(template)
        self._fields = [_fields_of(one) for one in self._templates]

    @property
    def fingerprint(self) -> str:
        """A name of the rule and its templates."""
        return fingerprint(["template", self._again, *self._templates])

    def __call__(self, question: str, hops: Sequence[Hop]) -> str | None:
        """Return the template, filled in, or None if nothing is left to fill it with."""
        place = 0 if self._again else len(hops) - 1
        if not 0 <= place < len(self._templates) or not hops:
            return None
        asked = {_folded(text) for text in (question, *(hop.query for hop in hops))}
        shared = {"question": question, "query": hops[-1].query, "hop": len(hops) + 1}
        for own in self._fillings(self._fields[place], question, hops, asked):
            query = " ".join(self._templates[place].format(**shared, **own).split())
            if query and _folded(query) not in asked:
                return query
        return None

    def _fillings(
        self, fields: set[str], question: str, hops: Sequence[Hop], asked: set[str]
    ) -> Iterator[dict[str, str]]:
        """Yield what the documents have for the fields, the best first."""
        if not fields & _OF_DOCUMENTS:
            yield {}
            return
        known = f" {' | '.join(asked)} "
        for document in _best(hops):
            title = bare_title(document.title)
            own = {"title": title, "rest": _without(question, title)}
            names = _names(document.text) if "name" in fields else iter([""])
            for name in names:
                if not name or f" {_folded(name)} " not in known:
                    yield {**own, "name": name}


GENERATORS: Registry[QueryGenerator] = Registry("query generator", "hopgym retrievers")
"""Name to factory; a factory takes the documents."""

GENERATORS.register("titles", "The titles that the best hits mention.", TitleGenerator)
GENERATORS.register("entities", "The names that stand in the best hits.", EntityGenerator)
GENERATORS.register(
    "adaptive",
    "Another's, until the documents cover the question: adaptive?generator=titles&enough=0.9.",
    "hopgym.retrieval.adaptive:AdaptiveGenerator",
)
GENERATORS.register(
    "template",
    "A text of yours, filled from the best hits: template?template=...",
    TemplateGenerator,
)
GENERATORS.register(
    "llm",
    "A language model's next query: llm?model=FOLDER.",
    "hopgym.agents.refrag.query_generator:LLMQueryGenerator",
)


def make_generator(
    generator: str | QueryGenerator, documents: Sequence[Document] = ()
) -> QueryGenerator:
    """Return a query generator by name, with options behind a `?`, or as it is.

    Args:
        generator: `"titles"`, `"template?template={title} {question}"`, `"module:attribute"` of a
            factory, or a generator.
        documents: What is searched.

    Raises:
        UnknownNameError: If there is none of that name.
        ConfigError: If it takes no such option, or is no query generator.

    >>> make_generator("template?template={title} born")._templates
    ('{title} born',)
    """
    made: Any = generator
    if isinstance(generator, str):
        name, options = split_options(generator)
        factory = GENERATORS.get(name)
        check_options(factory, name, options, ("the documents",))
        made = factory(documents, **options)
    if not isinstance(made, QueryGenerator) or isinstance(made, type):
        raise ConfigError(
            f"{generator!r:.100} is no query generator: it needs `fingerprint` and to be called "
            f"with a question and its hops. Known: {', '.join(GENERATORS)}."
        )
    return made


def next_query(generator: QueryGenerator, question: str, hops: Sequence[Hop]) -> str | None:
    """Return what a generator asks next; None where it stops, or asks what was asked before.

    Raises:
        ConfigError: If it returned something else than a query or None.
        RetrievalError: If it failed.
    """
    try:
        query = generator(question, tuple(hops))
    except HopgymError:
        raise
    except Exception as error:
        raise RetrievalError(
            f"The query generator {named(generator)} failed with {told(error)}."
        ) from error
    if query is not None and not isinstance(query, str):
        raise ConfigError(
            f"The query generator {type(generator).__name__} returned {query!r:.60}; "
            "it must return the next query, or None to stop."
        )
    asked = {_spaced(hop.query) for hop in hops}
    return None if not query or not query.strip() or _spaced(query) in asked else query


def _spaced(query: str) -> str:
    return " ".join(query.lower().split())


def _fields_of(template: Any) -> set[str]:
    """Return the fields of a template, refusing what is none."""
    try:
        parts = list(Formatter().parse(template))
    except (ValueError, TypeError):
        raise ConfigError(f"template is {template!r:.100}; {_HOW}") from None
    fields = {name for _, name, _, _ in parts if name is not None}
    if fields - _FIELDS or any(spec or conversion for _, _, spec, conversion in parts):
        raise ConfigError(f"template is {template!r:.100}; {_HOW}")
    return fields


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
