"""The heuristics JSONL that D-RAG's code trains on, and that `hopgym kg heuristics` writes.

Records are `{question, triples, paths, answer}`, where a path names the entities on the way from a
topic to an answer. `id`, `q_entity`, `a_entity` and `labels`, one for each triple, may be told too.
Gold facts are those with a label; without labels, all that join two neighbours on a path, whichever
way they point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...core import Question
from .drafts import passage_id
from .graph_records import FactPool, Subgraph, answers, entities, read_graphs
from .loaded import LoadedQuestions
from .records import Record, read_values


def load_drag_heuristics(
    path: str | Path, *, split: str = "train", strict: bool = True, limit: int | None = None
) -> LoadedQuestions:
    """Load a heuristics file.

    Args:
        path: JSON lines or a JSON list, gzipped or not.
        split: What to call the file's split.
        strict: Whether a bad record raises; otherwise it is skipped. One without answers is skipped
            in either case.
        limit: Read no more records than this.
    """
    reader = _Reader()
    name = Path(path).name.partition(".")[0]
    questions, skipped = read_graphs(
        f"{name} {split}", reader.convert, read_values(path), strict=strict, limit=limit
    )
    return LoadedQuestions(name, {split: questions}, (), skipped)


class _Reader:
    def __init__(self) -> None:
        self.pool = FactPool()
        self.asked: Counter[str] = Counter()

    def convert(self, record: Record) -> Question:
        """Read one record."""
        text, found = record.text("question"), answers(record, "answer")
        graph = self.pool.read(record, "triples")
        paths = _paths(record)
        gold = _from_labels(record, graph) if "labels" in record else _from_paths(paths, graph)
        ends = [(path[0], path[-1]) for path in paths if path]
        topics = entities(record, "q_entity") or tuple(dict.fromkeys(start for start, _ in ends))
        return Question(
            record.id("id") if "id" in record else self._id(text),
            text,
            found,
            facts=graph.facts,
            topic_entities=topics,
            answer_entities=entities(record, "a_entity") or found,
            gold_facts=gold,
            metadata={key: record.get(key) for key in ("graph_size",) if key in record},
        )

    def _id(self, text: str) -> str:
        """Name a question that has no id; the same text may be asked twice."""
        id = passage_id("", text)
        self.asked[id] += 1
        return id if self.asked[id] == 1 else f"{id}-{self.asked[id]}"


def _paths(record: Record) -> Sequence[Sequence[str]]:
    paths: Sequence[Any] = record.list("paths", "a list of lists of entities")
    for path in paths:
        if not isinstance(path, list | tuple) or not all(isinstance(name, str) for name in path):
            raise record.bad("paths", f"must be lists of entities, not {path!r:.60}")
    return [[name.strip() for name in path] for path in paths]


def _from_labels(record: Record, graph: Subgraph) -> tuple[int, ...]:
    labels = record.list("labels", "a list of 0 and 1")
    if len(labels) != len(graph.places) or not all(label in (0, 1) for label in labels):
        raise record.bad(
            "labels",
            f"must be a 0 or 1 for each of the {len(graph.places)} triples: {labels!r:.60}",
        )
    pairs = zip(graph.places, labels, strict=True)
    return tuple(sorted({place for place, label in pairs if label}))


def _from_paths(paths: Sequence[Sequence[str]], graph: Subgraph) -> tuple[int, ...]:
    steps = {step for path in paths for step in pairwise(path)}
    return tuple(
        place
        for place, fact in enumerate(graph.facts)
        if (fact.head, fact.tail) in steps or (fact.tail, fact.head) in steps
    )
