import pytest
from audited import KG, RAG, evidence, ours, status, strangers


@pytest.mark.parametrize("env_id", [RAG, KG])
def test_ours_pass(env_id):
    assert status(ours(env_id), "reward_terms") == "passed"
    assert status(ours(env_id), "reward_reachability") == "passed"


def test_wrong_terms_and_ranges_are_found():
    subject = strangers("audit/WrongTerms-v0")
    assert status(subject, "reward_terms") == "failed"
    assert "what their range does not have" in evidence(subject, "reward_reachability")


def test_a_flat_reward_is_found():
    assert "whoever plays" in evidence(strangers("audit/Flat-v0"), "reward_reachability")


def test_a_top_that_nobody_reaches_is_found():
    said = evidence(ours(RAG, max_document_chars=1, retriever="empty"), "reward_reachability")
    assert said.endswith("whose top nobody comes near.")


def test_a_range_that_nobody_tells():
    said = evidence(strangers("audit/GEM-v0"), "reward_reachability")
    assert said.endswith("no range is documented.")
    assert status(strangers("audit/GEM-v0"), "reward_terms") == "not applicable"
