"""BM25 ranking, by the library bm25s.

Every query is scored alone, so that a batch equals its queries one by one, and documents are held
in the order of their ids, so that ties always fall the same way. The default retriever of the
environments; saved indexes are memory-mapped.

The formula is Lucene's variant of Kamphuis et al., "Which BM25 Do You Mean?" (ECIR 2020), unless
another is asked for; its scores are computed at indexing (Lù, "BM25S", arXiv 2407.03618).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..core import Document
from ..errors import ConfigError, DataError, RetrievalError
from ..files import fingerprint
from . import kernels
from .analyzer import Analyzer
from .base import Hits, Immutable, check_k, check_number, check_queries
from .corpus import Corpus
from .kernels import Ranked
from .ranking import check_finite, top_k
from .saved import CURE, Manifest, open_folder, save_folder
from .store import StoredDocuments, store_documents

METHODS = ("lucene", "robertson", "atire", "bm25l", "bm25+")
"""The variants of the formula."""

BACKENDS = ("auto", "numpy", "numba")

MAX_QUERY_WORDS = 512
"""How many words of a query are read, stop words included; the rest is ignored."""


class BM25Retriever(Immutable):
    """Ranks documents by BM25 over their title and text.

    Args:
        documents: What to search.
        k1: How soon a repeated term stops counting, from 0.
        b: How much long documents are held back, from 0 to 1. The defaults are Anserini's, and
            better here on multi-hop questions than 1.2 and 0.75.
        method: A variant of the formula, one of `METHODS`.
        analyzer: How documents and queries become terms; also by name, one of `ANALYZERS` of
            `hopgym.retrieval.analyzer`.
        backend: `"numpy"`; `"numba"`, which ranks with a compiled loop (method "lucene" alone)
            from the start; or `"auto"`: numba where it is installed, the method has it and the
            corpus is large, compiled meanwhile.
        threads: How many share a large batch in the compiled loop. Neither changes a result.

    Raises:
        UnknownNameError: If no analyzer has this name.
        ConfigError: If a parameter is out of its range.
        DataError: If there are no documents, or two share an id.

    >>> ada = Document("a", "Ada Lovelace", "She wrote the first program.")
    >>> bob = Document("b", "Robert Boyle", "He weighed the air.")
    >>> BM25Retriever([ada, bob]).search(["Who wrote a program?", "the", "air"], k=3).ids
    [['a'], [], ['b']]
    """

    in_process: ClassVar[bool] = True

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        k1: float = 0.9,
        b: float = 0.4,
        method: str = "lucene",
        analyzer: Analyzer | str | None = None,
        backend: str = "auto",
        threads: int = 1,
    ) -> None:
        _check_parameters(k1, b, method)
        _check_speed(backend, threads, method)
        corpus = Corpus.of(documents)
        if not corpus:
            raise DataError(
                "A bm25 index of 0 documents was asked for. Write `?documents=FILE` after the name "
                "of a question set that brings none (JSONL of {id, title, text}), give the folder "
                'of a saved index as the retriever, or play without search: retriever="empty".'
            )
        self.analyzer = Analyzer.of(analyzer)
        self.documents: Sequence[Document] = corpus.by_rank()
        """What is searched, in the order of the ids."""
        self.fingerprint = fingerprint(
            ["bm25", corpus.fingerprint, self.analyzer.fingerprint, float(k1), float(b), method]
        )
        self._index = _library().BM25(k1=float(k1), b=float(b), method=method, backend="numpy")
        _build(self._index, self.analyzer, self.documents)
        self._set_speed(backend, threads)

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query; a query without a known term has none."""
        check_k(k)
        check_queries(queries)
        terms = [self._terms(query) for query in queries]
        try:
            ranked = self._rank(terms, k)
        except (IndexError, ValueError) as error:
            raise RetrievalError(f"The bm25 index is damaged ({error}). {CURE}") from error
        documents = self.documents
        return Hits(
            [[documents[position] for position in best.tolist()] for best, _ in ranked],
            [scores.tolist() for _, scores in ranked],
        )

    def _set_speed(self, backend: str, threads: int) -> None:
        self.threads = threads
        self._ranker: kernels.Ranker | None = None
        if backend == "numba":
            self._compile()
        elif backend == "auto" and self._gains() and kernels.has_numba():
            kernels.Meanwhile(self._compile).start()

    def _gains(self) -> bool:
        large = len(self.documents) >= kernels.COMPILED_FROM
        return large and self._index.method == "lucene"

    def _compile(self) -> None:
        self._ranker = kernels.Ranker(self._index.scores)

    def _terms(self, query: str) -> list[int]:
        """Return the numbers of a query's terms, those that no document has left out."""
        vocabulary = self._index.vocab_dict
        terms = self.analyzer(query, limit=MAX_QUERY_WORDS)
        # in the order of their numbers, so that the order of the words changes no digit
        return sorted([vocabulary[term] for term in terms if term in vocabulary])

    def _rank(self, terms: Sequence[list[int]], k: int) -> list[Ranked]:
        """Return the positions and scores of the best documents for each query."""
        if self._ranker is not None and k <= kernels.MAX_K:
            return self._ranker(terms, k, self.threads)
        return [self._rank_plainly(ids, k) for ids in terms]

    def _rank_plainly(self, ids: list[int], k: int) -> Ranked:
        if not ids:
            return np.empty(0, dtype=np.intp), np.empty(0)
        scores = self._index.get_scores_from_ids(ids)
        check_finite(scores)
        best = self._best(scores, ids, k)
        return best, scores[best]

    def _best(self, scores: NDArray[Any], ids: list[int], k: int) -> NDArray[np.intp]:
        """Return the positions of the best documents that have a word of the query.

        Lucene's scores are above 0 for these alone. Other variants count a word that most
        documents have as 0, or give something to documents without any.
        """
        if self._index.method == "lucene":
            return top_k(scores, k)
        pointers, positions = (self._index.scores[name] for name in ("indptr", "indices"))
        postings = [positions[pointers[id] : pointers[id + 1]] for id in dict.fromkeys(ids)]
        matching = np.unique(np.concatenate(postings)).astype(np.intp)
        return matching[top_k(scores[matching], k, floor=-math.inf)]

    def save(self, folder: str | Path) -> None:
        """Write the index and its documents into a folder, replacing an older index there.

        A process killed meanwhile leaves the older index as it was. Nothing is pickled.

        Raises:
            DataError: If the folder holds something else.
        """
        index = self._index
        settings = {"k1": index.k1, "b": index.b, "method": index.method}
        settings["analyzer"] = self.analyzer.to_json()
        settings["analyzer_fingerprint"] = self.analyzer.fingerprint
        versions = {"bm25s": _library().__version__, "numpy": np.__version__}
        versions |= self.analyzer.versions
        save_folder(
            folder,
            Manifest("bm25", self.fingerprint, len(self.documents), settings, versions),
            self._write,
        )

    def _write(self, folder: Path) -> None:
        self._index.save(folder, allow_pickle=False, show_progress=False)
        store_documents(folder, self.documents)

    @classmethod
    def load(
        cls, folder: str | Path, mmap: bool = True, *, backend: str = "auto", threads: int = 1
    ) -> BM25Retriever:
        """Open what `save` wrote.

        Args:
            folder: The folder.
            mmap: Leave scores and documents on disk and map them; else read them all now.
            backend: As above.
            threads: As above.

        Raises:
            DataError: If the folder is damaged, or holds something else or another version.
        """
        _check_speed(backend, threads)
        manifest, data = open_folder(folder, "bm25")
        self = cls.__new__(cls)
        self.analyzer = _restored_analyzer(manifest, folder)
        stored = StoredDocuments(data)
        self.documents = stored if mmap else list(stored)
        self.fingerprint = manifest.fingerprint
        self._index = _restored_index(data, manifest, mmap)
        self._set_speed(backend, threads)
        return self

    def __repr__(self) -> str:
        return f"BM25Retriever({len(self.documents)} documents, {self.fingerprint})"


def _check_parameters(k1: float, b: float, method: str) -> None:
    check_number("k1", k1, example=0.9)
    check_number("b", b, most=1.0, example=0.4)
    if method not in METHODS:
        raise ConfigError(f"method is {method!r}; it is one of: {', '.join(METHODS)}.")


def _check_speed(backend: str, threads: int, method: str = "lucene") -> None:
    if backend not in BACKENDS:
        raise ConfigError(f"backend is {backend!r}; it is one of: {', '.join(BACKENDS)}.")
    if backend == "numba" and method != "lucene":
        raise ConfigError(
            f"backend 'numba' ranks by method 'lucene', not {method!r}; leave it out."
        )
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ConfigError(f"threads is {threads!r}; give a whole number from 1.")


def _library() -> ModuleType:
    """Import bm25s late (a second) and quietly (it sets its own logger to DEBUG)."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    library: ModuleType = bm25s
    return library


def _build(index: Any, analyzer: Analyzer, documents: Sequence[Document]) -> None:
    vocabulary: dict[str, int] = {}
    ids = [
        [vocabulary.setdefault(term, len(vocabulary)) for term in terms]
        for terms in analyzer.batch(f"{document.title}\n{document.text}" for document in documents)
    ]
    with np.errstate(invalid="ignore"):  # the mean length is 0 where no document has any term
        index.index((ids, vocabulary), create_empty_token=False, show_progress=False)


def _restored_analyzer(manifest: Manifest, folder: str | Path) -> Analyzer:
    analyzer = Analyzer.from_json(manifest.settings.get("analyzer"), str(folder))
    if analyzer.fingerprint != manifest.settings.get("analyzer_fingerprint"):
        raise DataError(
            f"{folder}: was indexed with another version of the stop list "
            f"{analyzer.stopwords!r} or of the stemmer {analyzer.stemmer!r} "
            f"({dict(manifest.versions)}). {CURE}"
        )
    return analyzer


def _restored_index(data: Path, manifest: Manifest, mmap: bool) -> Any:
    try:
        index = _library().BM25.load(data, mmap=mmap, show_progress=False, backend="numpy")
        # plain views of the maps: slicing a numpy.memmap costs a microsecond more
        arrays = index.scores
        arrays |= {name: np.asarray(arrays[name]) for name in ("data", "indices", "indptr")}
        postings = len(arrays["data"])
        fits = (
            arrays["num_docs"] == manifest.documents
            and len(arrays["indptr"]) == len(index.vocab_dict) + 1
            and postings == len(arrays["indices"]) == arrays["indptr"][-1]
        )
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        EOFError,
        RecursionError,
    ) as error:
        raise DataError(f"{data}: is damaged ({error}). {CURE}") from error
    if not fits:
        raise DataError(f"{data}: its parts do not fit each other. {CURE}")
    return index
