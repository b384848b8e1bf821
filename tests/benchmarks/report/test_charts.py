import msgspec
import pytest
from boards import make_board_records, make_failed, make_many, make_one, small_board

from hopgym.benchmarks.leaderboard import make_board
from hopgym.benchmarks.report.charts import (
    LOOKS,
    agent_looks,
    chart_data,
    tab_names,
    table_keys,
    term_rows,
)


def only(records):
    (table,) = chart_data(make_board(records))
    return table


def test_scores_by_hops_and_costs_are_those_of_the_rows():
    records = make_board_records()
    table, (group,) = only(records), make_board(records).groups
    assert table["hops"] == [1, 2, 3] and table["ranked"] == ["f1", "F1"]
    for drawn, row in zip(table["rows"], group.rows, strict=True):
        assert drawn["label"] == row.label and drawn["ceiling"] == row.ceiling
        assert drawn["scores"]["f1"][0] == pytest.approx(row.primary.mean, abs=1e-5)
        low, high = row.primary.low, row.primary.high
        assert drawn["scores"]["f1"][1:] == pytest.approx([low, high], abs=1e-5)
        means = [row.by_hops[n].mean for n in (1, 2, 3)]
        assert [points[0] for points in drawn["hops"]] == pytest.approx(means, abs=1e-5)
        assert (drawn["queries"], drawn["words"], drawn["steps"]) == (1.0, 6.0, 2.0)


def test_terms_are_means_over_what_was_scored():
    records = [
        make_one(question_id="a", reward_terms={"answer": 1.0, "size": -0.5}),
        make_one(question_id="b", reward_terms={"answer": 0.0}),
        make_failed(question_id="c", reward_terms={}),
    ]
    (group,) = make_board(records).groups
    assert term_rows(group) == (["answer", "size"], [[0.5, -0.25]])


def test_an_agent_looks_alike_in_every_table_and_ceilings_have_a_look_of_their_own():
    records = [*make_board_records(), *make_many("random", 3, task="other")]
    looks = agent_looks(make_board(records))
    assert looks["oracle"] == LOOKS - 1
    assert sorted(looks[name] for name in ("iterative", "single_shot", "random")) == [0, 1, 2]
    tables = chart_data(make_board(records))
    told = {(row["label"], row["look"]) for table in tables for row in table["rows"]}
    assert len([label for label, _ in told if label == "random"]) == 1


def test_many_agents_share_looks():
    looks = agent_looks(make_board(r for n in range(20) for r in make_many(f"a{n}", n, n=2)))
    assert set(looks.values()) == set(range(LOOKS - 1))


def test_tables_have_names_for_links_and_tabs():
    records = [make_one(), make_one(split="dev"), make_one(task="b", env_id="hopgym/RAG-v0")]
    board = make_board(records)
    assert sorted(table_keys(board)) == ["b", "world", "world~2"]
    assert sorted(tab_names(board)) == ["RAG", "SearchRead · world", "SearchRead · world~2"]


def test_it_is_plain_data():
    table = chart_data(small_board())[0]
    assert msgspec.json.decode(msgspec.json.encode(table))["rows"][0]["label"] == "oracle"
