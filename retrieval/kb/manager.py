"""The manager: a knowledge base as a conversation uses it.

It retrieves for one query, puts what it found into a conversation, takes documents up and is saved
as a knowledge base. Hits are records of their own, so that the next query changes nothing, and a
conversation that was given is never changed. Names and shapes follow nanochat's retrieval proposal
(pull request 62), which called for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...core import Document
from ...errors import ConfigError, DataError
from .. import make_retriever, read_documents, write_documents
from ..base import Retriever
from ..corpus import Corpus
from ..foreign import check_foreign
from ..writing import writable
from .build import build, keep
from .conversation import augment
from .index import factory_of
from .manifest import KnowledgeBase, Recipe, describe, open_retriever
from .models import spec_for
from .retrieved import RetrievedDocument


class RetrievalManager:
    """Documents, what searches them, and what conversations need of both.

    Args:
        retriever_type: `simple` (that is `tfidf`), `bm25`, `dense`, `hybrid`, `tantivy`, or any
            spec of `make_retriever`. A knowledge base brings its own; if both are given, they
            must agree.
        knowledge_base_path: The folder of a knowledge base to start with.
        model_name: The encoder, of dense and hybrid.

    Raises:
        UnknownNameError: If there is no such retriever.
        ConfigError: If it takes no model, or the knowledge base has another retriever.
        DataError: If the folder holds no knowledge base, or a damaged one.

    >>> manager = RetrievalManager("bm25")
    >>> manager.add_documents([Document("a", "Ada Lovelace", "She wrote the first program.")])
    >>> [found.title for found in manager.retrieve("Who wrote a program?")]
    ['Ada Lovelace']
    >>> chat = {"messages": [{"role": "user", "content": "Who wrote the first program?"}]}
    >>> [message["role"] for message in manager.augment_conversation(chat)["messages"]]
    ['retrieval', 'user']
    """

    def __init__(
        self,
        retriever_type: str | None = None,
        knowledge_base_path: str | Path | None = None,
        *,
        model_name: str | None = None,
    ) -> None:
        self._recipe = Recipe(spec_for(retriever_type or "simple", model_name), dedupe=False)
        factory_of(self._recipe.retriever)
        self._about: KnowledgeBase | None = None
        self._corpus = Corpus(())
        self._retriever: Retriever | None = None
        if knowledge_base_path is not None:
            wanted = None if retriever_type is None else self._recipe.retriever
            self._open(Path(knowledge_base_path), wanted)

    @property
    def documents(self) -> Sequence[Document]:
        """What is searched."""
        return getattr(self._retriever, "documents", self._corpus)

    @property
    def retriever(self) -> Retriever:
        """What searches, over the documents as they are now; it never changes.

        Raises:
            ConfigError: If there are no documents yet.
        """
        return self._ready()

    def retrieve(self, query: str, top_k: int = 5) -> list[RetrievedDocument]:
        """Return the best documents for a query, best first.

        Raises:
            ConfigError: If `top_k` is below 1, or there are no documents yet.
            RetrievalError: If the search fails.
        """
        return self.batch_retrieve([query], top_k)[0]

    def batch_retrieve(
        self, queries: Sequence[str], top_k: int = 5
    ) -> list[list[RetrievedDocument]]:
        """Return the best documents for each query, as `retrieve` would for each alone."""
        hits = self._ready().search(queries, top_k)
        return [
            [RetrievedDocument.of(found, score, rank) for rank, (found, score) in enumerate(row, 1)]
            for row in hits
        ]

    def augment_conversation(
        self,
        conversation: Mapping[str, Any],
        top_k: int = 5,
        insert_position: str = "before_user",
    ) -> dict[str, Any]:
        """Return a copy of a conversation with what was found for its last user message.

        The copy says what the original says, with no message more, where nothing was found, there
        is no user message, or the last one has no text.

        Args:
            conversation: `{"messages": [{"role", "content"}, ...]}`; other keys are kept.
            top_k: How many documents.
            insert_position: `before_user`, before the last user message, or `after_system`, after
                the first system message, or at the start if there is none (see `augment`).

        Raises:
            ConfigError: If the position is unknown, or this is no conversation.
        """
        return augment(conversation, lambda query: self.retrieve(query, top_k), insert_position)

    def add_documents(self, documents: Iterable[Document | RetrievedDocument]) -> None:
        """Take documents up; they are found from the next query on.

        A knowledge base on disk stays as it is until `save_knowledge_base`.

        Raises:
            DataError: If an id is taken; then none is added.
        """
        if self._about is not None:
            check_foreign(self._recipe.retriever, "The knowledge base")
        new = [_plain(document) for document in documents]
        self._corpus = Corpus([*self.documents, *new])
        self._retriever = None

    def delete_documents(self, ids: Iterable[str]) -> None:
        """Give documents up; they are not found from the next query on, and count in no score.

        A knowledge base on disk stays as it is until `save_knowledge_base`.

        Raises:
            ConfigError: If this is one id instead of several.
            DataError: If there is no such document; then none is deleted.
        """
        if self._about is not None:
            check_foreign(self._recipe.retriever, "The knowledge base")
        if isinstance(ids, str):
            raise ConfigError(f"ids is {ids!r:.80}; give a list of ids: [{ids!r:.80}].")
        gone = set(ids)
        kept = [document for document in self.documents if document.id not in gone]
        if len(kept) + len(gone) != len(self.documents):
            known = {document.id for document in self.documents}
            raise DataError(
                f"There is no document {min(gone - known)!r:.80}, so none was deleted. Give ids "
                "that `documents` has."
            )
        self._corpus, self._retriever = Corpus(kept), None

    def save_knowledge_base(self, path: str | Path) -> KnowledgeBase:
        """Write a knowledge base, replacing one that stands there; all of it or nothing.

        Raises:
            ConfigError: If there are no documents, or the retriever cannot be saved.
            DataError: If the folder holds something else or cannot be written.
        """
        return keep(path, self._ready(), self._about or self._recipe)

    def load_knowledge_base(self, path: str | Path) -> None:
        """Search a knowledge base from now on, instead of what was searched before.

        Raises:
            DataError: If the folder holds no knowledge base, or a damaged one.
        """
        self._open(Path(path), None)

    @staticmethod
    def load_documents_from_jsonl(path: str | Path) -> list[Document]:
        """Read documents from a file and return them (see `read_documents`).

        None is taken up: `add_documents` does that.

        Raises:
            DataError: If the file cannot be read, or a record is no document.
        """
        return read_documents(path)

    @staticmethod
    def save_documents_to_jsonl(
        documents: Iterable[Document | RetrievedDocument], path: str | Path
    ) -> int:
        """Write the documents given as JSON lines, atomically; return how many.

        Those of a manager are its `documents`.

        Raises:
            DataError: If the file cannot be written.
        """
        with writable(path):
            return write_documents(path, map(_plain, documents))

    def _open(self, folder: Path, wanted: str | None) -> None:
        about, manifest = describe(folder)
        if wanted not in (None, about.recipe.retriever, manifest.retriever):
            raise ConfigError(
                f"{folder}: is a knowledge base of {about.recipe.retriever!r}, not {wanted!r}. "
                f"Leave the type out, or build one with --type {wanted}."
            )
        self._retriever = open_retriever(folder)
        self._about, self._recipe = about, about.recipe

    def _ready(self) -> Retriever:
        if self._retriever is None:
            if not self._corpus:
                raise ConfigError(
                    "There are no documents to retrieve. Call add_documents(...) first, or give "
                    "knowledge_base_path."
                )
            self._retriever = make_retriever(self._recipe.retriever, self._corpus)
        return self._retriever


def prepare_knowledge_base(
    documents_path: str | Path,
    output_path: str | Path,
    retriever_type: str = "dense",
    model_name: str | None = None,
) -> KnowledgeBase:
    """Build a knowledge base of a documents file; the short way to `build`.

    Raises:
        DataError: If the file cannot be used or the folder not written.
    """
    recipe = Recipe(spec_for(retriever_type, model_name))
    return build(output_path, [documents_path], recipe).about


def _plain(document: Document | RetrievedDocument) -> Document:
    return document.document if isinstance(document, RetrievedDocument) else document
