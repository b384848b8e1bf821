import gymnasium
import pytest
from audited import KG, RAG, REWARDS, evidence, ours, status, strangers

from hopgym.benchmarks.audit.answers import as_part, listed
from hopgym.benchmarks.audit.fixtures.tasks import QaEnv, Scoring

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


class Forgiving(QaEnv):
    """Two tries, and the second pays in full."""

    def __init__(self):
        super().__init__(Scoring(wrong_ends=False), turns=2)

    def step(self, action):
        *rest, _, info = super().step(action)
        return (*rest, self.taken >= self.turns, info)


def test_a_second_try_that_pays_is_seen_where_there_is_no_third():
    gymnasium.register("audit/Forgiving-v0", Forgiving)
    try:
        told = evidence(strangers("audit/Forgiving-v0"), "retry_until_correct")
    finally:
        del gymnasium.registry["audit/Forgiving-v0"]
    assert told.startswith("After one wrong one 100%, and after two 0%") and "2 steps" in told


def test_the_answer_is_kept_among_its_rivals():
    assert listed(("Lyon",), ["Lyon"])[2] == "Lyon" and len(listed(("Lyon",), ["Lyon"])) == 4
    assert as_part(0.0) == "0%" and as_part(-1.0) == "less than 0%"
