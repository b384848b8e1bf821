import pytest
from audited import KG, evidence, ours, status, strangers


def test_what_outlives_reset_is_found():
    assert status(strangers("audit/History-v0"), "episode_isolation") == "failed"


def test_a_stale_wrapper_is_found():
    said = evidence(strangers("audit/Copying-v0"), "wrapper_freshness")
    assert said == "Copying.question keeps the value of an earlier episode."


def test_both_flags_are_found():
    said = evidence(strangers("audit/BothFlags-v0"), "one_ending")
    assert said == "36 of 36 episodes ended both terminated and truncated."


def test_an_episode_without_an_end_is_found():
    assert "had no end within 100" in evidence(strangers("audit/AgentGym-v0"), "one_ending")


@pytest.mark.parametrize("name", ["episode_isolation", "wrapper_freshness", "one_ending"])
def test_ours_pass(name):
    assert status(ours(KG), name) == status(ours(), name) == "passed"
