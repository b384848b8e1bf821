import pytest
from toy import ToyQuestions, ToyRetriever

from hopgym.agents.engines import ENGINES, make_engine, spread
from hopgym.agents.engines.local import LocalEngine
from hopgym.agents.rollout import Job
from hopgym.errors import ConfigError, UnknownNameError

JOBS = [Job(question, seed) for seed in range(5) for question in ("q1", "q2")]
KWARGS = {"questions": ToyQuestions(), "split": "train", "retriever": ToyRetriever()}


def test_engines_are_named():
    assert list(ENGINES) == ["local", "ray"]
    assert all(ENGINES.summary(name).endswith(".") for name in ENGINES)
    with pytest.raises(UnknownNameError, match=r"Unknown engine 'rya'.*'ray'"):
        make_engine("rya")
    with pytest.raises(ConfigError, match=r"'local' has no option 'actors'"):
        make_engine("local?actors=2")
    engine = LocalEngine()
    assert make_engine(engine) is engine


def test_work_is_spread_over_an_engine():
    def played(**changes):
        episodes = spread("local", "hopgym/SearchRead-v0", "random", JOBS, **changes)
        return sorted((e._replace(latency_s=0) for e in episodes), key=lambda e: e.job)

    first = played(env_kwargs=KWARGS, num_envs=2, seed=5)
    assert [episode.job for episode in first] == sorted(JOBS)
    assert played(env_kwargs=KWARGS, num_envs=3, seed=5) == first
    assert played(env_kwargs=KWARGS, num_envs=2, seed=6) != first
