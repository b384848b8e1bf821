import pytest
from audited import KG, RAG, REWARDS, WORLD, evidence, ours, status, strangers

from hopgym.benchmarks.audit import Subject


@pytest.mark.parametrize("name", ["verifier_determinism", "replay"])
def test_ours_pass(name):
    assert {status(ours(env_id), name) for env_id in (RAG, KG)} == {"passed"}


@pytest.mark.parametrize("name", ["verifier_determinism", "replay"])
def test_a_reward_that_drifts_is_found(name):
    subject = Subject(RAG, {**WORLD, "reward": f"{REWARDS}drifting"}, episodes=2)
    assert status(subject, name) == "failed" and "earn" in evidence(subject, name)


def test_strangers_are_played_again():
    assert status(strangers("audit/Noisy-v0"), "replay") == "failed"
    assert status(strangers("audit/GEM-v0"), "replay") == "passed"
    assert status(strangers("audit/GEM-v0"), "verifier_determinism") == "not applicable"
