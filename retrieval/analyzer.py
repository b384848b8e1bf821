r"""Text to terms: lower case, words, stop words, stems.

An analyzer is a plain value. A retriever uses one and the same on its documents and its queries,
and a saved index carries it, so that neither side can be stemmed without the other. It splits at
anything but letters, digits and underscores (`\w+`), which suits languages that write blanks
between words; Chinese or Thai need a retriever of their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import Any

import msgspec

from ..errors import ConfigError, DataError
from ..files import fingerprint

_WORD = re.compile(r"\w+")
_LONGEST_STEMMED = 64  # longer runs are addresses or noise: never stemmed, never remembered
_MOST_REMEMBERED = 500_000


@dataclass(frozen=True, slots=True)
class Analyzer:
    """How text becomes terms.

    Raises:
        ConfigError: If there is no such stop list or stemmer; the message lists them.

    >>> Analyzer()("Who directed the films of Malcolm X?")
    ['direct', 'film', 'malcolm', 'x']
    >>> Analyzer(stopwords=None, stemmer=None)("The films")
    ['the', 'films']
    """

    stopwords: str | tuple[str, ...] | None = "english_plus"
    """A list of bm25s by name, words of your own in lower case, or None to keep every word."""
    stemmer: str | None = "english"
    """A Snowball algorithm by name, or None to keep words as they are."""

    def __post_init__(self) -> None:
        if self.stopwords is not None and not isinstance(self.stopwords, str):
            object.__setattr__(self, "stopwords", tuple(sorted(set(self.stopwords))))
        _stems(self.stopwords, self.stemmer)  # refuse unknown names here and now

    def __call__(self, text: str, limit: int | None = None) -> list[str]:
        """Return the terms of a text, in order.

        Args:
            text: Any string.
            limit: Read no more than this many words of it, stop words included.
        """
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        text = text.lower()
        # words are a character apart at least: a text shorter than this cannot pass the limit
        if limit is None or len(text) < 2 * limit:
            words: Iterable[str] = _WORD.findall(text)
        else:
            words = (match.group() for match in islice(_WORD.finditer(text), limit))
        stems = _stems(self.stopwords, self.stemmer)
        return [stem for word in words if (stem := stems[word])]

    def batch(self, texts: Iterable[str]) -> list[list[str]]:
        """Return the terms of each text."""
        return [self(text) for text in texts]

    @property
    def fingerprint(self) -> str:
        """A name of what it does, including the words of a stop list known by name."""
        return fingerprint([self.stemmer, sorted(stop_words(self.stopwords))])

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

    def __init__(self, stop: frozenset[str], stemmer: Any) -> None:
        super().__init__()
        self._stop = stop
        self._stemmer = stemmer
        self._lock = Lock()  # a Snowball stemmer is not safe to share

    def __missing__(self, word: str) -> str:
        if len(word) > _LONGEST_STEMMED:
            return word
        stem = "" if word in self._stop else self._stem(word)
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[word] = stem
        return stem

    def _stem(self, word: str) -> str:
        if self._stemmer is None:
            return word
        with self._lock:
            return str(self._stemmer.stemWord(word))


@lru_cache(maxsize=16)
def _stems(stopwords: str | tuple[str, ...] | None, stemmer: str | None) -> _Stems:
    stop = stop_words(stopwords)
    if stemmer is None:
        return _Stems(stop, None)
    import Stemmer

    if stemmer not in Stemmer.algorithms():
        raise ConfigError(
            f"No stemmer {stemmer!r}. Known: {', '.join(Stemmer.algorithms())}; or None."
        )
    return _Stems(stop, Stemmer.Stemmer(stemmer, 0))
