import importlib.util
from dataclasses import replace
from types import SimpleNamespace

import gymnasium
import pytest
from toy import ToyQuestions, ToyRetriever

from hopgym.agents import make_agent
from hopgym.agents.rollout import Job
from hopgym.benchmarks import engines
from hopgym.benchmarks.engines import CHUNK, ENGINES, Player, Work, play_local, play_ray
from hopgym.benchmarks.suites import Task
from hopgym.envs.registration import ENVS
from hopgym.errors import AgentError, MissingExtraError, UnknownNameError

TASK = Task(
    name="toy",
    env_id="hopgym/SearchRead-v0",
    questions=ToyQuestions(),
    split="train",
    env_kwargs={"retriever": ToyRetriever()},
)
JOBS = [Job(question, seed) for seed in range(9) for question in ("q1", "q2")]


def work(jobs=JOBS, spec="random", seed=5, num_envs=2):
    return Work(TASK, spec, seed, jobs, num_envs)


def played(episodes):
    return sorted((e._replace(latency_s=0) for e in episodes), key=lambda e: e.job)


class RayError(Exception):
    pass


class FakeRay:
    """As much of Ray as the engine uses, in this process; remembers what it was asked."""

    def __init__(self, cpus=2):
        self.exceptions = SimpleNamespace(RayError=RayError)
        self.util = SimpleNamespace(ActorPool=self.pool)
        self.cpus = cpus
        self.started = 0
        self.actors = 0
        self.chunks = []

    def is_initialized(self):
        return self.started > 0

    def init(self, **options):
        self.started += 1

    def cluster_resources(self):
        return {"CPU": float(self.cpus)}

    def remote(self, cls):
        def make(*args):
            self.actors += 1
            actor = cls(*args)
            return SimpleNamespace(play=SimpleNamespace(remote=actor.play))

        return SimpleNamespace(remote=make)

    def pool(self, actors):
        def map_unordered(function, chunks):
            for number, jobs in reversed(list(enumerate(chunks))):
                self.chunks.append(len(jobs))
                yield function(actors[number % len(actors)], jobs)

        return SimpleNamespace(map_unordered=map_unordered)


def test_the_local_engine_plays_every_job_from_the_seed():
    agent = make_agent("random")
    first = played(play_local(work(), agent))
    assert [episode.job for episode in first] == sorted(JOBS)
    assert played(play_local(work(), agent)) == first  # the seed was set anew
    assert played(play_local(work(seed=6), agent)) != first


def test_a_player_plays_chunks_as_the_local_engine_plays_all():
    player = Player(work())
    chunks = [episode for n in range(0, len(JOBS), 4) for episode in player.play(JOBS[n : n + 4])]
    assert played(chunks) == played(play_local(work(), make_agent("random")))


def test_a_player_imports_the_module_that_its_environment_stands_in(tmp_path):
    file = tmp_path / "far.py"
    file.write_text(
        "from hopgym.envs.registration import register\n"
        "entry = 'hopgym.envs.search_read:SearchRead{}Env'\n"
        "register('far/Away-v0', entry.format(''), entry.format('Vector'), '')\n"
    )
    task = replace(TASK, env_id="far/Away-v0")
    try:
        player = Player(Work(task, "random", 5, JOBS, 2, env=f"{file}:far/Away-v0"))
        assert played(player.play(JOBS)) == played(play_local(work(), make_agent("random")))
    finally:
        gymnasium.registry.pop("far/Away-v0", None)
        ENVS.pop("far/Away-v0", None)


def test_ray_gets_chunks_and_as_many_actors_as_are_of_use(monkeypatch):
    ray = FakeRay(cpus=2)
    monkeypatch.setattr(engines, "require", lambda module, extra: ray)
    episodes = played(play_ray(work(), make_agent("random")))
    assert episodes == played(play_local(work(), make_agent("random")))
    assert sorted(ray.chunks) == [2, CHUNK * 2, CHUNK * 2] and ray.actors == 2
    list(play_ray(work(jobs=JOBS[:3]), make_agent("random")))
    assert ray.actors == 3 and ray.started == 1


def test_a_dead_actor_is_one_error_and_what_was_played_is_kept(monkeypatch):
    ray = FakeRay()

    def pool(actors):
        def map_unordered(function, chunks):
            yield function(actors[0], chunks[0])
            raise RayError("the actor died")

        return SimpleNamespace(map_unordered=map_unordered)

    ray.util.ActorPool = pool
    monkeypatch.setattr(engines, "require", lambda module, extra: ray)
    episodes = play_ray(work(), make_agent("random"))
    assert len([next(episodes) for _ in range(CHUNK * 2)]) == CHUNK * 2
    with pytest.raises(AgentError, match=r"agent 'random' \(the actor died\).*what was played"):
        next(episodes)


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_the_command_that_mends_it_is_told():
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[ray\]"'):
        list(play_ray(work(), make_agent("random")))


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
def test_real_ray_plays_as_the_local_engine():
    import ray

    task = Task(name="world", env_id="hopgym/SearchRead-v0", questions="world?entities=300")
    jobs = [Job(f"world-0-test-{n}", 1) for n in range(20)]
    try:
        far = played(play_ray(Work(task, "iterative", 1, jobs, 2), make_agent("iterative")))
    finally:
        ray.shutdown()
    near = played(play_local(Work(task, "iterative", 1, jobs, 2), make_agent("iterative")))
    assert far == near and len(far) == 20


def test_engines_are_named():
    assert list(ENGINES) == ["local", "ray"]
    assert all(ENGINES.summary(name).endswith(".") for name in ENGINES)
    with pytest.raises(UnknownNameError, match=r"Unknown engine 'rya'.*'ray'"):
        ENGINES.get("rya")
