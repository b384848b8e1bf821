"""What a knowledge base says of itself: how it was made, of what, and the hash of its content.

A knowledge base is the saved index of a retriever whose manifest tells more, under the setting
`knowledge_base`. So `make_retriever(folder)` opens it like any saved index, and there is one file
that decides what is valid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec

from ...core import Document
from ...errors import ConfigError, DataError, RetrievalError
from .. import RETRIEVERS
from ..base import Retriever
from ..content import ContentHash
from ..linked import link_folder
from ..saved import Manifest, open_folder, read_manifest, save_folder, verify_folder
from .chunking import Chunking
from .minhash import MinHashIndex

KEY = "knowledge_base"
DROPPED = "dropped.jsonl"


class SavedRetriever(Retriever, Protocol):
    """What a retriever must have to serve a knowledge base."""

    @property
    def documents(self) -> Sequence[Document]:
        """What it searches."""

    def save(self, folder: Path) -> None:
        """Write it into a folder, from which its class's `load` brings it back."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How documents become a knowledge base.

    Args:
        retriever: What searches it: `bm25`, `dense`, `hybrid`, `tfidf`, `tantivy`, or any spec of
            `make_retriever` whose retriever can be saved, with options (`bm25?k1=1.2`).
        chunk_tokens: The most tokens of a passage; 0 leaves documents whole.
        overlap: How many of them repeat the end of the passage before.
        dedupe: Whether equal passages are kept once.
        near_duplicates: The similarity from which alike passages are kept once, or None.

    Raises:
        ConfigError: If a value is out of its range.
    """

    retriever: str = "bm25"
    chunk_tokens: int = 0
    overlap: int = 0
    dedupe: bool = True
    near_duplicates: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.retriever, str):
            raise ConfigError(
                f"the retriever is {self.retriever!r:.100}; give the name or spec of one, such as "
                "'bm25?k1=1.2'."
            )
        Chunking(self.chunk_tokens, self.overlap)
        if self.near_duplicates is not None:
            if isinstance(self.near_duplicates, bool) or not isinstance(
                self.near_duplicates, int | float
            ):
                raise ConfigError(
                    f"near-duplicates is {self.near_duplicates!r}; give a number, such as 0.9."
                )
            MinHashIndex(self.near_duplicates)
            if not self.dedupe:
                raise ConfigError(
                    "near-duplicates was given and deduplication switched off; choose one."
                )


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """What a knowledge base is."""

    content: str
    """The hash of its passages; the same passages in any order have the same."""
    passages: int
    recipe: Recipe
    counts: Mapping[str, int] = field(default_factory=dict)
    """Records read, and what became of those that are not here."""
    inputs: Sequence[Mapping[str, Any]] = ()
    """The files, by name and size."""
    made_by: str = ""
    """The version of hopgym."""


def describe(folder: str | Path) -> tuple[KnowledgeBase, Manifest]:
    """Read what a folder says of its knowledge base and of the index in it.

    Raises:
        DataError: If it is no knowledge base, or its manifest is damaged.
    """
    manifest = read_manifest(folder)
    found = manifest.settings.get(KEY)
    if found is None:
        raise DataError(
            f"{folder}: is a saved index but no knowledge base. "
            "Build one with `hopgym kb build --documents F --output DIR`."
        )
    try:
        return msgspec.convert(found, KnowledgeBase), manifest
    except msgspec.ValidationError as error:
        raise DataError(f"{folder}: its manifest is damaged ({error}). Build it again.") from error


def publish(index: Path, folder: Path, about: KnowledgeBase, dropped: Iterator[bytes]) -> None:
    """Make a finished index the knowledge base of a folder, in one step.

    The files are linked rather than copied where the file system can.
    """
    inner = read_manifest(index)
    manifest, data = open_folder(index, inner.retriever)
    settings = {**manifest.settings, KEY: msgspec.to_builtins(about)}

    def write(target: Path) -> None:
        link_folder(data, target)
        with open(target / DROPPED, "wb") as stream:
            stream.writelines(dropped)

    save_folder(folder, replace(manifest, settings=settings), write)


def open_retriever(folder: Path) -> SavedRetriever:
    """Open the retriever of a folder, past the shelf of shared ones.

    Raises:
        DataError: If it is damaged, or names a retriever that is not registered: a file must not
            choose what code runs.
        ConfigError: If its retriever gives no documents back.
    """
    manifest = read_manifest(folder)
    if manifest.retriever not in RETRIEVERS:
        raise DataError(
            f"{folder}: is an index of {manifest.retriever!r}, which is not registered. Register "
            "your own retriever under a name, and build the index again."
        )
    return with_documents(cast(Any, RETRIEVERS.get(manifest.retriever)).load(folder))


def with_documents(retriever: Retriever) -> SavedRetriever:
    """Return a retriever that tells what it holds.

    Raises:
        ConfigError: If it does not.
    """
    if not hasattr(retriever, "documents"):
        raise ConfigError(
            f"The retriever {type(retriever).__name__} has no `documents`, so what it holds can be "
            "neither verified nor added to."
        )
    return cast(SavedRetriever, retriever)


def verify(folder: str | Path) -> KnowledgeBase:
    """Read a whole knowledge base and compare it with what its manifest says.

    Every file is compared with its digest, and the passages with their hash. A knowledge base of
    an earlier hopgym has no digests (`describe(folder)[1].digests` is empty); of it, the passages
    and the sizes of the files are compared alone.

    Raises:
        DataError: If anything differs; the message names the file, or says what.
    """
    about, manifest = describe(folder)
    verify_folder(folder)
    retriever = open_retriever(Path(folder))
    try:
        found = ContentHash(retriever.documents)
    except RetrievalError as error:
        raise DataError(f"{folder}: its passages cannot be read ({error})") from error
    if (found.hexdigest(), found.count) != (about.content, about.passages):
        raise DataError(
            f"{folder}: holds {found.count} passages with the hash {found.hexdigest()}, not "
            f"{about.passages} with {about.content} as its manifest says. Build it again."
        )
    if retriever.fingerprint != manifest.fingerprint:
        raise DataError(f"{folder}: its index is not the one its manifest names. Build it again.")
    return about
