"""PathQuestion (COLING 2018, C18-1171): two- and three-hop questions with their gold paths.

Lines are `question`, a tab, `answer(answer/answer/)`, a tab and `head#relation#entity#…#<end>#tail`;
the knowledge base beside them is `head`, tab, `relation`, tab, `tail`. PQ, PQ-Large and the chains
of WorldCup2014 come so. All questions of a file are answered by their base.

Gold facts are those of every walk from the topic along the path's relations to an answer. The path
that is written out is one of these.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...core import Fact, Question
from ...errors import ConfigError, DataError
from ...files import read_lines
from .graph_records import read_graphs
from .knowledge_base import KnowledgeBase, read_facts
from .lazy import must_find
from .loaded import LoadedQuestions
from .records import CURE, Record

BASES = {
    "PQ-2H": "2H-kb",
    "PQ-3H": "3H-kb",
    "PQL-2H": "PQL2-KB",
    "PQL-3H": "PQL3-KB",
    "PQL-3H_more": "PQL3-KB",
    "WC-P1": "WC2014",
    "WC-P2": "WC2014",
    "WC-P": "WC2014",
}
"""Which file of facts goes with which file of questions, as published."""

_END = "#<end>"


def load_pathquestion(
    path: str | Path,
    *,
    part: str = "PQ-2H",
    kb: str | Path | None = None,
    split: str | None = None,
    strict: bool = True,
    limit: int | None = None,
) -> LoadedQuestions:
    """Load a file of PathQuestion; files may be gzipped.

    Args:
        path: A file of questions, or the folder that has it.
        part: Which of the folder's: `PQ-2H`, `PQ-3H`, `PQL-2H`, `PQL-3H`, …
        kb: The file of facts; by default the one that was published with the questions, beside them.
        split: What to call all questions together. By default they are divided into train, dev and
            test, about 8 to 1 to 1, so that questions of one gold path, which are each other's
            paraphrases, stay together. The set has no official division.
        strict: Whether a bad line raises; otherwise it is skipped.
        limit: Read no more questions than this.

    Raises:
        ConfigError: If the file of facts must be named.
        DataError: If a file is missing, or a line is bad.
    """
    given = Path(path)
    file = must_find(given, f"{part}.txt") if given.is_dir() else given
    name = file.name.partition(".")[0]
    base = KnowledgeBase(read_facts([Path(kb) if kb else _base_of(file, name)], "\t"))
    reader = _Reader(base)
    questions, skipped = read_graphs(
        name, reader.convert, _lines(file, name), strict=strict, limit=limit
    )
    splits = {split: questions} if split else _divided(questions)
    return LoadedQuestions(name, splits, (), skipped)


def _base_of(file: Path, name: str) -> Path:
    if name not in BASES:
        raise ConfigError(
            f"{file} is none of {', '.join(BASES)}; say by kb=FILE which facts go with it."
        )
    return must_find(file.parent, f"{BASES[name]}.txt")


def _lines(file: Path, name: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(read_lines(file), 1):
        if line.strip():
            where = f"{file}:{number}"
            cells = line.rstrip("\r\n").split("\t")
            if len(cells) < 3:
                yield (
                    where,
                    DataError(f"{where}: a line is question, tab, answers, tab, path. {CURE}"),
                )
                continue
            names = ("question", "answer", "path", "all")
            yield where, {"id": f"{name}-{number}", **dict(zip(names, cells, strict=False))}


class _Reader:
    """Reads questions; those of one topic share their facts."""

    def __init__(self, base: KnowledgeBase) -> None:
        self.base = base
        self.graphs: dict[tuple[str, int], tuple[tuple[Fact, ...], dict[Fact, int]]] = {}

    def convert(self, record: Record) -> Question:
        topic, relations = _path(record)
        answers = _answers(record)
        key = topic, len(relations)
        if key not in self.graphs:
            facts = self.base.around([topic], len(relations))
            self.graphs[key] = facts, {fact: place for place, fact in enumerate(facts)}
        facts, places = self.graphs[key]
        gold = self.base.walk(topic, relations, answers)
        if not gold:
            raise record.bad(
                "path", f"leads to no answer in the facts: {record.text('path')!r:.90}"
            )
        return Question(
            record.id("id"),
            record.text("question"),
            answers,
            type=f"{len(relations)}-hop",
            facts=facts,
            topic_entities=(topic,),
            answer_entities=answers,
            gold_facts=tuple(sorted(places[fact] for fact in gold)),
            metadata={"relations": list(relations)},
        )


def _path(record: Record) -> tuple[str, Sequence[str]]:
    """Return the topic and the relations of a gold path."""
    parts = record.text("path").partition(_END)[0].split("#")
    if len(parts) < 3 or len(parts) % 2 == 0 or not all(parts):
        raise record.bad("path", f"must be head#relation#entity#…, not {record.get('path')!r:.60}")
    return parts[0], parts[1::2]


def _answers(record: Record) -> tuple[str, ...]:
    """Return all answers: in brackets behind the first, or in a cell of their own."""
    text = record.text("answer")
    first, every = text, str(record.get("all", ""))
    for place, sign in enumerate(text):  # names have brackets too
        if sign == "(" and text.endswith(")") and text[:place] in text[place + 1 : -1].split("/"):
            first, every = text[:place], text[place + 1 : -1]
            break
    names = (name.strip() for name in (first, *every.split("/")))
    return tuple(dict.fromkeys(name for name in names if name))


def _divided(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """Divide questions by a hash; those of one path, or of the same gold facts, stay together."""
    splits: dict[str, list[Question]] = {"train": [], "dev": [], "test": []}
    for question, name in zip(questions, _groups(questions), strict=True):
        tenth = hashlib.sha256(name.encode()).digest()[0] % 10
        splits["dev" if tenth == 0 else "test" if tenth == 1 else "train"].append(question)
    return splits


def _groups(questions: Sequence[Question]) -> list[str]:
    """Return the name of each question's group: the first of its paths.

    A question and its paraphrases start at one topic and follow the same relations; one asked from
    the other end follows others, through the same facts.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    paths = ["#".join([*q.topic_entities, *q.metadata["relations"]]) for q in questions]
    chains = [frozenset(q.facts[fact] for fact in q.gold_facts) for q in questions]
    columns: dict[Any, int] = {}
    places = [columns.setdefault(key, len(columns)) for key in (*paths, *chains)]
    count = len(questions)
    rows = [*range(count), *range(count)]
    ends = [count + place for place in places]
    size = count + len(columns)
    links = coo_array(([1] * len(rows), (rows, ends)), shape=(size, size))
    _, groups = connected_components(links, directed=False)
    names: dict[int, str] = {}
    for group, path in zip(groups.tolist(), paths, strict=False):
        names[group] = min(names.get(group, path), path)
    return [names[group] for group in groups[:count].tolist()]
