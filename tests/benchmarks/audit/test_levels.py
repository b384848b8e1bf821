import pytest
from audited import KG, RAG, REWARDS, evidence, ours, status, strangers

NAMES = ["oracle_max", "empty_floor", "random_floor", "difficulty_separation", "training_signal"]


@pytest.mark.parametrize("name", NAMES)
def test_ours_pass(name):
    assert status(ours(), name) == status(ours(KG), name) == "passed"


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_flat_reward_fails(name):
    assert status(strangers("audit/Flat-v0"), name) == "failed"


def test_a_reward_for_wrong_answers_fails():
    said = evidence(strangers("audit/Shy-v0"), "oracle_max")
    assert said.startswith("The oracle earns 0.00 on average, and of 2 others")
    assert "nothing to be had" in evidence(strangers("audit/Shy-v0"), "random_floor")


def test_a_reward_for_what_was_retrieved_pays_for_nothing():
    assert status(ours(RAG, reward=f"{REWARDS}seen"), "empty_floor") == "failed"


@pytest.mark.parametrize("name", NAMES[:4])
def test_it_is_told_where_nobody_knows_the_best(name):
    assert status(strangers("CartPole-v1"), name) == "not applicable"


def test_strangers_are_in_order():
    assert "no heuristic of ours" in evidence(strangers("audit/GEM-v0"), "difficulty_separation")
