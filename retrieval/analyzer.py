r"""Text to terms: lower case, words, stop words, stems.

An analyzer is a plain value. A retriever uses one and the same on its documents and its queries,
and a saved index carries it, so that neither side can be stemmed without the other. By default it
splits at anything but letters, digits and underscores, which suits languages that write blanks
between words; Thai needs a retriever of its own. The analyzers that others publish figures with
have names (`ANALYZERS`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import Any

import msgspec

from ..errors import ConfigError, DataError, unknown_name
from ..files import fingerprint
from .words import word_pattern

_POSSESSIVE = ("'s", "\u2019s")
_LONGEST_STEMMED = 64  # longer runs are addresses or noise: never stemmed, never remembered
_MOST_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Analyzer:
    """How text becomes terms.

    Raises:
        ConfigError: If there is no such stop list, stemmer or way to find words; the message
            lists them.

    >>> Analyzer()("Who directed the films of Malcolm X?")
    ['direct', 'film', 'malcolm', 'x']
    >>> Analyzer(stopwords=None, stemmer=None)("The films")
    ['the', 'films']
    """

    stopwords: str | tuple[str, ...] | None = "english_plus"
    """A list of bm25s by name, words of your own in lower case, or None to keep every word."""
    stemmer: str | None = "english"
    """A Snowball algorithm by name, or None to keep words as they are."""
    words: str = "plain"
    """How words are found: one of `hopgym.retrieval.words.WORDS`."""
    possessives: bool = True
    """Whether a final 's stays; if not, it goes before stop words do. Found in `unicode` words."""

    def __post_init__(self) -> None:
        if self.stopwords is not None and not isinstance(self.stopwords, str):
            object.__setattr__(self, "stopwords", tuple(sorted(set(self.stopwords))))
        word_pattern(self.words)  # refuse unknown names here and now
        self._stems()

    @classmethod
    def of(cls, analyzer: Analyzer | str | None) -> Analyzer:
        """Return an analyzer as it is, by its name in `ANALYZERS`, or the default one.

        Raises:
            UnknownNameError: If there is none of that name.
            ConfigError: If it is none of these.

        >>> Analyzer.of("standard")("The song I Can't See")
        ['the', 'song', 'i', "can't", 'see']
        """
        if isinstance(analyzer, cls):
            return analyzer
        if not isinstance(analyzer, str | None):
            raise ConfigError(
                f"analyzer is {analyzer!r:.60}; give an Analyzer or a name: {', '.join(ANALYZERS)}."
            )
        name = "default" if analyzer is None else analyzer
        if name not in ANALYZERS:
            raise unknown_name("analyzer", name, ANALYZERS, "hopgym retrievers")
        return cls(**ANALYZERS[name])

    def __call__(self, text: str, limit: int | None = None) -> list[str]:
        """Return the terms of a text, in order.

        Args:
            text: Any string.
            limit: Read no more than this many words of it, stop words included.
        """
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        text = text.lower()
        pattern = word_pattern(self.words)
        if limit is None or len(text) < 2 * limit:  # short: finding all its words is faster
            words: Iterable[str] = pattern.findall(text)[:limit]
        else:
            words = (match.group() for match in islice(pattern.finditer(text), limit))
        stems = self._stems()
        return [stem for word in words if (stem := stems[word])]

    def batch(self, texts: Iterable[str]) -> list[list[str]]:
        """Return the terms of each text."""
        return [self(text) for text in texts]

    @property
    def fingerprint(self) -> str:
        """A name of what it does: the words of a stop list, and the version of the stemmer too.

        Snowball's algorithms change between versions, and one word stemmed otherwise in a query
        than in an index is not found.
        """
        stemmer = self.stemmer and f"{self.stemmer} {self.versions['PyStemmer']}"
        parts: list[Any] = [stemmer, sorted(stop_words(self.stopwords))]
        if (self.words, self.possessives) != ("plain", True):
            parts += [self.words, self.possessives]
        return fingerprint(parts)

    @property
    def versions(self) -> dict[str, str]:
        """The libraries that decide what it does, for a saved index to name."""
        if self.stemmer is None:
            return {}
        import Stemmer

        return {"PyStemmer": str(Stemmer.version())}

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, settings: Any, where: str = "analyzer") -> Analyzer:
        """Restore what `to_json` returned.

        Raises:
            DataError: If these are no settings of an analyzer.
        """
        try:
            return msgspec.convert(settings, cls)
        except msgspec.ValidationError as error:
            raise DataError(f"{where}: no settings of an analyzer ({error}).") from error

    def _stems(self) -> _Stems:
        return _stems(self.stopwords, self.stemmer, self.possessives)


ANALYZERS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "standard": {"words": "unicode", "stopwords": None, "stemmer": None},
    "english": {
        "words": "unicode",
        "possessives": False,
        "stopwords": "english",
        "stemmer": "porter",
    },
}
"""The settings of analyzers that have a name.

- `default`: hopgym's own.
- `standard`: Elasticsearch's default: Unicode words, no stop words, no stems. HippoRAG's BM25.
- `english`: Lucene's and Elasticsearch's for English, and Anserini's default: Unicode words
  without 's, 33 stop words, Porter's stems.
"""


@lru_cache(maxsize=16)
def stop_words(stopwords: str | tuple[str, ...] | None) -> frozenset[str]:
    """Return the words of a stop list.

    >>> "the" in stop_words("english"), stop_words(("a", "b")) == {"a", "b"}
    (True, True)
    """
    if not isinstance(stopwords, str):
        return frozenset(stopwords or ())
    from bm25s import stopwords as lists

    name = "STOPWORDS_" + {"english": "en", "english_plus": "en_plus"}.get(stopwords, stopwords)
    known = [list_ for list_ in dir(lists) if list_.startswith("STOPWORDS_")]
    if name.upper() not in known:
        names = ", ".join(_list_name(list_) for list_ in known)
        raise ConfigError(
            f"No stop list {stopwords!r}. Known: {names}; or give a tuple of words, or None."
        )
    return frozenset(getattr(lists, name.upper()))


def _list_name(constant: str) -> str:
    name = constant.removeprefix("STOPWORDS_").lower()
    return {"en": "english", "en_plus": "english_plus"}.get(name, name)


class _Stems(dict[str, str]):
    """Word to stem, learnt as words come; a stop word's stem is empty. Shared by all threads."""

    def __init__(self, stop: frozenset[str], stemmer: str | None, possessives: bool) -> None:
        super().__init__()
        self._stop = stop
        self._stemmer = _snowball(stemmer)
        # Porter's own program, and Lucene's, leave words of two letters; Snowball's "s" would go
        self._shortest = 3 if stemmer == "porter" else 1
        self._possessives = possessives
        self._lock = Lock()  # a Snowball stemmer is not safe to share

    def __missing__(self, word: str) -> str:
        if len(word) > _LONGEST_STEMMED:
            return word
        bare = word if self._possessives or word[-2:] not in _POSSESSIVE else word[:-2]
        stem = "" if bare in self._stop else self._stem(bare)
        if len(self) < _MOST_REMEMBERED:  # common words come early; agents write new ones for ever
            self[word] = stem
        return stem

    def _stem(self, word: str) -> str:
        if self._stemmer is None or len(word) < self._shortest:
            return word
        with self._lock:
            return str(self._stemmer.stemWord(word))


@lru_cache(maxsize=16)
def _stems(
    stopwords: str | tuple[str, ...] | None, stemmer: str | None, possessives: bool
) -> _Stems:
    return _Stems(stop_words(stopwords), stemmer, possessives)


def _snowball(stemmer: str | None) -> Any:
    if stemmer is None:
        return None
    import Stemmer

    if stemmer not in Stemmer.algorithms():
        raise ConfigError(
            f"No stemmer {stemmer!r}. Known: {', '.join(Stemmer.algorithms())}; or None."
        )
    return Stemmer.Stemmer(stemmer, 0)
