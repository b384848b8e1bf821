"""Chats with documents that were retrieved earlier and stand in a file.

The file is the first there is of `{path}_{split}.jsonl`, `{path}/{split}.jsonl` and `path`. Its
records are whole conversations, or contexts: `{"documents": [...]}` or `{"hops": [...]}` with the
`id` of their chat, or its `query`, or with neither, one for each chat in their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import ConfigError, DataError
from ...files import write_jsonl
from ...retrieval.base import check_whole
from ...retrieval.kb import RetrievedDocument
from ...retrieval.kb.conversation import query_of
from ..datasets.records import read_values
from .chats import Base
from .converters import convert
from .task import Augmented, Message

_IDS = ("id", "question_id")


class StaticRAGTask(Augmented):
    """Chats with documents from a file; nothing is searched.

    Args:
        base_task: Chats (see `make_chats`); None where the file holds whole conversations.
        retrieval_path: Where the file is; see above.
        split: What its name says, if it says any.
        top_k: Documents a chat (or a hop), at most; None for all that stand there.
        insert_position: `before_user` or `after_system`, of contexts.

    Raises:
        ConfigError: If a base is needed and not given, or given and not needed, or `top_k` is no
            whole number from 1.
        DataError: If there is no such file, or it lacks the context of a chat.
    """

    def __init__(
        self,
        base_task: Base | None,
        retrieval_path: str | Path,
        split: str = "train",
        *,
        top_k: int | None = None,
        insert_position: str = "before_user",
    ) -> None:
        if top_k is not None:
            check_whole("top_k", top_k)
        self.path = find_contexts(retrieval_path, split)
        """The file."""
        records = _records(self.path)
        whole = "messages" in records[0][1]
        if whole != (base_task is None):
            raise ConfigError(
                f"{self.path}: holds whole conversations; leave base_task out (None)."
                if whole
                else f"{self.path}: holds contexts without conversations; give their base_task."
            )
        self.top_k = top_k
        self._is_whole = whole
        chats = [convert(record, "messages", where) for where, record in records] if whole else []
        super().__init__(chats if base_task is None else base_task, insert_position)
        self._contexts = {} if whole else self._by_key(records)

    def _messages(
        self, chats: Sequence[Mapping[str, Any]], places: Sequence[int]
    ) -> list[Message | None]:
        if self._is_whole:
            return [None] * len(chats)
        return [self._context(*each) for each in zip(chats, places, strict=True)]

    def _context(self, chat: Mapping[str, Any], place: int) -> Message | None:
        keys = {"query": query_of(chat), "place": place}
        keys["id"] = next((str(chat[name]) for name in _IDS if name in chat), None)
        if keys[self._key] not in self._contexts:
            raise DataError(
                f"{self.path}: has no context for the chat {place}, whose {self._key} is "
                f"{keys[self._key]!r:.80}. Give the file of these chats, or retrieve it anew."
            )
        return self._contexts[keys[self._key]]

    def _by_key(self, records: Sequence[tuple[str, Any]]) -> dict[Any, Message | None]:
        """Return the contexts by what the first record names its chat by."""
        first = records[0][1]
        named = next((name for name in (*_IDS, "query") if name in first), None)
        self._key = "place" if named is None else "query" if named == "query" else "id"
        if named is None and len(records) != len(self.base_task):
            raise DataError(
                f"{self.path}: holds {len(records)} contexts without `id` or `query` for "
                f"{len(self.base_task)} chats; give one for each, in their order."
            )
        found: dict[Any, Message | None] = {}
        for place, (where, record) in enumerate(records):
            if named is not None and named not in record:
                raise DataError(f"{where}: has no {named!r}, which the first record has.")
            key = place if named is None else str(record[named])
            found[key] = _message(record, where, self.top_k)
        return found


def find_contexts(path: str | Path, split: str) -> Path:
    """Return the file of a split: `{path}_{split}.jsonl`, `{path}/{split}.jsonl` or `path`.

    Raises:
        DataError: If there is none of them; the message names all.
    """
    tried = [Path(f"{path}_{split}.jsonl"), Path(path) / f"{split}.jsonl", Path(path)]
    for file in tried:
        if file.is_file():
            return file
    raise DataError(
        f"There are no contexts at {', '.join(map(str, tried))}. Write them with "
        "`write_contexts(task, path)`, or give another retrieval_path or split."
    )


def write_contexts(task: Augmented, path: str | Path) -> int:
    """Write what a task retrieves as a file for `StaticRAGTask`; return how many there are.

    Raises:
        RetrievalError: If a search fails.
        DataError: If the file cannot be written.
    """
    return write_jsonl(path, map(_record, task))


def _record(chat: Mapping[str, Any]) -> dict[str, Any]:
    said = [m for m in chat["messages"] if m["role"] == "retrieval"]
    found = {k: v for k, v in said[-1].items() if k != "role"} if said else {"documents": []}
    named = next(({"id": str(chat[name])} for name in _IDS if name in chat), {})
    return {**named, "query": query_of(chat), **found}


def _records(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    records = []
    for where, value in read_values(path):
        if isinstance(value, DataError):
            raise value
        if not isinstance(value, Mapping):
            raise DataError(f"{where}: is {value!r:.60}; a record is an object.")
        records.append((where, value))
    if not records:
        raise DataError(f"{path}: holds no contexts.")
    return records


def _message(record: Mapping[str, Any], where: str, top_k: int | None) -> Message | None:
    if "hops" in record:
        hops = _hops(record["hops"], where, top_k)
        return {"role": "retrieval", "multi_hop": True, "hops": hops} if hops else None
    documents = _documents(record, where, top_k)
    return {"role": "retrieval", "documents": documents} if documents else None


def _hops(given: Any, where: str, top_k: int | None) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(hop, Mapping) for hop in given):
        raise DataError(
            f'{where}: has the hops {given!r:.80}; give a list of {{"query", "documents"}}.'
        )
    return [{**hop, "documents": _documents(hop, where, top_k)} for hop in given]


def _documents(record: Any, where: str, top_k: int | None) -> list[dict[str, Any]]:
    given = record.get("documents") if isinstance(record, Mapping) else None
    if not isinstance(given, list):
        raise DataError(f'{where}: has no list of `documents`, each {{"title", "content"}}.')
    try:
        return [RetrievedDocument.from_dict(each).to_dict() for each in given[:top_k]]
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
