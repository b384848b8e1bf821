import pytest

from hopgym.benchmarks.published import Published, _row, every, published_for
from hopgym.envs.datasets import DATASETS


def test_every_row_says_what_it_is():
    rows = every()
    assert len(rows) > 200 and len(set(rows)) == len(rows)
    for row in rows:
        assert all(row[:4]) and row.setting and row.source and 0 <= row.value <= 100, row
    sets = {"nq", "triviaqa", "popqa"}  # three of `flashrag`
    assert {row.questions for row in rows} <= {*DATASETS, *sets}


def test_rows_of_a_set_are_sorted_within_each_metric():
    rows = published_for("hotpotqa")
    assert rows[0].metric == "em" and rows[0].value == max(
        r.value for r in rows if r.metric == "em"
    )
    metrics = [row.metric for row in rows]
    assert metrics == sorted(metrics, key=metrics.index)
    assert published_for("world") == []


def test_figures_are_those_of_the_papers():
    assert Published(
        *("musique", "Search-R1 base PPO", "7B", "em", 19.6),
        *("wiki-18, E5, top 3, full sets", "arXiv 2503.09516"),
    ) in published_for("musique")
    assert {(row.system, row.value) for row in published_for("cwq")} >= {("D-RAG + Llama-3", 70.3)}


def test_a_bad_line_is_named():
    with pytest.raises(ValueError, match=r"published.tsv:7: .*Write questions, system"):
        _row({"questions": "nq", "value": "x"}, "published.tsv:7")
