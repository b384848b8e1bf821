"""The second step of a build: passages to a saved index, made by name or grown from an old one.

Knows of retrievers only what their signatures tell: `create` takes documents one by one, `extend`
and `add` take more, `children` are retrievers themselves, and vectors may be cached, so that an
interrupted build does not encode again what it had encoded.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ...core import Document
from ...errors import ConfigError
from .. import RETRIEVERS, make_retriever
from ..corpus import Corpus
from ..encoders import CachedEncoder, Encoder, Vectors, make_encoder
from ..options import check_options, split_options

CACHE = "vectors"
_TOLD_EVERY = 1_000

Told = Callable[[str, int], None]
"""Called with what is being done, and to how many documents it is done."""


def factory_of(spec: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Return what makes the retriever of a spec, and its options.

    Raises:
        UnknownNameError: If there is no such retriever.
        ConfigError: If it cannot be saved, or takes no such option.
    """
    name, options = split_options(spec)
    factory = RETRIEVERS.get(name)
    check_options(factory, name, options)
    if isinstance(factory, type) and not (hasattr(factory, "save") and hasattr(factory, "load")):
        raise _cannot_be_saved(name)
    return factory, options


def make_index(
    spec: str,
    documents: Iterable[Document],
    folder: Path,
    told: Told = lambda what, done: None,
) -> None:
    """Make the index of a retriever in a folder.

    A retriever class with `create(folder, documents, **options)` gets the documents one by one and
    need not hold them all.
    """
    factory, options = factory_of(spec)
    if hasattr(factory, "create"):
        factory.create(folder, _counted(documents, told), **options)
    else:
        save_index(_Maker(folder.parent / CACHE, told).made(spec, Corpus(documents)), spec, folder)


def grow_index(
    retriever: Any,
    spec: str,
    documents: Iterable[Document],
    folder: Path,
    told: Told = lambda what, done: None,
) -> None:
    """Make the index of what a retriever holds and of more documents in a folder.

    What can be kept is kept: vectors, and the segments of an index that can grow.
    """
    if hasattr(retriever, "extend"):
        retriever.extend(_counted(documents, told), folder)
    else:
        maker = _Maker(folder.parent / CACHE, told)
        save_index(maker.grown(retriever, spec, list(documents)), spec, folder)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes retrievers whose vectors are cached, and tells how far it is."""

    cache: Path
    told: Told

    def made(self, spec: Any, corpus: Corpus) -> Any:
        if not isinstance(spec, str) or split_options(spec)[0] not in RETRIEVERS:
            return make_retriever(spec, corpus)
        factory, options = factory_of(spec)
        takes = inspect.signature(factory).parameters
        if children := _children(factory, options):
            options["children"] = {n: self.made(child, corpus) for n, child in children.items()}
        if "encoder" in takes and "cache" in takes:
            encoder = make_encoder(options.get("encoder", takes["encoder"].default))
            options["encoder"] = _Told(encoder, options.pop("cache", self.cache), self.told)
        return factory(corpus, **options)

    def grown(self, retriever: Any, spec: Any, documents: Sequence[Document]) -> Any:
        corpus = Corpus(chain(retriever.documents, documents))
        if isinstance(spec, str) and (parts := getattr(retriever, "children", None)):
            factory, options = factory_of(spec)
            children = _children(factory, options)
            options["children"] = {
                name: self.grown(part, children[name], documents) for name, part in parts.items()
            }
            return factory(corpus, **options)
        if hasattr(retriever, "add") and not hasattr(retriever, "extend"):
            try:
                return retriever.add(documents)
            except ConfigError:  # this kind of index takes no more
                pass
        return self.made(spec, corpus)


class _Told(CachedEncoder):
    """A cached encoder that tells how many documents it has encoded."""

    def __init__(self, encoder: Encoder, cache: Path, told: Told) -> None:
        super().__init__(encoder, cache)
        self._told = told
        self._done = 0

    def encode_documents(self, documents: Sequence[Document]) -> Vectors:
        vectors = super().encode_documents(documents)
        self._done += len(documents)
        self._told("encoding", self._done)
        return vectors


def _counted(documents: Iterable[Document], told: Told) -> Iterator[Document]:
    for number, document in enumerate(documents, 1):
        yield document
        if not number % _TOLD_EVERY:
            told("indexing", number)


def _children(factory: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the specs of a retriever's children by the names that it gives them."""
    parameter = inspect.signature(factory).parameters.get("children")
    if parameter is None:
        return {}
    children = options.get("children", parameter.default)
    if isinstance(children, Mapping):
        return dict(children)
    if isinstance(children, str) or not isinstance(children, Sequence):
        return {}
    return {str(child): child for child in children}


def save_index(retriever: Any, spec: str, folder: Path) -> None:
    """Save a retriever.

    Raises:
        ConfigError: If it cannot be saved.
    """
    if not hasattr(retriever, "save"):
        raise _cannot_be_saved(spec)
    retriever.save(folder)


def _cannot_be_saved(name: str) -> ConfigError:
    return ConfigError(
        f"The retriever {name!r} cannot be saved, so it makes no knowledge base. "
        "Take bm25, dense, hybrid, tfidf or tantivy."
    )
