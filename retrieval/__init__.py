"""Documents in, hits out.

A retriever is made by name, from a user's own factory, or from the folder of a saved index:

    make_retriever("bm25", documents)
    make_retriever("bm25?k1=1.2&b=0.75", documents)
    make_retriever("my_module:MyRetriever", documents)
    make_retriever("indexes/wiki")

Some are made of others, which are named the same way:

    make_retriever('hybrid?children=["bm25","tfidf"]&fusion=rrf', documents)
    make_retriever('link_hop?base="bm25?k1=1.2&b=0.75"&weight=0.5', documents)
    make_retriever("cached?base=bm25&folder=runs/answers", documents)

To add one: a file with a class that has `search` and `fingerprint`, one line below, and a test of
the same name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from ..core import Document
from ..errors import ConfigError, DataError, users_code
from ..registry import Factory, Registry
from .base import Hits, Retriever
from .corpus import Corpus, read_documents, write_documents
from .options import check_options, split_options
from .saved import MANIFEST, read_manifest
from .shelf import Shelf

__all__ = [
    "RETRIEVERS",
    "Corpus",
    "Hits",
    "Retriever",
    "is_saved",
    "make_retriever",
    "read_documents",
    "register",
    "write_documents",
]

RETRIEVERS: Registry[Retriever] = Registry("retriever", "hopgym retrievers")
"""Name to factory; a factory takes the documents."""

register = RETRIEVERS.register

register("bm25", "BM25 over titles and texts (bm25s).", "hopgym.retrieval.bm25:BM25Retriever")
register("as_of", "What was known at a date.", "hopgym.retrieval.as_of:AsOfRetriever")
register("cached", "Another's answers, kept on disk.", "hopgym.retrieval.cached:CachedRetriever")
register("dense", "Vectors of an encoder (FAISS).", "hopgym.retrieval.dense:DenseRetriever")
register("empty", "Finds nothing: the control.", "hopgym.retrieval.controls:EmptyRetriever")
register("random", "Finds anything: the control.", "hopgym.retrieval.controls:RandomRetriever")
register("rerank", "Another's hits, reordered.", "hopgym.retrieval.rerank:RerankRetriever")
register("tfidf", "TF-IDF cosine (NumPy alone).", "hopgym.retrieval.tfidf:TfidfRetriever")
register("hybrid", "Several retrievers, fused.", "hopgym.retrieval.hybrid:HybridRetriever")
register(
    "link_hop",
    "Follows the titles that the best hits mention.",
    "hopgym.retrieval.link_hop:LinkHopRetriever",
)
register(
    "multi_source",
    "A retriever for each source of the documents.",
    "hopgym.retrieval.multi_source:MultiSourceRetriever",
)
register(
    "recursive",
    "Searches again for what was found.",
    "hopgym.retrieval.recursive:RecursiveRetriever",
)
register(
    "fan_out", "Another, asked one query at a time.", "hopgym.retrieval.fan_out:FanOutRetriever"
)
register("exa", "The web, through the search API of Exa.", "hopgym.retrieval.exa:ExaRetriever")
register("http", "A server that speaks /retrieve.", "hopgym.retrieval.http:HttpRetriever")
register("qdrant", "Vectors in Qdrant.", "hopgym.retrieval.qdrant:QdrantRetriever")
register(
    "elasticsearch",
    "BM25 in Elasticsearch or OpenSearch.",
    "hopgym.retrieval.elasticsearch:ElasticsearchRetriever",
)
register(
    "tantivy",
    "BM25 in an index that takes changes, for corpora of any size.",
    "hopgym.retrieval.tantivy_bm25:TantivyRetriever",
)

_SHELF = Shelf()


def make_retriever(spec: str | Path | Retriever, documents: Iterable[Document] = ()) -> Retriever:
    """Return the retriever that a user asked for.

    Retrievers made here are shared: the same spec over the same content is the same object, in
    all threads of the process.

    Args:
        spec: A registered name, `module:attribute` or `file.py:attribute` of a factory that takes
            the documents, each with options if any (`"bm25?k1=1.2"`), the folder of a saved index,
            or a retriever, which is returned as it is.
        documents: What to search. The folder of a saved index and a retriever bring their own, and
            these are then not looked at.

    Raises:
        UnknownNameError: If no retriever has this name.
        ConfigError: If the spec, or what its factory returns, is no retriever, or an option is
            unknown.
        DataError: If a saved index is damaged, or there are no documents where some are needed.
    """
    if isinstance(spec, Retriever) and not isinstance(spec, type):
        return spec
    if not isinstance(spec, str | Path):
        raise ConfigError(
            f"{spec!r:.100} is no retriever: it needs `fingerprint` and `search(queries, k)`. "
            "Give one that has both, a name, or the folder of a saved index."
        )
    _refuse_folder_options(str(spec))
    if is_saved(spec):
        return _opened(Path(spec))
    name, options = split_options(str(spec))
    factory = RETRIEVERS.get(name)
    check_options(factory, name, options, ["the documents"])
    corpus = Corpus.of(documents)
    key = (str(spec), factory, corpus.fingerprint)
    return _SHELF.get(key, lambda: _made(partial(factory, **options), corpus, str(spec)))


def _refuse_folder_options(spec: str) -> None:
    name, question_mark, _ = spec.partition("?")
    if not question_mark or name in RETRIEVERS or os.path.isdir(spec):
        return
    if os.path.isfile(os.path.join(name, MANIFEST)):
        raise ConfigError(
            f"{spec[:100]!r} gives options to the folder of a saved index, which takes none: its "
            f"settings stand in it. Write {name!r}, or build another index."
        )


def is_saved(spec: str | Path) -> bool:
    """Return whether a spec is a folder, of a saved index, and no name."""
    if isinstance(spec, Path):
        return True
    name = str(spec).partition("?")[0]  # options may hold slashes: a model's name, a path
    source, colon, attribute = name.rpartition(":")
    own = colon and attribute.isidentifier() and (source.endswith(".py") or "/" not in source)
    if name in RETRIEVERS or own:
        return False
    return "/" in name or os.path.isdir(spec)  # which no name is too long for, unlike for Path


def _opened(folder: Path) -> Retriever:
    manifest = read_manifest(folder)
    if ":" in manifest.retriever:  # a file must not choose what code runs
        raise DataError(
            f"{folder}: is an index of {manifest.retriever!r}, which is not registered. Register "
            "your own retriever under a name, and build the index again."
        )
    load = getattr(RETRIEVERS.get(manifest.retriever), "load", None)
    if load is None:
        raise DataError(f"{folder}: the retriever {manifest.retriever!r} has no saved indexes.")
    key = (folder.resolve(), manifest.data, manifest.fingerprint)
    return _SHELF.get(key, lambda: load(folder))


def _made(factory: Factory[Retriever], corpus: Corpus, spec: str) -> Retriever:
    with users_code("retriever factory", spec, did="was called with the documents and raised"):
        made = factory(corpus)
    if not isinstance(made, Retriever):
        raise ConfigError(
            f"The factory {spec!r} returned a {type(made).__name__}, which is no retriever: "
            "it needs `fingerprint` and `search(queries, k)`."
        )
    return made
