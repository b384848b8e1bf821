import numpy as np
import pytest
from toy import DOCUMENTS, QUESTIONS, toy_kwargs

from hopgym.core import Score
from hopgym.envs.settings import Settings
from hopgym.envs.stage import Stage, check_options
from hopgym.errors import ConfigError, RetrievalError, UnknownNameError
from hopgym.retrieval import Hits


def make(**changes):
    return Stage(Settings(**toy_kwargs(**changes)), "toy/Env-v0")


def test_the_generator_draws_and_options_fix():
    stage, rng = make(), np.random.default_rng(0)
    assert {stage.pick(rng, None).id for _ in range(20)} == {"q1", "q2"}
    assert stage.pick(rng, {"index": 1}) is QUESTIONS[1]
    assert stage.pick(rng, {"question_id": "q1"}) is stage.by_id("q1") is QUESTIONS[0]


def test_options_that_are_none_are_not_given():
    assert check_options({"index": None, "question_id": "q1"}) == {"question_id": "q1"}
    assert check_options(None) == {}


def test_an_empty_split_is_refused():
    class Empty:
        name, fingerprint, splits, documents = "empty", "", ("train",), ()

        def questions(self, split):
            return ()

    with pytest.raises(ConfigError, match="Split 'train' of empty has no questions"):
        make(questions=Empty())


class Odd:
    """A retriever that answers as it was told."""

    fingerprint = "odd"

    def __init__(self, answer):
        self.answer = answer

    def search(self, queries, k):
        return self.answer(queries, k)


def test_what_a_retriever_raises_is_a_retrieval_error():
    stage = make(retriever=Odd(lambda queries, k: 1 / 0))
    with pytest.raises(RetrievalError, match="failed with ZeroDivisionError: division by zero"):
        stage.search(["q"])
    stage = make(retriever=Odd(lambda queries, k: None))
    with pytest.raises(RetrievalError, match="'Odd' returned a NoneType; it must return Hits"):
        stage.search(["q"])


@pytest.mark.parametrize(
    ("rows", "score", "match"),
    [
        ([[DOCUMENTS[0]] * 4], 1.0, "gave 4 hits where 3 were asked for"),
        ([], 1.0, "gave 0 rows for 1 queries"),
        ([[DOCUMENTS[0]]], float("nan"), "nan"),
    ],
)
def test_a_retriever_answers_as_it_must(rows, score, match):
    answer = Hits(rows, [[score] * len(row) for row in rows])
    stage = make(retriever=Odd(lambda queries, k: answer), top_k=3)
    with pytest.raises(RetrievalError, match=match):
        stage.search(["q"])


def test_a_question_that_does_not_exist_is_named_with_some_that_do():
    with pytest.raises(
        UnknownNameError, match=r"No question has the id 'q9'.*the first: 'q1', 'q2'"
    ):
        make().by_id("q9")


@pytest.mark.parametrize("number", [1, np.int64(1)])
def test_an_id_is_a_text_even_where_it_is_a_number(number):
    message = r"has the id .*1.*\. Ids are texts, .*numbers: write '1', or options={'index': …}"
    with pytest.raises(UnknownNameError, match=message):
        make().pick(np.random.default_rng(0), {"question_id": number})
    with pytest.raises(UnknownNameError, match=r"has the id \['q1'\]\. Ids are texts, .*numbers\."):
        make().by_id(["q1"])


def test_one_query_that_fails_spoils_no_other():
    def answer(queries, k):
        if "poison" in queries:
            raise RetrievalError("poisoned")
        return Hits([[DOCUMENTS[0]] for _ in queries], [[1.0] for _ in queries])

    stage = make(retriever=Odd(answer))
    first, second, third = stage.search_each(["a", "poison", "b"])
    assert first[0][0] == third[0][0] == DOCUMENTS[0]
    assert isinstance(second, RetrievalError)


def test_the_reward_follows_the_trainer():
    class Scheduled:
        def __call__(self, question, trajectory):
            return Score(1.0)

        def at(self, step):
            return Scheduled() if step else self

    stage = make(reward=Scheduled())
    before = stage.reward
    stage.set_progress(3)
    assert stage.reward is not before and stage.training_step == 3
