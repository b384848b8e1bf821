from toy import toy_kwargs

from hopgym.agents import make_agent
from hopgym.agents.engines.base import Work
from hopgym.agents.engines.local import LocalEngine
from hopgym.agents.rollout import Job

JOBS = [Job(question, seed) for seed in range(9) for question in ("q1", "q2")]


def played(engine, jobs, seed=5):
    work = Work("hopgym/SearchRead-v0", toy_kwargs(split="train"), "random", seed, jobs, 2)
    found = engine.play(work, make_agent("random"))
    return [episode._replace(latency_s=0) for episode in found]


def test_work_is_played_alike_whole_and_in_parts():
    engine = LocalEngine()
    whole = sorted(played(engine, JOBS), key=lambda episode: episode.job)
    parts = [episode for n in range(0, 18, 4) for episode in played(engine, JOBS[n : n + 4])]
    assert sorted(parts, key=lambda episode: episode.job) == whole
    assert [episode.job for episode in whole] == sorted(JOBS)
    engine.close()
