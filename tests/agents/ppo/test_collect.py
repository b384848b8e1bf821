from collections import Counter

import pytest
from ppo_runs import BY_LENGTH, WORLD, settings
from tiny_llms import byte_tokenizer, causal_lm
from toy import ToyQuestions

from hopgym.agents.llm.sampling import Sampling
from hopgym.agents.llm.transformers_generator import TransformersGenerator
from hopgym.agents.ppo.collect import Collector
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError

QUESTIONS = make_questions(WORLD)
IDS = [question.id for question in QUESTIONS.questions("train")]
KWARGS = {"max_steps": 2, "top_k": 1, "reward": BY_LENGTH}


def collector(tmp_path, **changes):
    return Collector(QUESTIONS, settings(tmp_path, **changes), KWARGS)


def asked(one, updates):
    return [job.question_id for update in range(updates) for job in one.jobs(update)]


def test_every_question_comes_once_before_any_comes_again(tmp_path):
    one = collector(tmp_path, batch_questions=2, num_samples=1)
    ids = asked(one, 10)
    rounds = [ids[n : n + 5] for n in range(0, 20, 5)]
    assert all(sorted(each) == sorted(IDS) for each in rounds)
    assert len(set(map(tuple, rounds))) > 1  # in another order each time


def test_samples_of_a_question_stand_side_by_side(tmp_path):
    jobs = collector(tmp_path, batch_questions=3, num_samples=4).jobs(0)
    assert [job.seed for job in jobs] == [0, 1, 2, 3] * 3
    assert all(len({job.question_id for job in jobs[n : n + 4]}) == 1 for n in (0, 4, 8))


def test_no_episode_of_an_update_is_another_played_again(tmp_path):
    jobs = collector(tmp_path, batch_questions=12, num_samples=2).jobs(0)
    assert len(set(jobs)) == len(jobs) == 24
    assert sorted(Counter(job.question_id for job in jobs).values()) == [4, 4, 4, 6, 6]


def test_the_order_follows_the_seed(tmp_path):
    first, again, other = (
        asked(collector(tmp_path, seed=seed), 4) for seed in (0, 0, 1)
    )  # fmt: skip
    assert first == again != other


def test_without_questions_nothing_is_begun(tmp_path):
    class Empty(ToyQuestions):
        def questions(self, split):
            return ()

    with pytest.raises(ConfigError, match=r"toy has no questions in its split 'train'\. Give"):
        Collector(Empty(), settings(tmp_path), {})


def generator(temperature=1.0):
    sampling = Sampling(temperature=temperature, max_new_tokens=6)
    return TransformersGenerator(causal_lm(), byte_tokenizer(), sampling)


@pytest.mark.parametrize("num_envs", [1, 3, 64])
def test_what_is_played_follows_the_jobs_whatever_runs_side_by_side(tmp_path, num_envs):
    one = collector(tmp_path, num_envs=num_envs)
    played = one.play(generator(), 1)
    assert [rollout.episode.job for rollout in played] == one.jobs(1)
    together = collector(tmp_path, num_envs=2).play(generator(), 1)
    assert [rollout.tokens.ids for rollout in played] == [r.tokens.ids for r in together]
    assert all(rollout.tokens.turns[0].reward for rollout in played)


def test_a_share_of_the_jobs_gives_the_same_episodes(tmp_path):
    one = collector(tmp_path)
    whole = one.play(generator(), 1)
    for rank in range(2):
        share = one.play(generator(), 1, one.jobs(1)[rank::2])
        assert [r.tokens.ids for r in share] == [r.tokens.ids for r in whole[rank::2]]
    assert one.play(generator(), 1, []) == []


def test_samples_and_updates_differ(tmp_path):
    one = collector(tmp_path, batch_questions=5)
    rows = [
        tuple(rollout.tokens.ids) for update in (0, 1) for rollout in one.play(generator(), update)
    ]
    assert len(set(rows)) == len(rows) == 20
