"""A retriever of what was known at a date: the documents that were there by then.

The date stands in a document's metadata, as ISO 8601 says it (`2021`, `2021-05`, `2021-05-03`, with
a time or without): such texts are in the order of time. Of several versions of one thing the newest
by then is searched. What came later is not in the index at all, so that no score knows of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..core import Document
from ..errors import ConfigError, DataError
from ..files import fingerprint
from .base import Hits, Immutable, Retriever, check_k, check_queries
from .children import (
    ask,
    check_restored,
    held_by,
    load_base,
    make_child,
    read_settings,
    save_base,
)
from .corpus import Corpus
from .saved import Manifest, open_folder, save_folder

_DATE = re.compile(
    r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01])(?:[T ][\d:.]+(?:Z|\+00:00)?)?)?)?"
)
_UTC = re.compile(r"Z$|\+00:00$")  # either says it, or nothing does: as texts they differ


class AsOfRetriever(Immutable):
    """Searches the documents that were there at a date.

    Args:
        documents: All there are.
        date: The last moment that counts, such as `2021-05-03`; `2021` is the whole year.
        base: What searches: the name of a retriever, with options if any.
        field: The key of the metadata that holds a document's date.
        undated: Whether documents without a date are searched.
        version_of: The key of the metadata that is the same for all versions of a document, of
            which the newest by then is searched; empty where there are none.

    Raises:
        ConfigError: If the date is none, or the base brings documents of its own.
        DataError: If a document's date is none.

    >>> old = Document("a", "Vel", "Mayor: Ada.", metadata={"date": "2019", "of": "vel"})
    >>> new = Document("b", "Vel", "Mayor: Bob.", metadata={"date": "2021-05", "of": "vel"})
    >>> for year in ("2020", "2022"):
    ...     AsOfRetriever([old, new], date=year, version_of="of").search(["mayor of Vel"], 5).ids
    [['a']]
    [['b']]
    """

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        date: str | int,
        base: str = "bm25",
        field: str = "date",
        undated: bool = True,
        version_of: str = "",
    ) -> None:
        settings = _Settings(_date(date, "date"), field, undated, version_of)
        if not isinstance(base, str):
            raise ConfigError(
                f"base is {base!r:.80}; give the name of a retriever, since it is built over the "
                "documents of the date."
            )
        corpus = Corpus.of(documents)
        kept = Corpus(known_at(corpus, settings))
        made = make_child(base if kept or not corpus else "empty", kept)  # nothing was known yet
        if {document.id for document in held_by(made)} - {document.id for document in kept}:
            raise ConfigError(
                f"base is {base!r:.80}, which brings documents of its own, later ones too. Give "
                "the name of a retriever instead."
            )
        self._set(made, held_by(made) or kept.by_rank(), settings)

    def _set(self, base: Retriever, documents: Sequence[Document], settings: _Settings) -> None:
        self.base = base
        """What searches."""
        self.documents = documents
        """What was there at the date, in the order of the ids."""
        self._settings = settings
        self.fingerprint = fingerprint(["as_of", base.fingerprint, *asdict(settings).values()])

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query among what was there at the date."""
        check_k(k)
        check_queries(queries)
        return ask(self.base, "base", queries, int(k))

    def save(self, folder: str | Path) -> None:
        """Write the base's index and the settings into a folder, replacing an older index there.

        Raises:
            ConfigError: If the base has no `save`.
            DataError: If the folder holds something else.
        """
        settings = asdict(self._settings)
        manifest = Manifest("as_of", self.fingerprint, len(self.documents), settings)
        save_folder(folder, manifest, lambda data: save_base(data, self.base, self.documents))

    @classmethod
    def load(cls, folder: str | Path) -> AsOfRetriever:
        """Open what `save` wrote.

        Raises:
            DataError: If the folder is damaged or holds something else.
        """
        manifest, data = open_folder(folder, "as_of")
        self = cls.__new__(cls)
        self._set(*load_base(data), read_settings(manifest, _Settings, folder))
        check_restored(self, manifest, folder)
        return self

    def __repr__(self) -> str:
        return f"AsOfRetriever({self.base!r}, {self._settings.date!r}, {self.fingerprint})"


@dataclass(frozen=True, slots=True)
class _Settings:
    date: str
    field: str
    undated: bool
    version_of: str

    def check(self) -> None:
        _date(self.date, "date")


def known_at(documents: Iterable[Document], settings: _Settings) -> list[Document]:
    """Return the documents that were there at a date, of each thing the newest version."""
    newest: dict[object, tuple[str, Document]] = {}
    for document in documents:
        told = document.metadata.get(settings.field)
        date = "" if told is None else _date(told, f"{settings.field!r} of {document.id!r}")
        if _is_later(date, settings.date) if date else not settings.undated:
            continue
        thing = document.metadata.get(settings.version_of) if settings.version_of else None
        key = (document.id,) if thing is None else str(thing)
        if key not in newest or (date, document.id) > (newest[key][0], newest[key][1].id):
            newest[key] = (date, document)
    return [document for _, document in newest.values()]


def _is_later(date: str, asked: str) -> bool:
    """Whether a document's date is after the one asked for, or may be.

    "2021-05" is not after "2021": what is asked for is the whole of the year. But of what is dated
    "2021" nobody knows whether it was there in May.
    """
    return date[: len(asked)] > asked or (date != asked and asked.startswith(date))


def _date(value: object, name: str) -> str:
    if not isinstance(value, str | int) or not _DATE.fullmatch(str(value)):
        kind = ConfigError if name == "date" else DataError
        raise kind(
            f"{name} is {value!r:.40}; write it as 2021, 2021-05, 2021-05-03 or with a time behind "
            "it (UTC)."
        )
    return _UTC.sub("", str(value)).replace(" ", "T")
