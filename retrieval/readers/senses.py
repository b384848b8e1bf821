"""Words that speak of the same thing, and words that say what kind of thing something is.

A small thesaurus of ordinary English for what people ask about people, places, works and firms. It
is a help where a document uses other words than a query; it knows no sentence, and no data set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from ..analyzer import Analyzer

SENSES: Mapping[str, str] = {
    "birth": "birth birthplace birthday born native",
    "death": "death die died dies dead killed deceased deathplace",
    "burial": "burial buried grave tomb cemetery interred",
    "education": "educated education alma studied study student students attended graduate "
    "graduated degree diploma university college school",
    "employment": "employer employed employs employee work works worked job salary staff payroll "
    "hired paid colleague",
    "teaching": "mentor teacher taught teach teaches learned learnt pupil disciple tutor trained "
    "apprentice master",
    "family": "family father mother parent parents son daughter child children brother sister "
    "sibling siblings",
    "marriage": "spouse wife husband married marries marry widow widower partner",
    "citizenship": "citizen citizenship nationality national country origin",
    "founding": "founder founded founding foundation establish established start started began "
    "begun inception formed launched",
    "headquarters": "headquarters headquartered head office offices based seat run",
    "authorship": "author authored wrote written writes write writer novelist penned",
    "publishing": "publisher published publishes publishing printed printing imprint",
    "publication": "publication published appeared appears came issued",
    "directing": "director directed directs filmed filmmaker shot",
    "release": "release released releases premiere premiered screens screen cinemas audience "
    "audiences",
    "adaptation": "adapted adapts adaptation based story script screenplay novel",
    "composing": "composer composed composes music score scored",
    "performing": "singer sings sang sung vocalist voice vocals performer performed recorded "
    "performs fronted",
    "producing": "producer produced produces production manufacturer manufactured",
    "location": "location located situated stands stand lies find found near lie site",
    "architecture": "architect architecture designed designer design plans drew drawn building",
    "construction": "builder built builds constructed construction shipyard yard keel",
    "command": "captain command commands commanded commander skipper helm wheel",
    "exploration": "explorer explored explores expedition map mapped maps discovered",
    "government": "capital government governed governs seat assembly parliament",
    "waters": "river flows flow flowing bank banks bridge bridges mouth source stream",
    "region": "region province county state district towns territory contains belongs",
    "population": "population inhabitants people residents populated live lives lived census",
    "campus": "campus lecture halls students",
    "home": "home hometown house lived lives lived residence",
    "naming": "namesake named name honour honor called eponym",
    "award": "award awarded prize medal won",
    "alias": "known alias nickname called pseudonym",
}
"""Sense to its words. A word may have several."""

KINDS: Mapping[str, str] = {
    "person": "person man woman boy girl",
    "city": "city town village municipality suburb settlement",
    "region": "region province state county district territory prefecture marches",
    "country": "country nation kingdom republic",
    "river": "river stream",
    "university": "university college school institute academy",
    "company": "company firm corporation business inc ltd holdings",
    "museum": "museum gallery",
    "book": "book novel",
    "film": "film movie",
    "band": "band",
    "ship": "ship vessel",
}
"""Kind of thing to its words."""

PERSONS = "who whom author writer director founder mentor teacher singer composer architect captain \
explorer father mother spouse wife husband child sibling performer producer"
PLACES = "where place birthplace location home capital headquarters"


def senses_of(stems: Iterable[str]) -> frozenset[str]:
    table = _table()
    return frozenset(s for stem in stems for s in table.get(stem, ()))


def kinds_of(stems: Iterable[str]) -> frozenset[str]:
    table = _kinds()
    return frozenset(s for stem in stems for s in table.get(stem, ()))


def wanted(stem: str) -> frozenset[str]:
    return _wants().get(stem, frozenset())


def _invert(groups: Mapping[str, str]) -> dict[str, frozenset[str]]:
    stems = Analyzer(stopwords=None)
    found: dict[str, set[str]] = {}
    for name, words in groups.items():
        for stem in stems(words):
            found.setdefault(stem, set()).add(name)
    return {k: frozenset(v) for k, v in found.items()}


@lru_cache(maxsize=1)
def _table() -> dict[str, frozenset[str]]:
    return _invert(SENSES)


@lru_cache(maxsize=1)
def _kinds() -> dict[str, frozenset[str]]:
    return _invert(KINDS)


@lru_cache(maxsize=1)
def _wants() -> dict[str, frozenset[str]]:
    stems = Analyzer(stopwords=None)
    found = dict(_kinds())
    found.update(dict.fromkeys(stems(PERSONS), frozenset(["person"])))
    found.update(dict.fromkeys(stems(PLACES), frozenset(["city", "region", "country"])))
    return found
