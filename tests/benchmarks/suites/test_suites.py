import pytest

from hopgym.benchmarks.suites import DEFAULT, SUITES, Suite, make_suite
from hopgym.envs.registration import ENVS

EVERY = [make_suite(name) for name in SUITES]


@pytest.mark.parametrize("suite", EVERY, ids=lambda suite: suite.name)
def test_a_suite_is_fixed(suite: Suite):
    """Its tasks have names of their own, end, and say which questions they were fixed on."""
    names = [task.name for task in suite.tasks]
    assert names and len(set(names)) == len(names)
    assert suite.agents[-1] == "oracle"
    for task in suite.tasks:
        assert task.env_id in ENVS
        assert task.needs_data or (task.fingerprint and task.episodes), task.name


def test_the_suites_that_are_promised_are_there():
    promised = {"quick", "world-hops", "world-noise", "world-missing", "real-multihop", "kg"}
    assert promised | {"retrieval", "one-question-four-ways"} <= set(SUITES)
    assert DEFAULT == "quick"


@pytest.mark.parametrize("name", ["quick", "one-question-four-ways"])
def test_the_same_questions_are_played_in_every_environment(name: str):
    tasks = make_suite(name).tasks
    assert {task.env_id for task in tasks} == {env for env in ENVS if "hopgym/" in env}
    assert len({(task.questions, task.split, task.episodes) for task in tasks}) == 1
    assert not any(task.needs_data for task in tasks)
    assert "tiny" in make_suite(name).agents
