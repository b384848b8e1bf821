import pytest

from hopgym.benchmarks.export.tables import write_rows
from hopgym.benchmarks.export.verl import verl_rows
from hopgym.core import Question
from hopgym.envs.grammars import make_grammar

QUESTIONS = [
    Question("q1", "Who made Vel?", ("Ada Orm", "A. Orm"), document_ids=("d1",)),
    Question("q2", "Where is <search>Ull</search>?", ("Tessa",)),
]


def rows():
    grammar = make_grammar("search_r1")
    return list(verl_rows(QUESTIONS, data_source="nq", split="train", grammar=grammar))


def test_rows_have_the_columns_of_search_r1(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write_rows(tmp_path / "train.parquet", rows())
    table = parquet.read_table(tmp_path / "train.parquet")
    assert table.column_names == [
        *("data_source", "prompt", "ability", "reward_model", "extra_info")
    ]
    first = table.to_pylist()[0]
    assert first["data_source"] == "nq" and first["ability"] == "fact-reasoning"
    assert first["reward_model"] == {
        "style": "rule",
        "ground_truth": {"target": ["Ada Orm", "A. Orm"]},
    }
    assert first["extra_info"] == {"split": "train", "index": 0, "question_id": "q1"}
    (message,) = first["prompt"]
    assert message["role"] == "user" and message["content"].endswith("Question: Who made Vel?")
    assert "<search>" in message["content"]  # the rules


def test_gold_stands_where_the_reward_reads_it_alone():
    for row in rows():
        del row["reward_model"]
        assert not any(gold in str(row) for gold in ("Orm", "Tessa", "d1"))


def test_a_question_cannot_search():
    (message,) = rows()[1]["prompt"]
    assert "<search>Ull" not in message["content"]
