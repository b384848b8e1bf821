"""WebQSP and CWQ as RoG (arXiv 2310.01061) gives them: each question with its part of Freebase.

Records are `{id, question, answer, q_entity, a_entity, graph}`: names, no ids, and triples of names.
Nodes without a name, such as those that join the parts of an event (CVT), keep Freebase's own,
`m.0h28vy2`. Gold facts are not given. Often an answer is not in the graph: `kg_statistics` says how
often.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...core import Question
from ...errors import ConfigError
from .arrow_table import Reading, load_table
from .base import QuestionSet
from .graph_records import FactPool, answers, entities, read_graphs
from .loaded import LoadedQuestions
from .records import Record, read_values

WEBQSP, CWQ = "rmanluo/RoG-webqsp", "rmanluo/RoG-cwq"


def load_rog(
    path: str | Path | None = None,
    *,
    split: str = "train",
    hub_name: str | None = None,
    hub_config: str | None = None,
    strict: bool = True,
    limit: int | None = None,
    name: str = "rog",
) -> QuestionSet:
    """Load any set in RoG's form from a file, or by name through `datasets`.

    Args:
        path: A parquet, JSON or JSON-lines file, the latter two gzipped or not; None asks the hub.
        split: What to call the file's split, or the hub's split to load.
        hub_name: The data set's name on the hub, or a local folder of it, which may hold the parquet
            files of a split in parts.
        hub_config: Its configuration.
        strict: Whether a bad record raises; otherwise it is skipped. One without answers is skipped
            in either case.
        limit: Read no more records than this.
        name: What to call it in tables.

    Returns:
        The set. A table's graphs stay in their file until their questions are asked for; those of
        JSON are all in memory, each fact once.
    """
    if path is None and hub_name is None:
        raise ConfigError(f"{name} needs a file or a name on the hub: path=FILE or hub_name=NAME.")
    if path is None or Path(path).suffix == ".parquet":
        hub = (hub_name or "", hub_config)
        reading = Reading(outline, convert)
        return load_table(name, reading, path, split=split, hub=hub, strict=strict, limit=limit)
    pool = FactPool()
    questions, skipped = read_graphs(
        f"{name} {split}",
        lambda record: convert(record, pool),
        read_values(path),
        strict=strict,
        limit=limit,
    )
    return LoadedQuestions(name, {split: questions}, (), skipped)


def load_webqsp(
    path: str | Path | None = None,
    *,
    split: str = "train",
    hub_name: str = WEBQSP,
    hub_config: str | None = None,
    strict: bool = True,
    limit: int | None = None,
) -> QuestionSet:
    """Load WebQSP in RoG's form; the arguments are those of `load_rog`."""
    hub = {"hub_name": hub_name, "hub_config": hub_config}
    return load_rog(path, split=split, **hub, strict=strict, limit=limit, name="webqsp")


def load_cwq(
    path: str | Path | None = None,
    *,
    split: str = "train",
    hub_name: str = CWQ,
    hub_config: str | None = None,
    strict: bool = True,
    limit: int | None = None,
) -> QuestionSet:
    """Load ComplexWebQuestions in RoG's form; the arguments are those of `load_rog`."""
    hub = {"hub_name": hub_name, "hub_config": hub_config}
    return load_rog(path, split=split, **hub, strict=strict, limit=limit, name="cwq")


def outline(record: Record) -> Question:
    """Read all of a record but its graph."""
    found = answers(record, "answer")
    return Question(
        record.id("id"),
        record.text("question"),
        found,
        topic_entities=entities(record, "q_entity"),
        answer_entities=entities(record, "a_entity") or found,
    )


def convert(record: Record, pool: FactPool) -> Question:
    """Read a record."""
    return replace(outline(record), facts=pool.read(record, "graph").facts)
