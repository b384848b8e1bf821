"""Retrievers made of retrievers: how a parent makes, asks, saves and loads its children.

A child is given as a spec or as a retriever. Each keeps the name that it was asked for under, and
a parent's saved index holds a folder for each. Used by hybrid, link_hop, multi_source and
recursive; it knows nothing of how they combine what their children say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..core import Document, to_json
from ..errors import ConfigError, DataError, RetrievalError, UnknownNameError
from .base import Hits, Retriever, check_hits
from .corpus import Corpus
from .saved import CURE, Manifest
from .store import DOCUMENTS, StoredDocuments, store_documents

T = TypeVar("T")

Spec = str | Path | Retriever
"""What a child may be given as."""


def make_children(
    children: Mapping[str, Spec] | Sequence[Spec], corpus: Corpus
) -> dict[str, Retriever]:
    """Return children by name, all over the same documents.

    Args:
        children: Specs or retrievers; in a mapping they bear its names, and else their spec or
            the name of their class.
        corpus: What they search.

    Raises:
        ConfigError: If there are none, or two would bear the same name.
    """
    named = _named(children)
    return {name: make_child(spec, corpus) for name, spec in named.items()}


def make_child(spec: Spec, corpus: Corpus) -> Retriever:
    """Return one child."""
    from . import make_retriever  # the registry imports its retrievers late, and so do they

    return make_retriever(spec, corpus)


def ask(child: Retriever, name: str, queries: Sequence[str], k: int) -> Hits:
    """Search with a child and refuse an answer that is none (see `check_hits`).

    Raises:
        RetrievalError: If it gave another number of rows than of queries, more than `k` hits, or
            scores that are no finite numbers.
    """
    if not queries:
        return Hits([], [])
    hits = child.search(queries, k)
    check_hits(hits, queries, k, name)
    return hits


def works_here(retriever: Retriever) -> bool:
    """Return whether a retriever computes in this process and waits for nobody.

    A retriever says so by an attribute `in_process`; one that is made of others is as they are.
    To ask such ones from several threads gains nothing, and costs more than many searches.
    """
    own = getattr(retriever, "in_process", None)
    if own is not None:
        return bool(own)
    parts = [
        *getattr(retriever, "children", {}).values(),
        *getattr(retriever, "sources", {}).values(),
    ]
    parts += [retriever.base] if hasattr(retriever, "base") else []
    return bool(parts) and all(map(works_here, parts))


def check_same(first: Document, other: Document, name: str) -> None:
    """Refuse two documents that bear one id; what JSON makes of them counts.

    Raises:
        RetrievalError: If they differ.
    """
    if first != other and to_json(first) != to_json(other):
        raise RetrievalError(
            f"The retriever {name!r} holds another document than the others under the id "
            f"{first.id!r}. Documents that are searched together need ids of their own."
        )


def held_by(child: Retriever) -> Sequence[Document]:
    """Return the documents of a child in the order of their ids; none if it does not show them."""
    documents = getattr(child, "documents", ())
    return documents if isinstance(documents, Sequence) else ()


def save_children(folder: Path, children: Mapping[str, Retriever]) -> None:
    """Save each child into a folder of its own, by its position."""
    for position, (name, child) in enumerate(children.items()):
        save: Any = getattr(child, "save", None)
        if save is None:
            raise ConfigError(
                f"The retriever {name!r} ({type(child).__name__}) has no `save(folder)`, so what "
                "is made of it cannot be saved. Build it anew each time, or use one that has."
            )
        save(folder / _folder(position))


def load_children(data: Path, names: Sequence[str]) -> dict[str, Retriever]:
    """Open what `save_children` wrote."""
    from . import make_retriever

    return {name: make_retriever(data / _folder(n)) for n, name in enumerate(names)}


def save_base(folder: Path, base: Retriever, documents: Sequence[Document]) -> None:
    """Save the one child of a parent, and the documents unless the child brings them along."""
    save_children(folder, {"base": base})
    held = held_by(base)
    if held is not documents and Corpus(held).fingerprint != Corpus(documents).fingerprint:
        store_documents(folder, documents)


def load_base(data: Path) -> tuple[Retriever, Sequence[Document]]:
    """Open what `save_base` wrote."""
    base = load_children(data, ["base"])["base"]
    return base, StoredDocuments(data) if (data / DOCUMENTS).exists() else held_by(base)


def read_settings(manifest: Manifest, kind: type[T], where: str | Path) -> T:
    """Return the settings of a saved parent as a record, checked by its `check` if it has one.

    Raises:
        DataError: If one is missing, of the wrong type or out of its range.
    """
    try:
        settings = msgspec.convert(manifest.settings, kind)
        getattr(settings, "check", lambda: None)()
    except (msgspec.ValidationError, ConfigError, UnknownNameError) as error:
        raise DataError(f"{where}: its settings are damaged ({error}). {CURE}") from error
    return settings


def check_restored(parent: Retriever, manifest: Manifest, where: str | Path) -> None:
    """Refuse a parent that came back as another than was saved."""
    if parent.fingerprint != manifest.fingerprint:
        raise DataError(
            f"{where}: a part of this index was replaced: it is {parent.fingerprint}, "
            f"and {manifest.fingerprint} was saved. {CURE}"
        )


def _folder(position: int) -> str:
    return f"child-{position}"


def _named(children: Mapping[str, Spec] | Sequence[Spec]) -> dict[str, Spec]:
    if isinstance(children, str) or not isinstance(children, Mapping | Sequence):
        raise ConfigError(
            f"children is {children!r:.100}; give a sequence of names or retrievers, such as "
            '["bm25", "tfidf"], or a mapping from names of your own.'
        )
    if not children:
        raise ConfigError('There are no children; give at least one, such as ["bm25", "tfidf"].')
    if isinstance(children, Mapping):
        return dict(children)
    named: dict[str, Spec] = {}
    for spec in children:
        name = _name(spec)
        if name in named:
            raise ConfigError(
                f"Two children are called {name!r}. Drop one, or name them: "
                f'{{"first": ..., "second": ...}}.'
            )
        named[name] = spec
    return named


def _name(spec: Spec) -> str:
    if isinstance(spec, str | Path):
        return str(spec)
    return type(spec).__name__.removesuffix("Retriever").lower()
