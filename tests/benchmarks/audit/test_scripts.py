import pytest
from audited import KG, ours, strangers

from hopgym.benchmarks.audit import Subject
from hopgym.benchmarks.audit.scripts import (
    agent_script,
    answering,
    empty_play,
    everything,
    heuristics,
    no_facts,
    oracle,
    random_play,
    right,
    wrong,
)
from hopgym.benchmarks.audit.subject import mean
from hopgym.errors import AgentError


def test_right_and_wrong_answers_differ_in_nothing_but_the_answer():
    for one, best, other in zip(right(ours()), oracle(ours()), wrong(ours()), strict=True):
        assert one.actions == best.actions and one.total == best.total
        assert one.actions[:-1] == other.actions[:-1] and other.total < one.total


def test_attempts_follow_each_other():
    played = answering(strangers("audit/AgentGym-v0"), "two", lambda gold: [["a", "b"], [gold[0]]])
    assert played[0].actions[0] == "<answer>a</answer>\n<answer>b</answer>"
    assert played[0].total == 1 and len(played[0].replies) == 2


def test_heuristics_are_those_that_play_here():
    assert set(heuristics(ours(KG))) == {"ppr", "cosine"}
    assert "iterative" in heuristics(ours()) and heuristics(strangers("audit/GEM-v0")) == {}
    with pytest.raises(AgentError, match="does not play"):
        agent_script(ours(), "ppr")


def test_random_play_follows_its_seed():
    subject = strangers("audit/GEM-v0")
    first, other = random_play(subject, 0), random_play(subject, 1)
    assert first is random_play(subject, 0)
    assert [one.actions for one in first] != [one.actions for one in other]


def test_nothing_and_everything():
    assert mean(no_facts(ours(KG))) == mean(empty_play(ours(KG)))
    assert everything(ours(KG))[0].actions[0].sum() > 1
    assert empty_play(strangers("CartPole-v1")) is None
    assert oracle(strangers("CartPole-v1")) is None


def test_an_oracle_may_be_given():
    subject = Subject("audit/GEM-v0", episodes=2, oracle=lambda text: "<answer>x</answer>")
    assert mean(oracle(subject)) == 0
