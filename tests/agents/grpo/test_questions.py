import pytest
from grpo_runs import WORLD

from hopgym.agents.grpo.questions import QuestionIndex, label, question_dataset, question_rows
from hopgym.core import Question
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError, DataError


class Twins:
    """Two questions of one text, which ids alone tell apart."""

    name, fingerprint, splits, documents = "twins", "twins", ("train", "none"), ()

    def questions(self, split):
        return [Question(id, "Who?", ("Ada",)) for id in ("a", "b")] if split == "train" else []


def test_every_prompt_stands_for_its_own_question():
    index = QuestionIndex(Twins(), "train")
    rows = question_rows(index.questions)
    assert rows == [
        {"prompt": "a: Who?", "question_id": "a"},
        {"prompt": "b: Who?", "question_id": "b"},
    ]
    assert [index.id_of(row["prompt"]) for row in rows] == ["a", "b"]


def test_no_row_has_the_gold():
    questions = make_questions(WORLD).questions("train")
    for question, row in zip(questions, question_rows(questions), strict=True):
        assert row["prompt"] == label(question) and set(row) == {"prompt", "question_id"}
        assert not any(answer in row["prompt"] for answer in question.answers)


def test_a_dataset_is_trls():
    datasets = pytest.importorskip("datasets")
    made = question_dataset(question_rows(Twins().questions("train")))
    assert isinstance(made, datasets.Dataset) and made.column_names == ["prompt", "question_id"]


def test_what_is_no_question_is_refused():
    index = QuestionIndex(Twins(), "train")
    with pytest.raises(DataError, match=r"No question of twins train has the prompt 'Why\?'"):
        index.id_of("Why?")
    with pytest.raises(DataError, match=r"bridge\.dataset"):
        index.id_of([{"role": "user", "content": "Who?"}])
    with pytest.raises(ConfigError, match=r"twins has no questions in its split 'none'.*train"):
        QuestionIndex(Twins(), "none")
