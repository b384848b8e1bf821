from pathlib import Path

import pytest
from boards import make_one
from toy import QUESTIONS, ToyQuestions, ToyRetriever

from hopgym.agents.contamination.guard import remember
from hopgym.agents.contamination.record import FILE
from hopgym.benchmarks import tables
from hopgym.benchmarks.bench import run_bench
from hopgym.benchmarks.cli import _trained_on
from hopgym.benchmarks.contamination import folder_of, seen_by
from hopgym.benchmarks.leaderboard import load_board, make_board
from hopgym.benchmarks.report.page import render_page
from hopgym.benchmarks.results import read_records
from hopgym.benchmarks.suites import Task
from hopgym.errors import DataError

AGENT = """
class Agent:
    name = "mine"
    fingerprint = "mine"

    def reset(self, seed=None):
        pass

    def act(self, observations, infos):
        return ["Step 1:\\nThe problem analysis: I know.\\nThe final answer: Tessa"] * len(infos)


def mine(*, model):
    return Agent()
"""


@pytest.fixture
def spec(tmp_path):
    """An agent of the user's own, with the folder of its model."""
    (tmp_path / "mine.py").write_text(AGENT)
    return f"{tmp_path / 'mine.py'}:mine?model={tmp_path / 'model'}"


def play(spec, out, **changes):
    task = Task(
        name="toy", env_id="hopgym/SearchRead-v0", questions=ToyQuestions(), split="train",
        seeds=(0, 1), env_kwargs={"retriever": ToyRetriever()}, **changes,
    )  # fmt: skip
    (outcome,) = run_bench([task], [spec], out)
    return outcome, list(read_records(outcome.path).values())


def test_the_folder_of_a_model_is_found(tmp_path):
    assert folder_of(str(tmp_path)) == folder_of(tmp_path) == tmp_path
    assert folder_of(f"{tmp_path}?temperature=0") == tmp_path
    assert folder_of(f"llm?model={tmp_path}") == tmp_path
    assert folder_of("oracle") is folder_of("llm?model=hub/name") is folder_of(object()) is None


def test_each_record_says_whether_its_question_was_trained_on(tmp_path, spec):
    toy = ToyQuestions()
    remember(tmp_path / "model", (toy, "train", QUESTIONS[:1]))
    outcome, records = play(spec, tmp_path / "out")
    assert outcome.trained_on == 1
    assert [(r.question_id, r.trained_on) for r in records] == [
        ("q1", True), ("q1", True), ("q2", False), ("q2", False),
    ]  # fmt: skip
    assert _trained_on([outcome]) == [
        "mine was trained on 1 of the questions of toy: the leaderboard marks it, and does not rank it."
    ]
    (row,) = load_board([tmp_path / "out"]).groups[0].rows
    assert (row.trained_on, row.questions) == (1, 2) and tables.mark(row) == "trained on 1 of 2"


def test_what_is_not_known_is_not_said(tmp_path, spec):
    outcome, records = play(spec, tmp_path / "out")
    assert outcome.trained_on == 0 and {r.trained_on for r in records} == {None}
    (row,) = load_board([tmp_path / "out"]).groups[0].rows
    assert row.trained_on is None and tables.mark(row) == ""


def test_a_damaged_record_stops_the_bench(tmp_path, spec):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / FILE).write_text("{}")
    with pytest.raises(DataError, match=f"{FILE} does not say what the model was trained on"):
        play(spec, tmp_path / "out")
    assert seen_by(Path("nowhere"), QUESTIONS, "toy") is None


def board(**changes):
    """Three agents on four questions: one was perhaps trained on some, and is the best."""
    skill = {"learnt": 1.0, "honest": 0.75, "poor": 0.25}
    records = [
        make_one(
            agent=agent, question_id=f"q{n}", metrics={"f1": share, "em": share},
            trained_on=changes.get("trained_on", lambda n: n < 3)(n) if agent == "learnt" else None,
        )
        for agent, share in skill.items()
        for n in range(4)
    ]  # fmt: skip
    return make_board(records)


def test_who_was_trained_on_the_questions_is_marked_and_not_ranked():
    group = board().groups[0]
    marks = {row.agent: tables.mark(row) for row in group.rows}
    assert marks["learnt"] == "trained on 3 of 4" and marks["honest"] == "best"
    told = (
        "learnt was trained on 3 of the 4 questions that it played: its score says nothing of new"
    )
    assert any(note.startswith(told) for note in group.notes)


def test_who_was_trained_on_others_is_ranked():
    group = board(trained_on=lambda n: False).groups[0]
    assert {row.agent: tables.mark(row) for row in group.rows}["learnt"] == "best"
    assert not group.notes


def test_all_tables_show_the_mark():
    made = board()
    assert "trained on 3 of 4" in tables.markdown(made)
    assert b'"trained_on": 3' in tables.as_json(made)
    assert '<span class="mark seen">trained on 3 of 4</span>' in render_page(made)
