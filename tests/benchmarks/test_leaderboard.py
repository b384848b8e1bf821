import random

import pytest
from boards import make_board_records, make_failed, make_many, make_one

from hopgym.benchmarks.leaderboard import load_board, make_board
from hopgym.benchmarks.records import encode
from hopgym.benchmarks.rows import ALPHA
from hopgym.errors import ResultsError


def only(records):
    (group,) = make_board(records).groups
    return group


def rows_of(group):
    return {row.agent: row for row in group.rows}


def test_agents_of_the_same_conditions_share_a_table_best_first():
    group = only(make_board_records())
    assert [row.agent for row in group.rows] == ["oracle", "iterative", "single_shot", "random"]
    assert group.title == "world: hopgym/SearchRead-v0 on world (test)"
    assert group.notes == () and len(group.records) == 4 * 24


def test_a_ceiling_is_never_the_best_and_is_compared_with_nobody():
    rows = rows_of(only(make_board_records()))
    assert rows["oracle"].ceiling and not rows["oracle"].best
    assert rows["oracle"].comparison is None
    assert [row.agent for row in rows.values() if row.best] == ["iterative"]


def test_marks_tell_who_really_differs_from_the_best():
    rows = rows_of(only(make_board_records()))
    assert rows["random"].differs and rows["random"].comparison.difference < -0.5
    assert not rows["single_shot"].differs
    assert rows["single_shot"].comparison.p_value >= ALPHA
    assert rows["single_shot"].comparison.n == 24


def test_the_marks_are_corrected_for_being_several():
    # 24 questions, 6 fewer right than the best: 0.03 alone, and no longer when there are many.
    pair = rows_of(only([*make_many("a", 24), *make_many("b", 18)]))
    crowd = [record for n in range(5) for record in make_many(f"c{n}", 18)]
    many = rows_of(only([*make_many("a", 24), *crowd, *make_many("b", 18)]))
    assert pair["b"].differs and not many["b"].differs
    assert many["b"].comparison.p_value > pair["b"].comparison.p_value


def test_agents_are_compared_on_the_questions_that_both_played():
    rows = rows_of(only([*make_many("a", 20), *make_many("b", 2, n=22)]))
    assert rows["b"].comparison.n == 22 and rows["a"].best and not rows["b"].apart


def test_the_best_is_chosen_on_the_shared_questions_and_not_by_other_means():
    # `a` failed where it is weak: its mean is the higher, and yet `b` is better where both played.
    ours = [r for r in make_many("a", 12, n=24) if r.question_id < "q014"]
    theirs = make_many("b", 13, n=24)
    rows = rows_of(only([*ours, *theirs]))
    assert rows["a"].primary.mean > rows["b"].primary.mean
    assert rows["b"].best and not rows["a"].best and rows["a"].comparison.n == 14


def test_who_played_too_little_is_ranked_apart_and_cannot_be_best():
    few = make_many("few", 3, n=3)
    rows = rows_of(only([*make_many("a", 12), *make_many("b", 10), *few]))
    assert rows["few"].apart and rows["few"].comparison is None and not rows["few"].best
    assert rows["a"].best and rows["b"].comparison.n == 24


def test_nobody_is_best_alone():
    assert not only(make_many("a", 12)).rows[0].best
    rows = rows_of(only([*make_many("a", 12), *make_many("gold", 24, ceiling=True)]))
    assert not rows["a"].best and not rows["a"].apart


def test_one_common_question_decides_nothing():
    rows = rows_of(only([*make_many("a", 1, n=1), *make_many("b", 0, n=1)]))
    assert rows["b"].comparison == (-1.0, 1.0, 1)


def test_of_an_episode_played_twice_the_order_of_the_files_decides_nothing():
    twice = [make_one(prediction=text, metrics={"f1": f1}) for text, f1 in (("x", 0.0), ("y", 1.0))]
    assert make_board(twice) == make_board(twice[::-1])


def test_rows_of_one_name_are_told_apart():
    group = only([*make_many("ppo", 3), *make_many("ppo", 9, agent_fingerprint="0123456789")])
    assert [row.label for row in group.rows] == ["ppo (01234567)", "ppo (no fingerprint)"]
    assert [row.label for row in only(make_many("a", 3)).rows] == ["a"]


def test_agents_without_a_common_question_are_not_compared():
    ours = [make_one(agent="a", question_id=f"a{n}") for n in range(3)]
    theirs = [make_one(agent="b", question_id=f"b{n}", metrics={"f1": 0.0}) for n in range(3)]
    assert rows_of(only([*ours, *theirs]))["b"].comparison is None


def test_without_scores_nobody_is_best():
    group = only([make_failed(agent="a"), make_failed(agent="b")])
    assert not any(row.best for row in group.rows)


def test_the_order_of_the_records_changes_nothing():
    records = make_board_records()
    board = make_board(records)
    for seed in range(3):
        shuffled = random.Random(seed).sample(records, len(records))
        assert make_board(shuffled) == board


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset_fingerprint": "data-2"},
        {"retriever_fingerprint": "bm25-2"},
        {"hopgym_version": "0.2.0"},
        {"env_kwargs": {"max_steps": 5}},
        {"suite": "other"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_other_conditions_never_share_a_table_and_both_say_so(changes):
    board = make_board([*make_many("a", 1), *make_many("b", 2, **changes)])
    assert [len(group.rows) for group in board.groups] == [1, 1]
    name = next(iter(changes)).replace("env_kwargs", "max_steps").replace("_", " ")
    for group in board.groups:
        assert f"they differ in {name} (" in group.notes[0] and " here, " in group.notes[0]


def test_tables_of_other_titles_need_no_warning():
    board = make_board([*make_many("a", 1), *make_many("a", 1, task="other", split="dev")])
    assert len(board.groups) == 2 and not any(group.notes for group in board.groups)


def test_a_retrained_agent_has_its_own_row():
    group = only([*make_many("ppo", 3), *make_many("ppo", 9, agent_fingerprint="later")])
    assert [(r.agent, r.agent_fingerprint) for r in group.rows] == [("ppo", "later"), ("ppo", "")]
    assert group.rows[1].comparison is not None


def test_an_episode_that_two_runs_played_counts_once_and_scored_before_failed():
    group = only([make_failed(), make_one(), make_one(prediction="again")])
    (row,) = group.rows
    assert (row.episodes, row.errors) == (1, 0)
    assert group.notes == ("2 episodes were found twice and counted once.",)


def test_failures_and_missing_questions_are_said():
    failed = [make_failed(agent="b", question_id=f"q{n:03d}") for n in range(20, 24)]
    notes = only([*make_many("a", 3), *make_many("b", 2, n=20), *failed]).notes
    assert notes[0].startswith("b: 4 episodes failed for reasons of infrastructure")
    notes = only([*make_many("a", 3), *make_many("b", 2, n=20)]).notes
    assert notes == ("b has played 20 of 24 questions.",)


def test_every_command_is_kept_once():
    records = [*make_many("a", 1, command="one"), *make_many("b", 1, command="two"), make_one()]
    assert only(records).commands == ("hopgym bench", "one", "two")


def test_folders_are_read_with_their_sub_folders(tmp_path):
    for agent in ("a", "b"):
        file = tmp_path / agent / "results.jsonl"
        file.parent.mkdir()
        file.write_bytes(b"".join(map(encode, make_many(agent, 5))))
    board = load_board([tmp_path])
    assert board == make_board([*make_many("a", 5), *make_many("b", 5)])
    assert load_board([tmp_path / "a", tmp_path / "b" / "results.jsonl"]) == board
    assert load_board([tmp_path, tmp_path]) == board  # named twice, read once


def test_a_damaged_file_or_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ResultsError, match=r"No results in .*hopgym bench"):
        load_board([tmp_path])
    lines = [encode(record) for record in make_many("a", 1, n=3)]
    (tmp_path / "a.jsonl").write_bytes(lines[0] + b"{}\n" + lines[1])
    with pytest.raises(ResultsError, match=r"a\.jsonl:2: not a record"):
        load_board([tmp_path])
