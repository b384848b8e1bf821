import pytest
from audited import KG, RAG, REWARDS, SEARCH, WORLD, evidence, ours, status, strangers

from hopgym.benchmarks.audit import Subject

NAME = "answer_only_in_documents"


@pytest.mark.parametrize("env_id", [SEARCH, RAG, "hopgym/DagSearch-v0"])
def test_ours_pass(env_id):
    assert status(ours(env_id), NAME) == "passed"
    assert "4 of 4 times found" in evidence(ours(env_id), NAME)


def test_a_reward_that_reads_documents_fails_in_ours():
    assert status(ours(SEARCH, reward=f"{REWARDS}seen"), NAME) == "failed"


def test_it_is_told_where_nothing_can_be_planted():
    subject = Subject(SEARCH, {**WORLD, "retriever": "empty"}, episodes=4)
    assert "never found" in evidence(subject, NAME)
    assert status(ours(KG), NAME) == "not applicable"
    assert status(strangers("CartPole-v1"), NAME) == "not applicable"
