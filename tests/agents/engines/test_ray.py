"""Ray as it is, on this machine: started once for all tests, which takes some seconds."""

import os
import signal
import sys

import pytest
from toy import ToyQuestions, ToyRetriever

from hopgym.agents import make_agent
from hopgym.agents.engines import make_engine, spread
from hopgym.agents.engines.ray import CHUNK, RayEngine, split_jobs
from hopgym.agents.rollout import Job
from hopgym.envs.grammars import make_grammar
from hopgym.errors import AgentError, ConfigError, MissingExtraError

SEARCH = "hopgym/SearchRead-v0"
WORLD = {"questions": "world?entities=300&train=20&dev=20&test=40", "split": "test"}
JOBS = [Job(f"world-0-test-{n}", 1) for n in range(2 * CHUNK + 3)]


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray")
    here = os.path.dirname(__file__)
    tests = os.path.dirname(os.path.dirname(here))
    paths = os.pathsep.join([here, tests])
    env = {"env_vars": {"PYTHONPATH": paths}}
    # a busy machine starts it slowly
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "200")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=env)
    yield ray
    ray.shutdown()


def played(engine, agent="iterative", jobs=JOBS, env_id=SEARCH, kwargs=WORLD):
    found = spread(engine, env_id, agent, jobs, env_kwargs=kwargs, num_envs=2, seed=1)
    return sorted((e._replace(latency_s=0) for e in found), key=lambda e: e.job)


def guess(observation):
    return make_grammar("r3").write_answer(1, "I guess.", "Leeds")


class DiesOnce:
    """Kills the process that it plays in, the first time anybody of its kind is asked."""

    name = "dies_once"

    def __init__(self, flag):
        self.flag = flag

    def reset(self, seed=None):
        pass

    def act(self, observations, infos):
        try:
            os.close(os.open(self.flag, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return [guess(observation) for observation in observations]
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Dies(DiesOnce):
    name = "dies"

    def act(self, observations, infos):
        os.kill(os.getpid(), signal.SIGKILL)


class Breaks(DiesOnce):
    name = "breaks"

    def act(self, observations, infos):
        raise AgentError("Agent 'breaks' has had enough.")


def test_without_ray_the_command_that_mends_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[ray\]"'):
        make_engine("ray")


def test_settings_are_checked_before_anything_is_started():
    pytest.importorskip("ray")
    with pytest.raises(ConfigError, match="actors is 0; give a whole number from 1"):
        make_engine("ray?actors=0")
    with pytest.raises(ConfigError, match="retries is -1"):
        RayEngine(retries=-1)


@pytest.mark.parametrize("count", [0, 1, 5, 64, 1000])
def test_chunks_are_all_jobs_in_order_and_smaller_towards_the_end(count):
    jobs = [Job(f"q{n}", 0) for n in range(count)]
    chunks = list(split_jobs(jobs, lanes=4, actors=2))
    assert [job for chunk in chunks for job in chunk] == jobs
    sizes = [len(chunk) for chunk in chunks]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size <= 4 * CHUNK for size in sizes)
    if count == 1000:
        assert (sizes[0], sizes[-1]) == (4 * CHUNK, 4)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["ray", "ray?actors=1", "ray?actors=1&shared_retriever=true"])
def test_ray_plays_as_this_process(cluster, engine):
    kwargs = {**WORLD, "retriever": "bm25"}
    assert played(engine, kwargs=kwargs) == played("local", kwargs=kwargs)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["DagSearch", "KGSubgraph", "RAG"])
def test_every_environment_is_played(cluster, name):
    agent = {"DagSearch": "planner", "KGSubgraph": "ppr", "RAG": "single_shot"}[name]
    env_id = f"hopgym/{name}-v0"
    assert played("ray", agent, JOBS[:5], env_id) == played("local", agent, JOBS[:5], env_id)


@pytest.mark.slow
def test_objects_of_ones_own_travel(cluster):
    kwargs = {"questions": ToyQuestions(), "split": "train", "retriever": ToyRetriever()}
    jobs = [Job(question, seed) for seed in range(9) for question in ("q1", "q2")]
    assert played("ray", guess, jobs, kwargs=kwargs) == played("local", guess, jobs, kwargs=kwargs)


@pytest.mark.slow
def test_a_killed_worker_is_started_anew_and_loses_nothing(cluster, tmp_path):
    flag = tmp_path / "died"
    found = played("ray?actors=1", DiesOnce(str(flag)))
    assert flag.exists()
    assert found == played("local", guess)


@pytest.mark.slow
def test_one_that_dies_again_and_again_is_an_error_and_what_was_played_is_kept(cluster):
    with pytest.raises(AgentError, match=r"Ray could not go on with agent 'dies'.*is kept"):
        played("ray?actors=1&retries=0", Dies(""))


@pytest.mark.slow
def test_an_agents_own_error_is_told_as_it_is(cluster):
    with pytest.raises(AgentError, match=r"^Agent 'breaks' has had enough\.$"):
        played("ray", Breaks(""))


@pytest.mark.slow
def test_what_is_shared_must_be_named(cluster):
    with pytest.raises(ConfigError, match=r"shares what the keyword `retriever` names"):
        played("ray?shared_retriever=true")


@pytest.mark.slow
def test_actors_serve_one_piece_of_work_after_the_other(cluster):
    engine = make_engine("ray?actors=2")
    try:
        from hopgym.agents.engines import Work

        for seed in (1, 2):
            jobs = [Job(job.question_id, seed) for job in JOBS]
            work = Work(SEARCH, WORLD, "random", seed, jobs, 2)
            found = sorted(e.job for e in engine.play(work, make_agent("random")))
            assert found == sorted(jobs)
        assert len(engine._actors) == 2
    finally:
        engine.close()
