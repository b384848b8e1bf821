"""TF-IDF ranking: the cosine of weighted word counts, with NumPy alone.

The plain vector space model (Salton & Buckley, 1988; weights as scikit-learn's `TfidfVectorizer`
has them by default): a term weighs its count times `1 + ln((1 + N) / (1 + df))`, and both sides
are scaled to length 1, so that a document does not win by being short or long. Every score is in
0..1. Weights are computed at indexing and memory-mapped when loaded.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..core import Document
from ..errors import DataError, RetrievalError
from ..files import fingerprint
from .analyzer import Analyzer
from .base import Hits, Immutable, check_k, check_queries
from .bm25 import MAX_QUERY_WORDS
from .corpus import Corpus
from .ranking import check_finite, top_k
from .saved import CURE, Manifest, open_folder, read_json, save_folder
from .store import StoredDocuments, store_documents

Postings = dict[str, NDArray[Any]]
"""`pointers` into `positions` (of documents) and `weights`, term after term; `idf` of each term."""

_KINDS = {"pointers": np.int64, "positions": np.int32, "weights": np.float32, "idf": np.float32}


class TfidfRetriever(Immutable):
    """Ranks documents by the cosine between their TF-IDF vector and the query's.

    Args:
        documents: What to search, by title and text.
        sublinear: Count a term that occurs n times as `1 + ln n` instead of n.
        analyzer: How documents and queries become terms; also by name, one of `ANALYZERS` of
            `hopgym.retrieval.analyzer`.

    Raises:
        UnknownNameError: If no analyzer has this name.
        DataError: If there are no documents, or two share an id.

    >>> ada = Document("a", "Ada Lovelace", "She wrote the first program.")
    >>> bob = Document("b", "Robert Boyle", "He weighed the air.")
    >>> TfidfRetriever([ada, bob]).search(["Who wrote a program?", "the", "air"], k=3).ids
    [['a'], [], ['b']]
    """

    in_process: ClassVar[bool] = True

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        sublinear: bool = False,
        analyzer: Analyzer | str | None = None,
    ) -> None:
        corpus = Corpus.of(documents)
        if not corpus:
            raise DataError(
                "A tfidf index of 0 documents was asked for. Give documents, the folder of a "
                'saved index, or retriever="empty".'
            )
        self.analyzer = Analyzer.of(analyzer)
        self.documents: Sequence[Document] = corpus.by_rank()
        """What is searched, in the order of the ids."""
        self._sublinear = bool(sublinear)
        self._corpus = corpus.fingerprint
        self.fingerprint = self._name()
        self._vocabulary, lengths, terms = _read(self.analyzer, self.documents)
        self._postings = _weigh(lengths, terms, len(self._vocabulary), self._sublinear)

    def _name(self) -> str:
        return fingerprint(["tfidf", self._corpus, self.analyzer.fingerprint, self._sublinear])

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query; a query without a known term has none."""
        check_k(k)
        check_queries(queries)
        rows = [self._search(query, k) for query in queries]
        return Hits([documents for documents, _ in rows], [scores for _, scores in rows])

    def _search(self, query: str, k: int) -> tuple[list[Document], list[float]]:
        try:
            scores = self._scores(query)
        except (IndexError, ValueError) as error:
            raise RetrievalError(f"The tfidf index is damaged ({error}). {CURE}") from error
        if scores is None:
            return [], []
        best = top_k(scores, k)
        return [self.documents[position] for position in best.tolist()], scores[best].tolist()

    def _scores(self, query: str) -> NDArray[np.float32] | None:
        counts = Counter(self.analyzer(query, limit=MAX_QUERY_WORDS))
        # in the order of the terms' numbers, so that the order of the words changes no digit
        known = sorted((self._vocabulary[t], n) for t, n in counts.items() if t in self._vocabulary)
        if not known:
            return None
        terms, found = np.array(known).T
        weights = _counted(found, self._sublinear) * self._postings["idf"][terms]
        weights /= np.linalg.norm(weights)
        pointers, positions = self._postings["pointers"], self._postings["positions"]
        scores = np.zeros(len(self.documents), dtype=np.float32)
        for term, weight in zip(terms, weights.astype(np.float32), strict=True):
            part = slice(pointers[term], pointers[term + 1])
            scores[positions[part]] += self._postings["weights"][part] * weight
        check_finite(scores)
        return scores

    def save(self, folder: str | Path) -> None:
        """Write the index and its documents into a folder, replacing an older index there.

        A process killed meanwhile leaves the older index as it was. Nothing is pickled.

        Raises:
            DataError: If the folder holds something else.
        """
        settings = {"sublinear": self._sublinear, "corpus": self._corpus}
        manifest = Manifest(
            "tfidf",
            self.fingerprint,
            len(self.documents),
            {**settings, "analyzer": self.analyzer.to_json()},
            {"numpy": np.__version__, **self.analyzer.versions},
        )
        save_folder(folder, manifest, self._write)

    def _write(self, folder: Path) -> None:
        for name, values in self._postings.items():
            np.save(folder / f"{name}.npy", values, allow_pickle=False)
        (folder / "vocabulary.json").write_bytes(msgspec.json.encode(list(self._vocabulary)))
        store_documents(folder, self.documents)

    @classmethod
    def load(cls, folder: str | Path, mmap: bool = True) -> TfidfRetriever:
        """Open what `save` wrote.

        Args:
            folder: The folder.
            mmap: Leave weights and documents on disk and map them; else read them all now.

        Raises:
            DataError: If the folder is damaged, or holds something else or another version.
        """
        manifest, data = open_folder(folder, "tfidf")
        self = cls.__new__(cls)
        self.analyzer = Analyzer.from_json(manifest.settings.get("analyzer"), str(folder))
        self._sublinear = bool(manifest.settings.get("sublinear"))
        self._corpus = str(manifest.settings.get("corpus"))
        self.fingerprint = self._name()
        if self.fingerprint != manifest.fingerprint:
            raise DataError(
                f"{folder}: its settings, the words of the stop list {self.analyzer.stopwords!r} "
                f"or the stemmer {self.analyzer.stemmer!r} are not those that it was indexed with "
                f"({dict(manifest.versions)}). {CURE}"
            )
        stored = StoredDocuments(data)
        self.documents = stored if mmap else list(stored)
        self._vocabulary = _vocabulary(data / "vocabulary.json")
        self._postings = _restored(data, mmap, len(self._vocabulary), len(stored))
        return self

    def __repr__(self) -> str:
        return f"TfidfRetriever({len(self.documents)} documents, {self.fingerprint})"


def _read(
    analyzer: Analyzer, documents: Sequence[Document]
) -> tuple[dict[str, int], NDArray[np.int64], NDArray[np.int64]]:
    """Return the vocabulary, and each document's number of terms and all terms in a row."""
    vocabulary: dict[str, int] = {}
    lengths, terms = array("q"), array("q")
    for document in documents:
        found = analyzer(f"{document.title}\n{document.text}")
        lengths.append(len(found))
        terms.extend(vocabulary.setdefault(term, len(vocabulary)) for term in found)
    return vocabulary, np.array(lengths, dtype=np.int64), np.array(terms, dtype=np.int64)


def _weigh(
    lengths: NDArray[np.int64], terms: NDArray[np.int64], vocabulary: int, sublinear: bool
) -> Postings:
    size = len(lengths)
    # one sort puts the documents of each term side by side
    pairs = terms * size + np.repeat(np.arange(size), lengths)
    pairs, counts = np.unique(pairs, return_counts=True)
    term, position = np.divmod(pairs, size)
    frequency = np.bincount(term, minlength=vocabulary)
    idf = 1 + np.log((1 + size) / (1 + frequency))
    weights = _counted(counts, sublinear) * idf[term]
    norms = np.sqrt(np.bincount(position, weights**2, minlength=size))
    arrays = {
        "pointers": np.concatenate([[0], np.cumsum(frequency)]),
        "positions": position,
        "weights": weights / norms[position],
        "idf": idf,
    }
    return {name: values.astype(_KINDS[name]) for name, values in arrays.items()}


def _counted(counts: NDArray[Any], sublinear: bool) -> NDArray[np.float64]:
    return 1 + np.log(counts) if sublinear else counts.astype(np.float64)


def _vocabulary(file: Path) -> dict[str, int]:
    terms = read_json(file)
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise DataError(f"{file}: is no list of terms. {CURE}")
    return {term: number for number, term in enumerate(terms)}


def _restored(data: Path, mmap: bool, vocabulary: int, documents: int) -> Postings:
    try:
        loaded = {
            # plain views of the maps: slicing a numpy.memmap costs a microsecond more
            name: np.asarray(
                np.load(data / f"{name}.npy", mmap_mode="r" if mmap else None, allow_pickle=False)
            )
            for name in _KINDS
        }
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{data}: is damaged ({error}). {CURE}") from error
    pointers, positions = loaded["pointers"], loaded["positions"]
    fits = (
        all(a.dtype == _KINDS[name] and a.ndim == 1 for name, a in loaded.items())
        and len(pointers) == len(loaded["idf"]) + 1 == vocabulary + 1
        and len(positions) == len(loaded["weights"]) == pointers[-1]
    )
    if not fits:
        raise DataError(f"{data}: its parts do not fit each other. {CURE}")
    return loaded
