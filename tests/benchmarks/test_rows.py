import pytest
from boards import make_failed, make_many, make_one

from hopgym.benchmarks.rows import (
    LISTED,
    PRIMARY,
    SCORES,
    RowKey,
    make_row,
    rank,
    ranking,
    score_pairs,
)
from hopgym.benchmarks.stats import Comparison


def test_a_row_is_the_mean_of_its_questions():
    row = make_row(make_many("a", 6, n=24))
    assert row.key == RowKey("a", "") and (row.questions, row.episodes, row.errors) == (24, 24, 0)
    assert row.scores["em"].mean == row.primary.mean == 0.25
    assert row.primary.low < 0.25 < row.primary.high and row.primary.n == 24
    assert (row.steps, row.queries, row.tokens) == (2.0, 1.0, 6.0)
    assert row.milliseconds == pytest.approx(2.0)
    assert row.reward.mean == 1.5


def test_seeds_of_one_question_count_as_one_question():
    records = [make_one(question_id="q0", seed=s, metrics={"f1": 1.0}) for s in range(3)]
    row = make_row([*records, make_one(question_id="q1", metrics={"f1": 0.0})])
    assert row.primary.mean == 0.5 and row.primary.n == 2
    assert (row.questions, row.episodes) == (2, 4)


def test_a_failed_episode_is_counted_and_in_no_mean():
    good = make_many("a", 6)
    failed = [make_failed(agent="a", question_id=f"x{n}", latency_s=9.0) for n in range(40)]
    with_failures, without = make_row([*good, *failed]), make_row(good)
    assert with_failures.errors == 40 and with_failures.scores == without.scores
    assert with_failures.reward == without.reward and with_failures.by_hops == without.by_hops
    assert with_failures.milliseconds == without.milliseconds
    assert with_failures.reachable == without.reachable


def test_nothing_but_failures_is_a_row_without_scores():
    row = make_row([make_failed(), make_failed(question_id="q1")])
    assert (row.errors, row.episodes, row.scores, row.reward) == (2, 0, {}, None)
    assert row.primary is None and row.by_hops == {} and row.steps == 0.0


def test_scores_by_hops_leave_out_unknown_hops():
    records = [
        make_one(question_id="a", hops=1, metrics={"f1": 1.0}),
        make_one(question_id="b", hops=3, metrics={"f1": 0.0}),
        make_one(question_id="c", hops=3, metrics={"f1": 0.5}),
        make_one(question_id="d", hops=0, metrics={"f1": 0.5}),
    ]
    by_hops = make_row(records).by_hops
    assert {n: (i.mean, i.n) for n, i in by_hops.items()} == {1: (1.0, 1), 3: (0.25, 2)}


def test_a_metric_that_some_records_lack_is_the_mean_of_those_that_have_it():
    records = [
        make_one(question_id="a", metrics={"f1": 1.0, "gold_recall": 0.5}),
        make_one(question_id="b", metrics={"f1": 1.0}),
    ]
    assert score_pairs(records, "gold_recall") == [("a", 0.5)]
    assert make_row(records).scores["gold_recall"].n == 1
    assert "em" not in make_row(records).scores


def test_shares_of_reachable_questions():
    records = [
        make_one(question_id="a", answer_reachable=True, documents_reachable=None),
        make_one(question_id="b", answer_reachable=False, documents_reachable=None),
    ]
    assert make_row(records).reachable == (0.5, None)


def test_rows_rank_by_the_primary_score_then_by_name_and_unscored_last():
    rows = [
        make_row([make_failed(agent="zero")]),
        make_row(make_many("b", 3)),
        make_row(make_many("a", 3)),
        make_row(make_many("c", 9)),
    ]
    assert [row.agent for row in sorted(rows, key=rank)] == ["c", "a", "b", "zero"]


def test_a_row_differs_only_below_the_level():
    from dataclasses import replace

    row = make_row(make_many("a", 3))
    assert not row.differs
    assert replace(row, comparison=Comparison(-0.5, 0.049, 24)).differs
    assert not replace(row, comparison=Comparison(-0.5, 0.05, 24)).differs


def test_every_column_says_what_it_is():
    assert len({column.name for column in SCORES}) == len(SCORES)
    assert all(column.label and column.help.endswith(".") for column in SCORES)


def test_where_answers_are_lists_their_f1_ranks():
    both = {"f1": 0.4, "f1_one_to_one": 1.0}
    listed = [make_one(question_id=f"q{n}", hops=1 + n, metrics=both) for n in range(2)]
    row = make_row([*listed, make_failed(question_id="q2")])
    assert ranking(listed) is row.ranked_by is LISTED and row.primary.mean == 1.0
    assert {n: interval.mean for n, interval in row.by_hops.items()} == {1: 1.0, 2: 1.0}
    assert make_row([make_one()]).ranked_by is ranking([]) is PRIMARY
