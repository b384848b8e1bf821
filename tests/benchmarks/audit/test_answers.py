import pytest
from audited import KG, RAG, REWARDS, evidence, ours, status, strangers

from hopgym.benchmarks.audit.answers import as_part, listed

NAMES = ["candidate_list", "yes_and_no", "several_submissions", "retry_until_correct"]


@pytest.mark.parametrize("name", NAMES)
def test_ours_pass(name):
    assert status(ours(), name) == status(ours(RAG), name) == "passed"


@pytest.mark.parametrize("name", NAMES[:2])
def test_a_reward_for_containment_fails_in_ours(name):
    assert status(ours(RAG, reward=f"{REWARDS}covering"), name) == "failed"


def test_all_facts_are_the_list_where_facts_are_selected():
    assert evidence(ours(KG), "candidate_list").startswith("To select every fact earns")
    assert status(ours(KG), "candidate_list") == "passed"
    assert status(ours(KG), "yes_and_no") == "not applicable"


def test_no_difference_is_a_failure():
    assert evidence(strangers("audit/Flat-v0"), "retry_until_correct").endswith("no difference.")


def test_the_answer_is_kept_among_its_rivals():
    assert listed(("Lyon",), ["Lyon"])[2] == "Lyon" and len(listed(("Lyon",), ["Lyon"])) == 4
    assert as_part(0.0) == "0%" and as_part(-1.0) == "less than 0%"
