import json

import pytest
from ppo_runs import WORLD, settings
from toy import ToyQuestions

from hopgym.agents.training.held_out import check_split, make_examination
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError, DataError, UnknownNameError

QUESTIONS = make_questions(WORLD)


def test_the_other_split_is_played_as_the_model_is_trained(tmp_path):
    given = settings(tmp_path, eval_questions="", prompt="chat", num_envs=3, seed=4)
    made = make_examination(given, QUESTIONS, {"top_k": 1, "reward": "em"})
    assert made.question_set is QUESTIONS and made.split == "dev" and len(made.jobs()) == 2
    assert made.env_kwargs == {"top_k": 1}  # only metrics count: no judge is asked
    assert (made.prompts.style, made.num_envs, made.seed) == ("chat", 3, 4)
    assert (made.max_new_tokens, made.metric) == (8, "em")


def test_nothing_may_be_played(tmp_path):
    assert make_examination(settings(tmp_path, eval_questions="none"), QUESTIONS, {}) is None


def test_another_set_may_be_played(tmp_path):
    other = "world?entities=300&train=0&dev=4&test=0&hops=2&seed=9"
    made = make_examination(settings(tmp_path, eval_questions=other), QUESTIONS, {})
    assert made.question_set.fingerprint != QUESTIONS.fingerprint


def test_what_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="has no split 'nope'"):
        make_examination(
            settings(tmp_path, eval_questions="", eval_split="nope"), QUESTIONS, {}
        )  # fmt: skip
    with pytest.raises(UnknownNameError, match="environment"):
        make_examination(
            settings(tmp_path, eval_questions="", env_id="hopgym/Nope-v0"), QUESTIONS, {}
        )  # fmt: skip
    with pytest.raises(ConfigError, match="toy has no split 'dev' to hold out; it has"):
        make_examination(settings(tmp_path, eval_questions=""), ToyQuestions(), {})


def test_questions_that_are_played_are_not_trained_on(tmp_path):
    given = settings(tmp_path, eval_questions="", eval_split="train")
    with pytest.raises(DataError, match=r"5 of 5 questions of .* train also stand in .*its id"):
        make_examination(given, QUESTIONS, {})
    first = QUESTIONS.questions("train")[0]
    file = tmp_path / "dev.jsonl"
    file.write_text(json.dumps({"id": "x", "question": first.text, "answer": "y"}))
    given = settings(tmp_path, eval_questions=f"{file}?split=dev")
    with pytest.raises(
        DataError,
        match=r"1 of 1 questions of .* 'x' is 'world-0-train-0' by its text\. Give another",
    ):
        make_examination(given, QUESTIONS, {})


def test_a_split_that_is_not_there_is_told_with_the_ways_out():
    check_split(QUESTIONS, "dev")
    with pytest.raises(
        ConfigError, match=r"--eval_split, .* --eval_questions, or --eval_questions none"
    ):
        check_split(ToyQuestions(), "dev")
