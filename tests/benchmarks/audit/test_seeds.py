import random

import pytest
from audited import KG, RAG, evidence, ours, status, strangers


@pytest.mark.parametrize("env_id", ["audit/Unseeded-v0", "audit/GlobalSeed-v0"])
def test_seeds_that_do_not_hold_are_found(env_id):
    assert status(strangers(env_id), "seed_control") == "failed"


def test_what_is_global_is_named():
    assert "global state of random" in evidence(strangers("audit/GlobalSeed-v0"), "seed_control")


def test_the_global_generators_are_as_they_were():
    random.seed(1)
    status(strangers("audit/GlobalSeed-v0"), "seed_control")
    drawn = random.random()
    random.seed(1)
    assert drawn == random.random()


def test_instances_that_differ_are_found():
    said = evidence(strangers("audit/OwnNoise-v0"), "episode_determinism")
    assert said.startswith("In a second instance seed 0 opens otherwise")


@pytest.mark.parametrize("env_id", [RAG, KG])
@pytest.mark.parametrize("name", ["seed_control", "episode_determinism"])
def test_ours_pass(env_id, name):
    assert status(ours(env_id), name) == "passed"


def test_a_stranger_s_vector_environment_is_compared_with_itself():
    said = evidence(strangers("CartPole-v1"), "episode_determinism")
    assert said.endswith("vector forms: sync and native.")
    assert status(strangers("audit/GEM-v0"), "episode_determinism") == "passed"
