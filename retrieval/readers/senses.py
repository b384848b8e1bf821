"""Words that speak of the same thing, and words that say what kind of thing something is.

A small thesaurus of ordinary English for what people ask about people, places, works and firms. It
helps where a document says the same in other words than a query, and where a name says what it is
the name of: "Orm University". It knows words, no sentences, and is made for no data set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from ..analyzer import Analyzer

SENSES: Mapping[str, str] = {
    "adaptation": "adapted adapts adaptation based story script screenplay novel",
    "alias": "known alias nickname called pseudonym named",
    "architecture": "architect architecture designed designer design plans building",
    "authorship": "author authored wrote written writes write writer novelist penned",
    "award": "award awarded prize medal won",
    "birth": "birth birthplace birthday born native",
    "burial": "burial buried grave tomb cemetery interred",
    "citizenship": "citizen citizenship nationality national country origin",
    "command": "captain command commands commanded commander skipper",
    "composing": "composer composed composes music score scored",
    "construction": "builder built builds constructed construction",
    "death": "death die died dies dead killed deceased",
    "directing": "director directed directs filmed filmmaker",
    "education": "educated education studied study student students attended graduate graduates "
    "graduated degree diploma university college school",
    "employment": "employer employed employs employee work works worked job salary staff "
    "hired colleague",
    "exploration": "explorer explored explores expedition map mapped maps discovered",
    "family": "family father mother parent parents son daughter child children brother sister "
    "sibling siblings",
    "founding": "founder founded founding foundation establish established start started began "
    "begun inception formed launched",
    "government": "capital government governed governs seat assembly parliament",
    "headquarters": "headquarters headquartered head office offices based seat",
    "home": "home hometown house lived lives residence",
    "location": "location located situated stands stand lies find found near lie site",
    "marriage": "spouse wife husband married marries marry widow widower",
    "naming": "namesake named name honour honor called eponym",
    "performing": "singer sings sang sung vocalist voice vocals performer performed performs "
    "recorded",
    "population": "population inhabitants people residents populated live lives lived census",
    "producing": "producer produced produces production manufacturer manufactured",
    "publication": "publication published appeared appears came issued",
    "publishing": "publisher published publishes publishing printed printing imprint",
    "region": "region province county state district towns territory contains belongs",
    "release": "release released releases premiere premiered",
    "teaching": "mentor teacher taught teach teaches learned learnt pupil disciple tutor trained "
    "apprentice",
    "waters": "river flows flow flowing bank banks bridge bridges mouth source stream",
}
"""What is spoken of, and the words that do. A word may be in several places."""

KINDS: Mapping[str, str] = {
    "band": "band",
    "book": "book novel",
    "city": "city town village municipality suburb settlement",
    "company": "company firm corporation business inc ltd holdings",
    "country": "country nation kingdom republic",
    "film": "film movie",
    "museum": "museum gallery",
    "person": "person man woman boy girl",
    "region": "region province state county district territory prefecture valley",
    "river": "river stream",
    "ship": "ship vessel",
    "university": "university college school institute academy",
}
"""A kind of thing, and the words that say so of a thing, or stand in its name."""

PLACES = frozenset(["city", "region", "country", "place"])
PEOPLES = frozenset(["country", "people"])
_PERSONS = (
    "author writer director founder mentor teacher singer composer architect captain explorer "
    "father mother spouse wife husband child sibling performer producer"
)
_WANTED: Mapping[str, frozenset[str]] = {
    f"who whom whose {_PERSONS}": frozenset(["person"]),
    "where place birthplace location home capital headquarters": PLACES,
    "country nationality citizenship": PEOPLES,
}

Terms = Mapping[str, frozenset[str]]


def senses_of(stems: Iterable[str]) -> frozenset[str]:
    """Return what some stems may speak of.

    >>> sorted(senses_of(["author", "vel"]))
    ['authorship']
    """
    return frozenset().union(*(_senses().get(stem, ()) for stem in stems))


def kinds_of(stems: Iterable[str]) -> frozenset[str]:
    """Return the kinds of things that some stems name.

    >>> sorted(kinds_of(["orm", "colleg"]))
    ['university']
    """
    return frozenset().union(*(_kinds().get(stem, ()) for stem in stems))


def wanted(words: Iterable[str]) -> frozenset[str]:
    """Return the kinds of things that a question's words ask for: the first word that tells counts.

    >>> sorted(wanted(["who", "wrote", "the", "book"]))
    ['person']
    """
    table = _wants()
    return next((table[word] for word in words if word in table), frozenset())


def stem(text: str) -> list[str]:
    """Return the stems of a text, those of stop words too."""
    return _analyzer()(text)


@lru_cache(maxsize=1)
def _analyzer() -> Analyzer:
    return Analyzer(stopwords=None)


@lru_cache(maxsize=1)
def _senses() -> Terms:
    return _inverted(SENSES)


@lru_cache(maxsize=1)
def _kinds() -> Terms:
    return _inverted(KINDS)


@lru_cache(maxsize=1)
def _wants() -> Terms:
    by_words = {word: kinds for words, kinds in _WANTED.items() for word in stem(words)}
    return {**_kinds(), **by_words}


def _inverted(groups: Mapping[str, str]) -> Terms:
    pairs = [(word, group) for group, words in groups.items() for word in stem(words)]
    return {word: frozenset(g for w, g in pairs if w == word) for word, _ in pairs}
