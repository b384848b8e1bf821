"""A retriever whose answers are kept on disk: to repeat an experiment, or to pay once.

An answer is kept under what was asked and of whom: the fingerprint of the base, the query and the
number of hits, so that no corpus, setting or k is ever answered with another's hits. A failed
search keeps nothing. Where a recording is replayed, neither an index nor a service is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, get_args

from ..core import Document
from ..errors import ConfigError, DataError, RetrievalError
from .answers import Answer, Answers
from .base import Hits, Immutable, Retriever, check_k, check_queries
from .children import Spec, ask, held_by, make_child
from .corpus import Corpus

Mode = Literal["readwrite", "record", "replay"]
"""`record` always asks and keeps; `replay` never asks; `readwrite` asks for what it lacks."""

FILE = "answers.sqlite3"


class CachedRetriever(Immutable):
    """Answers from disk what was asked before.

    Args:
        documents: What the base searches.
        base: The retriever to ask. To replay, None will do if the folder holds the answers of
            one retriever only.
        folder: Where answers are kept; made if absent. Several retrievers may share it.
        mode: `"readwrite"`, `"record"` or `"replay"`.

    Raises:
        ConfigError: If there is no such mode, or no base where one is needed.
        DataError: If the folder holds no cache of ours, or is to replay what it has of another
            corpus or retriever.
    """

    def __init__(
        self,
        documents: Iterable[Document] = (),
        *,
        folder: str | Path,
        base: Spec | None = None,
        mode: Mode = "readwrite",
    ) -> None:
        if mode not in get_args(Mode):
            raise ConfigError(f"mode is {mode!r}; it is one of: {', '.join(get_args(Mode))}.")
        if base is None and mode != "replay":
            raise ConfigError(f'mode is {mode!r}, which asks: give a base, or mode="replay".')
        if not isinstance(folder, str | Path) or not str(folder):
            raise ConfigError(f"folder is {folder!r}; give the folder to keep answers in.")
        corpus = Corpus.of(documents)
        self.base: Retriever | None = None if base is None else make_child(base, corpus)
        """The retriever that is asked."""
        self.mode = mode
        self.folder = Path(folder)
        """Where the answers are."""
        held = () if self.base is None else held_by(self.base)
        self.documents: Sequence[Document] = held or corpus.by_rank()
        """What is searched, in the order of the ids; empty if neither was given nor shown."""
        self._answers = Answers(self.folder / FILE, writable=mode != "replay")
        self.fingerprint = self._entered(corpus.fingerprint if corpus else "")
        """The base's: the hits are the same."""

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return the kept hits, or the base's.

        Raises:
            RetrievalError: If the cache replays and has no answer, or cannot be read or written,
                or the base fails.
        """
        check_k(k)
        check_queries(queries)
        asked = dict.fromkeys(queries)
        known = {} if self.mode == "record" else self._answers.get(self.fingerprint, asked, int(k))
        missing = [query for query in asked if query not in known]
        if missing:
            known |= self._ask(missing, int(k))
        rows = [known[query] for query in queries]
        plain = all(row.components is None for row in rows)
        return Hits(
            [[*row.documents] for row in rows],
            [[*row.scores] for row in rows],
            None if plain else [[*(row.components or [{}] * len(row.scores))] for row in rows],
        )

    def _ask(self, queries: list[str], k: int) -> dict[str, Answer]:
        if self.base is None or self.mode == "replay":
            others = f" and {len(queries) - 1} more" if len(queries) > 1 else ""
            raise RetrievalError(
                f"{self.folder}: has no answer of the retriever {self.fingerprint} to "
                f"{queries[0]!r:.100}{others} with k={k}. Replay asks nobody: record it first, "
                'with the same retriever and k, or set mode="readwrite".'
            )
        hits = ask(self.base, "base", queries, k)
        answers = {query: _answer(hits, n) for n, query in enumerate(queries)}
        return self._answers.put(self.fingerprint, answers, k)  # as a replay will give them

    def _entered(self, corpus: str) -> str:
        """Return whose answers are kept or replayed, having noted or found them."""
        if self.base is None:
            return self._only_one(corpus)
        name = self.base.fingerprint
        if self.mode != "replay":
            self._answers.enter(name, corpus)
        elif name not in (found := self._answers.retrievers()):
            raise DataError(
                f"{self.folder}: holds no answers of the retriever {name}, but of: "
                f"{', '.join(sorted(found)) or 'none'}. The corpus or a setting is another than "
                'was recorded: give the same, or record with mode="record".'
            )
        return name

    def _only_one(self, corpus: str) -> str:
        found = self._answers.retrievers()
        if len(found) != 1:
            names = ", ".join(sorted(found)) or "none"
            raise ConfigError(
                f"{self.folder}: holds the answers of {len(found)} retrievers ({names:.200}). "
                "Give the base, whose fingerprint says which to replay."
            )
        ((name, recorded),) = found.items()
        if corpus and recorded and corpus != recorded:
            raise DataError(
                f"{self.folder}: holds answers from another corpus ({recorded}) than the one that "
                f"is searched here ({corpus}). Record them anew, in another folder."
            )
        return name

    def __repr__(self) -> str:
        return f"CachedRetriever({self.base!r}, {str(self.folder)!r}, mode={self.mode!r})"


def _answer(hits: Hits, query: int) -> Answer:
    parts = None if hits.components is None else hits.components[query]
    return Answer(hits.documents[query], hits.scores[query], parts)
