import gymnasium
import pytest
from redteaming import DAG, KG, SEARCH, WORLD, pays_length

from hopgym.agents import make_agent
from hopgym.benchmarks.redteam.matches import make_scheme, open_target, pay, play
from hopgym.errors import ConfigError, RewardError, UnknownNameError


@pytest.fixture(scope="module")
def target():
    return open_target(SEARCH, questions=WORLD, episodes=4)


@pytest.fixture(scope="module")
def episodes(target):
    return play(target, make_agent("iterative"))


def test_questions_come_evenly_from_the_split(target):
    assert [id.rpartition("-")[2] for id in target.questions] == ["0", "10", "20", "30"]
    assert (target.kwargs["split"], target.own_reward) == ("test", "r3_paper")
    more = open_target(f"{SEARCH}?top_k=2", questions=WORLD, episodes=10**6)
    assert len(more.questions) == 40 and more.kwargs["top_k"] == 2


def test_what_is_paid_again_is_what_was_paid(target, episodes):
    default, again = make_scheme(target, "default"), make_scheme(target, "r3_paper")
    assert (default.name, default.reward) == ("default (r3_paper)", None)
    assert pay(target, default, episodes) == pytest.approx(pay(target, again, episodes))


def test_rewards_that_do_not_fit_are_passed_over(target):
    facts = open_target(KG, questions=WORLD, episodes=2)
    assert make_scheme(facts, "r3_paper") is None and make_scheme(target, "kg") is None
    assert make_scheme(facts, "f1") and make_scheme(target, "f1")
    with pytest.raises(UnknownNameError, match="Did you mean 'r3_paper'"):
        make_scheme(target, "r3_papr")


def test_a_judge_is_handed_to_rewards_that_ask_one():
    target = open_target(DAG, questions=WORLD, episodes=2)
    assert make_scheme(target, "default", "rule").reward is not None
    assert make_scheme(target, "em", "rule").name == "em"


def test_a_users_own_reward(target, episodes):
    scheme = make_scheme(target, "redteaming:pays_length")
    assert scheme.name == "pays_length" and scheme.reward is pays_length
    assert all(value > 0.0 for value in pay(target, scheme, episodes).values())


def test_what_has_no_verdict_is_no_number(target, episodes, monkeypatch):
    def away(question, trajectory):
        raise RewardError("no key")

    scheme = make_scheme(target, "em")._replace(reward=away)
    assert all(isinstance(one, RewardError) for one in pay(target, scheme, episodes).values())


def test_an_environment_without_questions_is_refused():
    with pytest.raises(ConfigError, match="has no `question_set`"):
        open_target("CartPole-v1")
    assert "CartPole-v1" in gymnasium.registry
