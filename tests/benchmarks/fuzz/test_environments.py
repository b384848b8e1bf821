import gymnasium
import pytest

from hopgym.benchmarks.fuzz.environments import FORMS, EnvironmentTarget, environment_targets
from hopgym.benchmarks.fuzz.runner import fuzz, replay
from hopgym.errors import UnknownNameError

SMALL = "world?entities=60"


@pytest.mark.parametrize("env_id", FORMS)
def test_hostile_actions_break_no_environment(env_id):
    for target in environment_targets(env_id):
        found = fuzz(target, 150)
        assert found.inputs >= 150 and not found.failures, found.failures[0].problem


@pytest.mark.slow
@pytest.mark.parametrize("env_id", FORMS)
def test_a_million_actions(env_id):
    targets = environment_targets(env_id)
    for target in targets:
        assert not fuzz(target, 1_000_000 // len(targets)).failures


def test_an_episode_that_was_noted_is_played_again():
    target = environment_targets("hopgym/SearchRead-v0")[0]
    case = {"seed": 1, "actions": ["Step 1:", {"other": "bytes"}, "\ud800"]}
    assert replay(target, case) is None


def test_a_stranger_s_environment_is_fuzzed_and_its_fault_is_found():
    found = fuzz(EnvironmentTarget("CartPole-v1"), 200)
    assert found.failures and "AssertionError" in found.failures[0].problem


def test_all_forms_or_one():
    assert len(environment_targets()) == sum(map(len, FORMS.values()))
    (one,) = environment_targets("hopgym/RAG-v0", {"hops": 2})
    assert one.name == "hopgym/RAG-v0?hops=2" and isinstance(one.env, gymnasium.Env)
    with pytest.raises(UnknownNameError, match="Unknown environment"):
        environment_targets("hopgym/Nothing-v0")
