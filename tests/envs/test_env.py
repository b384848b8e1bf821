from collections.abc import Sequence

import pytest
from toy import toy_kwargs

from hopgym.envs.env import check_render_mode, spaces_of
from hopgym.envs.search_read import SearchReadEnv
from hopgym.errors import ConfigError, DataError, HopgymError


def test_the_same_seed_draws_the_same_questions():
    env, twin = SearchReadEnv(**toy_kwargs()), SearchReadEnv(**toy_kwargs())
    drawn = [e.reset(seed=s)[0] for e in (env, twin) for s in (1, 2, 3, 4, 5)]
    assert drawn[:5] == drawn[5:] and len(set(drawn)) == 2


def test_an_unseeded_reset_goes_on_with_the_stream():
    env, twin = SearchReadEnv(**toy_kwargs()), SearchReadEnv(**toy_kwargs())
    for e in (env, twin):
        e.reset(seed=9)
    assert [env.reset()[0] for _ in range(9)] == [twin.reset()[0] for _ in range(9)]


class Missing(Sequence):
    """Questions of which some cannot be had, as of a lazy set whose file is gone."""

    def __init__(self, questions, missing):
        self.questions, self.missing = questions, missing

    def __len__(self):
        return len(self.questions)

    def __getitem__(self, index):
        question = self.questions[index]
        if question.id in self.missing:
            raise DataError(f"{question.id} is gone")
        return question


def test_what_is_refused_changes_nothing():
    env, twin = SearchReadEnv(**toy_kwargs()), SearchReadEnv(**toy_kwargs())
    env.stage.questions = Missing(env.stage.questions, ())
    for e in (env, twin):
        e.reset(seed=3)
    for seed in (None, 7):
        for options in ({"index": 9}, {"question_id": "x"}, {"indx": 0}):
            with pytest.raises(HopgymError):
                env.reset(seed=seed, options=options)
    env.stage.questions.missing = ("q1", "q2")
    for seed in (None, 7):
        with pytest.raises(DataError, match="is gone"):
            env.reset(seed=seed)
    env.stage.questions.missing = ()
    assert env.step("x")[0] == twin.step("x")[0]
    assert [env.reset()[0] for _ in range(9)] == [twin.reset()[0] for _ in range(9)]


def test_the_gold_is_for_those_who_unwrap():
    env = SearchReadEnv(**toy_kwargs())
    env.reset(options={"question_id": "q1"})
    assert env.question.answers == ("Tessa", "Tessa Town")
    assert env.question_set.name == "toy" and env.split == "train"


def test_the_observation_space_holds_the_longest_transcript():
    env = SearchReadEnv(**toy_kwargs(max_steps=2, format_retries=1))
    env.reset(options={"question_id": "q1"})
    over = False
    while not over:
        text, _, terminated, truncated, _ = env.step("x" * 1_000_000)
        over = terminated or truncated
    assert env.observation_space.contains(text)
    assert spaces_of(env.stage)[1].contains("x" * 1_000_000)


def test_a_render_mode_must_exist():
    check_render_mode(None, ["ansi"])
    with pytest.raises(ConfigError, match="it may be None or one of: ansi"):
        check_render_mode("rgb", ["ansi"])
