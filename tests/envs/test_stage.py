import numpy as np
import pytest
from toy import QUESTIONS, toy_kwargs

from hopgym.envs.settings import Settings
from hopgym.envs.stage import Stage, check_options
from hopgym.errors import ConfigError


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
