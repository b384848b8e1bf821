"""Plain questions: JSON or JSON lines of `{id, question, answer}`, and nothing more needed.

They may tell their gold as a `Question` of ours does: `type`, `document_ids` and `hops`; and their
graph: `facts`, `topic_entities`, `answer_entities` and `gold_facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ...core import Fact, Hop, Question
from .base import is_place
from .drafts import Draft, load_file, passage_id
from .graph_records import FactPool, entities
from .loaded import LoadedQuestions
from .records import Record

_KEPT = ("type", "level", "source", "data_source", "dataset", "support")
FIELDS = (
    *("id", "_id", "idx", "question", "Question"),
    *("answer", "answers", "golden_answers", "Answer"),
    *("document_ids", "hops", "facts", "topic_entities", "answer_entities", "gold_facts"),
    *_KEPT,
)
"""What a record may have; anything else is passed over."""

_HOP = ("query", "answer", "document_ids", "needs", "source")


def load_plain(path: str | Path, *, split: str = "train", **options: Any) -> LoadedQuestions:
    """Load plain questions.

    Args:
        path: A JSON list or JSON-lines file. `answer` or `answers` may be a text or a list of
            texts; `id` (or `_id`, `idx`) may be left out, and is then made from the question.
            `type` (a text), `document_ids` (a list of ids) and `hops` (a list of `{query, answer,
            document_ids, needs}`) may be given; and a graph: `facts` (a list of `[head, relation,
            tail]` or `{head, relation, tail}`), `topic_entities` and `answer_entities` (texts), and
            `gold_facts` (places in `facts`, from 0).
        split: What to call the file's split.
        **options: `documents`, `strict` and `limit`, as in `hopgym.envs.datasets.drafts.load`.
    """
    read = partial(convert, pool=FactPool())
    return load_file(Path(path).name.partition(".")[0], read, path, split=split, **options)


def convert(record: Record, pool: FactPool | None = None) -> Draft:
    """Read one record; equal facts of all records that share a pool are one object."""
    facts = _facts(record, pool or FactPool())
    text = record.text("question", "Question")
    named = [field for field in ("id", "_id", "idx") if field in record]
    question = Question(
        record.id(*named) if named else passage_id("", text),
        text,
        record.texts("answer", "answers", "golden_answers", "Answer"),
        type=record.text("type") if record.get("type", "") != "" else "",
        hops=_hops(record),
        document_ids=record.ids("document_ids"),
        facts=facts,
        topic_entities=entities(record, "topic_entities"),
        answer_entities=entities(record, "answer_entities"),
        gold_facts=_gold(record, len(facts)),
        metadata={key: record.get(key) for key in _KEPT if key in record},
    )
    return Draft(question)


def _facts(record: Record, pool: FactPool) -> tuple[Fact, ...]:
    """Read the graph, each fact in its own place: `gold_facts` counts by these."""
    if "facts" not in record:
        return ()
    graph = pool.read(record, "facts")
    return tuple(graph.facts[place] for place in graph.places)


def _gold(record: Record, count: int) -> tuple[int, ...]:
    places = record.list("gold_facts") if "gold_facts" in record else ()
    if not all(is_place(place, count) for place in places):
        raise record.bad(
            "gold_facts", f"must be places of its {count} facts, from 0, not {places!r:.60}"
        )
    return tuple(places)


def _hops(record: Record) -> tuple[Hop, ...]:
    values = record.list("hops") if "hops" in record else ()
    return tuple(_hop(record, place, value, len(values)) for place, value in enumerate(values))


def _hop(record: Record, place: int, value: Any, count: int) -> Hop:
    """Read a hop; what it needs are other hops, numbered from 0."""
    if not isinstance(value, Mapping):
        raise record.bad(f"hops[{place}]", f"must be {{query, answer, …}}, not {value!r:.60}")
    hop = Record(value, f"{record.where} hops[{place}]")
    if unknown := [field for field in value if field not in _HOP]:
        raise hop.bad(unknown[0], f"is no field of a hop; it has {', '.join(_HOP)}")
    needs = hop.list("needs") if "needs" in hop else ()
    if not all(type(n) is int and 0 <= n < count and n != place for n in needs):
        raise hop.bad("needs", f"must be places of other hops, from 0, not {needs!r:.60}")
    source = hop.text("source") if "source" in hop else "General"
    return Hop(hop.text("query"), hop.text("answer"), hop.ids("document_ids"), tuple(needs), source)
