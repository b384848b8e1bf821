"""Who takes part in the speed benchmark of retrieval: our retrievers and the bare libraries.

Each builds an index of passages, saves it where it can, opens it again, and answers a batch of
queries with the ids of the best. The lexical ones stem with the same stemmer and leave out the
same stop words, except tantivy and scikit-learn, whose own analysers do what they do.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...core import Document
from ...retrieval import Retriever, make_retriever
from ...retrieval.analyzer import Analyzer
from ...retrieval.bm25 import BM25Retriever

K = 5
THREADS = 2
"""For those that share a batch among threads."""
ENCODER = "hashing?dim=384"
Ids = list[list[str]]


class Contender(ABC):
    """One way to index and search passages."""

    saves: ClassVar[bool] = True
    """Whether its index can be opened by another process."""

    @abstractmethod
    def build(self, documents: Sequence[Document], folder: Path) -> None:
        """Index the passages; write the index into an existing folder."""

    @abstractmethod
    def open(self, folder: Path) -> None:
        """Open the index again."""

    @abstractmethod
    def search(self, queries: list[str]) -> Ids:
        """Return the ids of the best passages for each query."""


class Ours(Contender):
    """A retriever of hopgym.

    Args:
        spec: What `make_retriever` makes it of.
        load: What opens its folder again.
    """

    def __init__(self, spec: str, load: Callable[[Path], Retriever] = make_retriever) -> None:
        self._spec, self._load = spec, load
        self._retriever: Retriever

    def build(self, documents: Sequence[Document], folder: Path) -> None:
        """Build and save."""
        retriever: Any = make_retriever(self._spec, documents)
        retriever.save(folder / "index")

    def open(self, folder: Path) -> None:
        """Load, memory-mapped."""
        self._retriever = self._load(folder / "index")

    def search(self, queries: list[str]) -> Ids:
        """Search."""
        return self._retriever.search(queries, K).ids


class BareBm25s(Contender):
    """The library bm25s.

    Args:
        backend: "numpy" or "numba".
    """

    def __init__(self, backend: str) -> None:
        self._backend = backend

    def build(self, documents: Sequence[Document], folder: Path) -> None:
        """Tokenize and index, as its README shows."""
        import bm25s

        index = bm25s.BM25(k1=0.9, b=0.4, method="lucene")
        texts = [document.text for document in documents]
        index.index(bm25s.tokenize(texts, **_bm25s_words()), show_progress=False)
        index.save(folder)

    def open(self, folder: Path) -> None:
        """Load, memory-mapped."""
        import bm25s

        self._index = bm25s.BM25.load(folder, mmap=True)
        self._index.backend = self._backend
        self._words = _bm25s_words()

    def search(self, queries: list[str]) -> Ids:
        """Tokenize and retrieve; with numba, in threads."""
        import bm25s

        tokens = bm25s.tokenize(queries, **self._words)
        threads = THREADS if self._backend == "numba" else 0
        found, _ = self._index.retrieve(tokens, k=K, show_progress=False, n_threads=threads)
        return [[f"{number:08}" for number in row] for row in found.tolist()]


class BareTantivy(Contender):
    """The library tantivy, with its English stemming."""

    def build(self, documents: Sequence[Document], folder: Path) -> None:
        """Add every passage, commit and merge."""
        import tantivy

        index = tantivy.Index(self._schema(), path=str(folder))
        writer = index.writer(heap_size=256_000_000, num_threads=1)
        for document in documents:
            writer.add_document(tantivy.Document(id=document.id, body=document.text))
        writer.commit()
        writer.wait_merging_threads()

    def open(self, folder: Path) -> None:
        """Open the files."""
        import tantivy

        self._index = tantivy.Index.open(str(folder))
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, queries: list[str]) -> Ids:
        """Parse and search, one by one: it has no batches."""
        rows: list[list[Any]] = []
        for query in queries:
            parsed = self._index.parse_query(query, ["body"])
            hits = self._searcher.search(parsed, K, count=False).hits
            rows.append([self._searcher.doc(address).get_first("id") for _, address in hits])
        return rows

    @staticmethod
    def _schema() -> Any:
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("body", tokenizer_name="en_stem", index_option="freq")
        return builder.build()


class BareRankBm25(Contender):
    """The library rank_bm25; it has no file format, and scores every passage for each query."""

    saves = False

    def build(self, documents: Sequence[Document], folder: Path) -> None:
        """Index in memory."""
        from rank_bm25 import BM25Okapi

        self._analyzer = Analyzer()
        self._ids = [document.id for document in documents]
        texts = (document.text for document in documents)
        self._index = BM25Okapi(list(self._analyzer.batch(texts)), k1=0.9, b=0.4)

    def open(self, folder: Path) -> None:
        """Nothing to open."""

    def search(self, queries: list[str]) -> Ids:
        """Score all and take the best."""
        rows = (self._index.get_scores(self._analyzer(query)) for query in queries)
        return [[self._ids[n] for n in best_of(row)] for row in rows]


class BareSklearn(Contender):
    """scikit-learn's TF-IDF, as sparse matrices."""

    def build(self, documents: Sequence[Document], folder: Path) -> None:
        """Fit, and keep the matrix the way that is quick to multiply."""
        from scipy.sparse import save_npz
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(stop_words="english", dtype=np.float32)
        matrix = vectorizer.fit_transform([document.text for document in documents])
        save_npz(folder / "matrix.npz", matrix.T.tocsr(), compressed=False)
        words = {word: int(n) for word, n in vectorizer.vocabulary_.items()}
        (folder / "words.json").write_text(json.dumps(words))
        np.save(folder / "idf.npy", vectorizer.idf_, allow_pickle=False)

    def open(self, folder: Path) -> None:
        """Read the matrix."""
        from scipy.sparse import load_npz
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = json.loads((folder / "words.json").read_text())
        self._vectorizer = TfidfVectorizer(stop_words="english", vocabulary=words, dtype=np.float32)
        self._vectorizer.idf_ = np.load(folder / "idf.npy", allow_pickle=False)
        self._matrix = load_npz(folder / "matrix.npz")

    def search(self, queries: list[str]) -> Ids:
        """Multiply."""
        product = (self._vectorizer.transform(queries) @ self._matrix).tocsr()
        rows = []
        for start, end in zip(product.indptr, product.indptr[1:], strict=False):
            best = best_of(product.data[start:end])
            rows.append([f"{n:08}" for n in product.indices[start:end][best].tolist()])
        return rows


class BareFaiss(Contender):
    """The library FAISS: an exact index of the same vectors as ours."""

    def build(self, documents: Sequence[Document], folder: Path) -> None:
        """Encode as ours does, add and write."""
        import faiss

        from ...retrieval.encoders import make_encoder

        vectors = make_encoder(ENCODER).encode_documents(documents)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(folder / "flat.faiss"))

    def open(self, folder: Path) -> None:
        """Read the index, memory-mapped."""
        import faiss

        from ...retrieval.encoders import make_encoder

        self._encoder = make_encoder(ENCODER)
        self._index = faiss.read_index(str(folder / "flat.faiss"), faiss.IO_FLAG_MMAP_IFC)

    def search(self, queries: list[str]) -> Ids:
        """Encode and search."""
        _, found = self._index.search(self._encoder.encode_queries(queries), K)
        return [[f"{number:08}" for number in row] for row in found.tolist()]


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "hopgym bm25": lambda: Ours("bm25", partial(BM25Retriever.load, threads=THREADS)),
    "hopgym bm25, NumPy": lambda: Ours("bm25", partial(BM25Retriever.load, backend="numpy")),
    "bm25s, numba": lambda: BareBm25s("numba"),
    "bm25s, NumPy": lambda: BareBm25s("numpy"),
    "hopgym tantivy": lambda: Ours("tantivy"),
    "tantivy": BareTantivy,
    "rank_bm25": BareRankBm25,
    "hopgym tfidf": lambda: Ours("tfidf"),
    "scikit-learn TF-IDF": BareSklearn,
    "hopgym dense": lambda: Ours(f'dense?encoder="{ENCODER}"'),
    "FAISS": BareFaiss,
}
"""Ours, each followed by the bare libraries that do the same."""


def best_of(scores: Any) -> Any:
    """Return where the `K` highest scores above 0 are, best first."""
    best: Any = np.argpartition(-scores, min(K, len(scores) - 1))[:K] if len(scores) else []
    return [n for n in sorted(best, key=lambda n: -scores[n]) if scores[n] > 0]


def _bm25s_words() -> dict[str, Any]:
    import Stemmer

    analyzer = Analyzer()
    return {
        "token_pattern": r"\w+",
        "stopwords": analyzer.stopwords,
        "stemmer": Stemmer.Stemmer(analyzer.stemmer),
        "show_progress": False,
    }
