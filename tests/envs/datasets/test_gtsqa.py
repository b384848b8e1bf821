import json

import pytest

from hopgym.core import Fact, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.gtsqa import load_gtsqa
from hopgym.errors import DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

GOLD = [
    ["Vel (Q1)", "director (P57)", "Ada Orm (Q2)"],
    ["Vel (Q1)", "country of origin (P495)", "Norge (Q3)"],
]
RECORD = {
    "id": 17,
    "question": "Who directed the Norwegian film?",
    "seed_entities": ["Norge (Q3)"],
    "answer_node": "Ada Orm (Q2)",
    "answer_subgraph": GOLD,
    "all_answers_wikikg2": ["Q2", "Q9", "Q77"],
    "full_answer_subgraph_wikikg2": [
        ["Q1", "P57", "Q2"],
        ["Q1", "P495", "Q3"],
        ["Q8", "P57", "Q9"],
    ],
    "n_hops": 2,
    "graph_isomorphism": "1-1",
    "redundant": False,
    "test_type": ["training"],
}
GRAPH = [
    ["Mere (Q8)", "director (P57)", "Ada Orm (Q9)"],
    ["Mere (Q8)", "country (P495)", "Norge (Q3)"],
    *GOLD,
]
QUESTION = Question(
    "17",
    "Who directed the Norwegian film?",
    ("Ada Orm",),
    type="2-hop",
    facts=(Fact("Vel", "director", "Ada Orm"), Fact("Vel", "country of origin", "Norge")),
    topic_entities=("Norge",),
    answer_entities=("Ada Orm",),
    gold_facts=(0, 1),
    metadata={
        "n_hops": 2,
        "graph_isomorphism": "1-1",
        "redundant": False,
        "test_type": ["training"],
    },
)


def test_without_graphs_the_facts_are_the_gold(tmp_path):
    write_jsonl(tmp_path / "g.jsonl", [RECORD])
    made = make_questions(tmp_path / "g.jsonl", split="test")
    assert (made.name, made.questions("test")) == ("gtsqa", (QUESTION,))


def test_gold_in_a_graph_counts_all_answers_and_names_that_are_shared_keep_their_ids(tmp_path):
    write_jsonl(tmp_path / "g.jsonl", [{**RECORD, "graph": GRAPH}])
    (question,) = load_gtsqa(tmp_path / "g.jsonl").questions("train")
    assert question.answers == question.answer_entities == ("Ada Orm (Q2)", "Ada Orm (Q9)")
    assert question.facts[0] == Fact("Mere", "director", "Ada Orm (Q9)")
    assert question.facts[1] == Fact("Mere", "country", "Norge")
    assert question.gold_facts == (0, 2, 3)


def test_a_table_reads_the_same(tmp_path, monkeypatch):
    datasets, arrow = pytest.importorskip("datasets"), pytest.importorskip("pyarrow")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    tables = pytest.importorskip("pyarrow.parquet")
    rows = [{**RECORD, "graph": GRAPH}]
    tables.write_table(arrow.Table.from_pylist(rows), tmp_path / "g.parquet")
    write_jsonl(tmp_path / "g.jsonl", json.loads(json.dumps(rows)))
    made = make_questions(tmp_path / "g.parquet")
    assert made.name == "gtsqa"
    assert list(made.questions("train")) == list(
        load_gtsqa(tmp_path / "g.jsonl").questions("train")
    )


def test_the_hubs_graphs_are_asked_for():
    with pytest.raises(DataError, match=r"none \(gtsqa-with-graphs, train\) could not be loaded"):
        load_gtsqa(hub_name="./none")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer_node": None}, "g.jsonl:2: field `answer_node` is missing"),
        ({"answer_subgraph": [["a"]]}, r"g.jsonl:2: field `answer_subgraph\[0\]` must be \[head"),
        ({"graph": "a"}, "g.jsonl:2: field `graph` must be a list"),
        ({"seed_entities": 3}, "g.jsonl:2: field `seed_entities` must be text or a list"),
    ],
)
def test_a_bad_record_is_named_or_skipped(tmp_path, change, message):
    write_jsonl(tmp_path / "g.jsonl", [RECORD, {**RECORD, "id": 18, **change}])
    with pytest.raises(DataError, match=f"{message}.* Mend it, or pass strict=False"):
        load_gtsqa(tmp_path / "g.jsonl")
    made = load_gtsqa(tmp_path / "g.jsonl", strict=False)
    assert made.questions("train") == (QUESTION,) and len(made.skipped) == 1


@pytest.mark.parametrize("told", [5, [[["Q1"], "P57", "Q2"]], [[{"a": 1}]], "Q1"])
def test_further_gold_that_is_no_list_of_triples_is_refused(tmp_path, told):
    write_jsonl(
        tmp_path / "g.jsonl", [{**RECORD, "graph": GRAPH, "full_answer_subgraph_wikikg2": told}]
    )
    with pytest.raises(DataError, match=r"g.jsonl:1: field `full_answer_subgraph_wikikg2` must be"):
        load_gtsqa(tmp_path / "g.jsonl")
