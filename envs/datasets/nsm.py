"""WebQSP, CWQ and MetaQA as the folders of NSM, ReaRev and GNN-RAG (arXiv 2210.13650, 2405.20139).

```
{train,dev,test}.json   or {…}_simple.json: one question a line, its graph as numbers
entities.txt            one entity a line; its number is its line's, from 0
relations.txt           one relation a line
entities_names.json     Freebase's ids to names; where it is there, entities go by their names
```
Gold facts are not given. Names told beside the answers are not lent to the graph's nodes: a graph in
which only the answers have names gives them away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ...core import Fact, Question
from ...errors import DataError
from ...files import parse_json, read_lines, read_text
from .graph_records import NoAnswersError, read_graphs
from .lazy import SplitQuestions, find_file, must_find, named_by_files
from .records import CURE, Record, read_values

SPLITS = ("train", "dev", "test")
_NAMES = "entities_names.json"


def load_nsm(
    path: str | Path,
    *,
    names: str | Path | None = None,
    strict: bool = True,
    limit: int | None = None,
) -> SplitQuestions:
    """Load a folder in NSM's form; files may be gzipped. Splits are read when first asked for.

    Args:
        path: The folder.
        names: A JSON object of names by entity, in place of the folder's `entities_names.json`.
            Where two entities of a question have one name, they keep their ids behind it.
        strict: Whether a bad line raises; otherwise it is skipped. One without answers is skipped in
            either case.
        limit: Read no more lines of a split than this.

    Raises:
        DataError: If a file is missing or a line is bad.
    """
    folder = Path(path)
    choices = {split: (f"{split}.json", f"{split}_simple.json") for split in SPLITS}
    files = {split: find_file(folder, *choice) for split, choice in choices.items()}
    found = {split: file for split, file in files.items() if file is not None}
    if not found:
        must_find(folder, *(name for choice in choices.values() for name in choice))
    vocabulary = Vocabulary(
        must_find(folder, "entities.txt"),
        must_find(folder, "relations.txt"),
        Path(names) if names else find_file(folder, _NAMES),
    )
    read = partial(_read, folder.name, vocabulary, strict, limit)
    return SplitQuestions(
        folder.name,
        {split: partial(read, split, file) for split, file in found.items()},
        partial(named_by_files, [*vocabulary.files, *found.values()], limit),
    )


class Vocabulary:
    """What the numbers of a folder stand for, read when first needed."""

    def __init__(self, entities: Path, relations: Path, names: Path | None) -> None:
        self._entities, self._relations, self._names = entities, relations, names
        self.files = [file for file in (entities, relations, names) if file is not None]

    @cached_property
    def entities(self) -> Sequence[str]:
        """The entities by number."""
        return [line.strip() for line in read_lines(self._entities)]

    @cached_property
    def relations(self) -> Sequence[str]:
        """The relations by number."""
        return [line.strip() for line in read_lines(self._relations)]

    @cached_property
    def known(self) -> frozenset[str]:
        """The entities."""
        return frozenset(self.entities)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of entities, where they are told."""
        if self._names is None:
            return {}
        given = parse_json(read_text(self._names), str(self._names))
        if not isinstance(given, Mapping) or not all(isinstance(n, str) for n in given.values()):
            raise DataError(f"{self._names}: must be a JSON object of names by entity. {CURE}")
        return {id: name.strip() for id, name in given.items() if name.strip()}

    def shown(self, ids: Sequence[str]) -> dict[str, str]:
        """Return how to call the entities of one question, no two alike."""
        names = {id: self.names.get(id, id) for id in ids}
        count: dict[str, int] = {}
        for name in names.values():
            count[name] = count.get(name, 0) + 1
        return {id: f"{name} ({id})" if count[name] > 1 else name for id, name in names.items()}


def _read(
    name: str, vocabulary: Vocabulary, strict: bool, limit: int | None, split: str, file: Path
) -> tuple[Sequence[Question], Sequence[str]]:
    convert = partial(_convert, vocabulary)
    return read_graphs(f"{name} {split}", convert, read_values(file), strict=strict, limit=limit)


def _convert(vocabulary: Vocabulary, record: Record) -> Question:
    """Read one line."""
    topics = [_entity(record, "entities", one, vocabulary) for one in record.list("entities")]
    answers = [_answer(record, one, vocabulary) for one in record.list("answers")]
    if not answers:
        raise NoAnswersError(f"{record.where}: field `answers` is empty: nothing to score.")
    triples = dict.fromkeys(_triples(record, vocabulary))
    ends = (end for head, _, tail in triples for end in (head, tail))
    shown = vocabulary.shown(list(dict.fromkeys([*ends, *topics, *answers])))
    found = tuple(dict.fromkeys(shown[answer] for answer in answers))
    return Question(
        record.id("id"),
        record.text("question"),
        found,
        facts=tuple(Fact(shown[head], kind, shown[tail]) for head, kind, tail in triples),
        topic_entities=tuple(dict.fromkeys(shown[topic] for topic in topics)),
        answer_entities=found,
    )


def _triples(record: Record, vocabulary: Vocabulary) -> Sequence[tuple[str, str, str]]:
    graph = record.get("subgraph")
    triples = graph.get("tuples") if isinstance(graph, Mapping) else None
    if not isinstance(triples, list | tuple):
        raise record.bad("subgraph", "must be {tuples: [[head, relation, tail], …]}")
    found = []
    for triple in triples:
        if not isinstance(triple, list | tuple) or len(triple) != 3:
            raise record.bad("subgraph.tuples", f"must be [head, relation, tail]: {triple!r:.60}")
        head, kind, tail = triple
        at = "subgraph.tuples"
        relation = _looked_up(record, at, kind, vocabulary.relations, "relations.txt")
        ends = [_entity(record, at, end, vocabulary) for end in (head, tail)]
        found.append((ends[0], relation, ends[1]))
    return found


def _entity(record: Record, field: str, value: Any, vocabulary: Vocabulary) -> str:
    return _looked_up(record, field, value, vocabulary.entities, "entities.txt")


def _looked_up(record: Record, field: str, value: Any, names: Sequence[str], file: str) -> str:
    """Read a number of a file's line, a text, or `{kb_id, text}`."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in ("kb_id", "text") if value.get(key) is not None), None)
    if isinstance(value, str) and value.strip():
        return value.strip()
    if not isinstance(value, int) or isinstance(value, bool):
        raise record.bad(field, f"must hold numbers of lines of {file}, not {value!r:.60}")
    if not 0 <= value < len(names):
        raise record.bad(field, f"holds {value}; {file} has lines 0 to {len(names) - 1}")
    return names[value]


def _answer(record: Record, value: Any, vocabulary: Vocabulary) -> str:
    """Return an answer's entity; one that is none goes by its text.

    MetaQA's lines number their answers anew, so there the text tells the entity.
    """
    if not isinstance(value, Mapping):
        return _entity(record, "answers", value, vocabulary)
    id, text = value.get("kb_id"), value.get("text")
    if isinstance(id, str) and (id in vocabulary.known or not text):
        return id
    if isinstance(text, str) and text.strip():
        return text.strip()
    return _entity(record, "answers", id, vocabulary)
