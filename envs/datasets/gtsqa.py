"""GTSQA (arXiv 2511.04473): questions over Wikidata with the facts that answer them, ground truth.

Records are `{id, question, seed_entities, answer_node, answer_subgraph}`, and in the configuration
`gtsqa-with-graphs` also `graph`. Names come as `Italy (Q38)`; the identifier is dropped where no other
thing of the question has the same name. Gold facts are the answer subgraph and, for questions of
several answers, what `full_answer_subgraph_wikikg2` adds. Without `graph` they are all the facts
there are, and nothing is to be found out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ...core import Fact, Question
from .arrow_table import Reading, load_table
from .base import QuestionSet
from .graph_records import FactPool, Subgraph, entities, gold_places, read_graphs
from .loaded import LoadedQuestions
from .records import Record, read_values

HUB = ("Graphcore/GTSQA", "gtsqa-with-graphs")

_NAMED = re.compile(r"(?P<label>.+) \((?P<id>[QP][0-9]+)\)", re.DOTALL)
_KEPT = ("n_hops", "graph_isomorphism", "redundant", "test_type")


def load_gtsqa(
    path: str | Path | None = None,
    *,
    split: str = "train",
    hub_name: str = HUB[0],
    hub_config: str | None = HUB[1],
    strict: bool = True,
    limit: int | None = None,
) -> QuestionSet:
    """Load GTSQA from a file, or by name through `datasets`.

    Args:
        path: A parquet, JSON or JSON-lines file, the latter two gzipped or not; None asks the hub.
        split: What to call the file's split, or the hub's split to load: `train` or `test`.
        hub_name: The data set's name on the hub, or a local folder of it.
        hub_config: Its configuration; `gtsqa` has no graphs.
        strict: Whether a bad record raises; otherwise it is skipped.
        limit: Read no more records than this.
    """
    if path is None or Path(path).suffix == ".parquet":
        reading, hub = Reading(outline, convert), (hub_name, hub_config)
        return load_table("gtsqa", reading, path, split=split, hub=hub, strict=strict, limit=limit)
    pool = FactPool()
    questions, skipped = read_graphs(
        f"gtsqa {split}",
        lambda record: convert(record, pool),
        read_values(path),
        strict=strict,
        limit=limit,
    )
    return LoadedQuestions("gtsqa", {split: questions}, (), skipped)


def outline(record: Record) -> Question:
    """Read all of a record but its graph."""
    return _question(record, (), ())


def convert(record: Record, pool: FactPool) -> Question:
    """Read a record."""
    gold = pool.read(record, "answer_subgraph")
    graph = pool.read(record, "graph") if "graph" in record else gold
    return _question(record, graph.facts, _complete_gold(record, graph, gold))


def _complete_gold(record: Record, graph: Subgraph, gold: Subgraph) -> Sequence[Fact]:
    """Return the gold facts, those of further answers too: these are told by identifiers alone."""
    name = "full_answer_subgraph_wikikg2"
    told = record.list(name, "a list of triples") if name in record else ()
    if not all(isinstance(part, str | int) for one in told if _is_list(one) for part in one):
        raise record.bad(name, f"must be triples of identifiers, not {told!r:.60}")
    further = {tuple(triple) for triple in told if _is_list(triple)}
    if not further:
        return gold.facts
    by_ids = (fact for fact in graph.facts if _ids(fact) in further)
    return tuple(dict.fromkeys((*gold.facts, *by_ids)))


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _question(record: Record, facts: Sequence[Fact], gold: Iterable[Fact]) -> Question:
    node, seeds = record.text("answer_node"), entities(record, "seed_entities")
    others = set(record.ids("all_answers_wikikg2"))
    known = dict.fromkeys(name for fact in facts for name in (fact.head, fact.tail))
    answers = dict.fromkeys([node, *(name for name in known if _id(name) in others)])
    kinds = _plain(fact.relation for fact in facts)
    plain = _plain([*known, *seeds, *answers])
    found = tuple(plain[name] for name in answers)
    return Question(
        record.id("id"),
        record.text("question"),
        found,
        type=f"{record.get('n_hops')}-hop" if "n_hops" in record else "",
        facts=tuple(Fact(plain[f.head], kinds[f.relation], plain[f.tail]) for f in facts),
        topic_entities=tuple(plain[name] for name in seeds),
        answer_entities=found,
        gold_facts=gold_places(facts, gold),
        metadata={key: record.get(key) for key in _KEPT if key in record},
    )


def _plain(names: Iterable[str]) -> dict[str, str]:
    """Return names without identifiers, but for different things of one name."""
    things: dict[str, set[str]] = defaultdict(set)
    for name in names:
        match = _NAMED.fullmatch(name)
        things[match["label"] if match else name].add(name)
    return {
        name: label if len(alike) == 1 else name
        for label, alike in things.items()
        for name in alike
    }


def _id(name: str) -> str:
    match = _NAMED.fullmatch(name)
    return match["id"] if match else name


def _ids(fact: Fact) -> tuple[str, str, str]:
    return _id(fact.head), _id(fact.relation), _id(fact.tail)
