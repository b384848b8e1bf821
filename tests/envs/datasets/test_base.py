import pytest
from toy import ToyQuestions

from hopgym.envs.datasets.base import QuestionSet, check_split
from hopgym.errors import ConfigError


def test_a_question_set_is_whatever_has_splits_and_documents():
    assert isinstance(ToyQuestions(), QuestionSet) and not isinstance(object(), QuestionSet)


def test_an_unknown_split_is_named_with_those_that_exist():
    with pytest.raises(ConfigError, match="mine has no split 'tset'; it has: train, test"):
        check_split("tset", ("train", "test"), "mine")
