import pytest
from audited import KG, RAG, WORLD, evidence, ours, status, strangers

from hopgym.benchmarks.audit import Subject
from hopgym.benchmarks.audit.fixtures import FAULTS

NAMES = [
    *("gold_in_observation", "gold_in_infos", "gold_in_rendering"),
    *("gold_in_pickle", "gold_in_spec", "gold_in_exceptions"),
]


@pytest.mark.parametrize("env_id", [id for id in FAULTS if "/Told" in id])
def test_each_leak_is_found_where_it_is(env_id):
    failed = {name for name in NAMES if status(strangers(env_id), name) == "failed"}
    also = {"gold_in_pickle"} if env_id == "audit/ToldInfo-v0" else set()
    assert failed == {FAULTS[env_id][2]} | also


def test_gold_that_is_no_answer_is_found_by_twins():
    subject = Subject("audit/HopCount-v0", WORLD, episodes=4)
    assert "changes when nothing but the gold does" in evidence(subject, "gold_in_infos")
    assert status(subject, "gold_in_observation") == "passed"


@pytest.mark.parametrize("name", NAMES)
def test_ours_pass(name):
    assert {status(ours(env_id), name) for env_id in (RAG, KG)} == {"passed"}


def test_it_is_told_where_the_gold_cannot_be_had():
    assert status(strangers("CartPole-v1"), "gold_in_infos") == "not applicable"
    assert status(strangers("CartPole-v1"), "gold_in_spec") == "not applicable"
