import pytest

pytest.importorskip("sb3_contrib")
from sb3_toys import settings

from hopgym.agents import make_agent
from hopgym.agents.sb3.examination import make_examination
from hopgym.agents.sb3.train import env_kwargs
from hopgym.envs.datasets import make_questions
from hopgym.errors import AgentError, ConfigError, DataError


def examination(folder, **changes):
    told = settings(folder, **changes)
    return make_examination(told, make_questions(told.questions), env_kwargs(told))


def test_the_oracle_gets_all_of_it(tmp_path):
    exam = examination(tmp_path, eval_episodes=5)
    means = exam.play(make_agent("oracle"))
    assert means["fact_f1"] == 1.0 and 0.6 < means["reward"] < 1.0
    assert [job.question_id for job in exam.jobs()] == [
        question.id for question in exam.question_set.questions("dev")[:5]
    ]


def test_none_is_made_where_none_is_wanted(tmp_path):
    assert examination(tmp_path, eval_questions="none") is None


def test_what_is_trained_on_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"30 of 30 questions of .* train also stand in .* train"):
        examination(tmp_path, eval_split="train")


def test_an_unknown_split_or_metric_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no split 'exam'"):
        examination(tmp_path, eval_split="exam")
    exam = examination(tmp_path, eval_metric="bleu")
    with pytest.raises(ConfigError, match=r"reports no metric 'bleu'; it reports .*fact_f1"):
        exam.play(make_agent("oracle"))


def test_what_cannot_be_played_is_told(tmp_path):
    exam = examination(tmp_path, env_set=(f"reader={__file__}:broken", "max_steps=4"))
    with pytest.raises(AgentError, match="No episode of the evaluation could be played: RewardErr"):
        exam.play(make_agent("oracle"))


def broken(selection):
    raise OSError("the reader is gone")
