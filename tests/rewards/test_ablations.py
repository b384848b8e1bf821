import pytest
from dag_episodes import EmJudge
from hypothesis import given
from rewards_episodes import QUESTION, answer, episode, episodes, query, unreadable

from hopgym.core import Question
from hopgym.errors import UnknownNameError
from hopgym.rewards import make_reward
from hopgym.rewards.ablations import Orm, Prm
from hopgym.rewards.base import ask_many, score_episode
from hopgym.rewards.judges import ProcessVerdict

KINDS = (Orm, Prm)
SOUND = ProcessVerdict(1.0, 0.5, 0.25)
BEST = ProcessVerdict(1.0, 1.0, 1.0)


def ended(*steps, prediction=None):
    if prediction is None:
        return episode(*steps, outcome="out_of_steps")
    return episode(*steps, answer(prediction), outcome="answered", prediction=prediction)


RIGHT = ended(query("one", "d1"), query("two", "d2"), prediction="A. Orm")


def values(reward, played, question=QUESTION):
    return [score.value for score in score_episode(reward, question, played)]


def test_the_outcome_alone_is_two_for_every_step_of_a_right_episode():
    paid = values(Orm(), RIGHT)
    assert paid == [0.0, 0.0, 2.0]
    returns = [sum(paid[n:]) for n in range(len(paid))]  # gamma 1
    assert returns == [2.0, 2.0, 2.0]


def test_the_process_alone_pays_new_gold_documents_and_never_the_answer():
    assert values(Prm(), RIGHT) == [0.5, 0.5, 0.0]
    wrong = ended(*RIGHT.steps[:2], prediction="Vel")
    assert values(Prm(), wrong) == values(Prm(), RIGHT)
    assert values(Prm(), ended(*RIGHT.steps[:2])) == [0.5, 0.5]


@pytest.mark.parametrize("kind", KINDS)
def test_the_terms_have_the_schemes_names(kind):
    for score in score_episode(kind(), QUESTION, RIGHT):
        assert list(score.terms) == ["format", "relevance", "outcome"]
        assert score.terms["format"] == 0.0
    assert Orm()(QUESTION, RIGHT).terms == {"format": 0.0, "relevance": 0.0, "outcome": 2.0}


@pytest.mark.parametrize(
    "played",
    [
        episode(),
        ended(prediction="Vel"),
        ended(prediction=""),
        ended(prediction="Ada Orm or Vel, A. Orm"),  # a list of candidates
        ended(query("Ada Orm", "d9"), query("Ada Orm", "d8")),  # named, and never answered
        episode(unreadable(), outcome="malformed"),
        episode(unreadable(), unreadable(), unreadable(), outcome="malformed"),
        episode(query("one"), unreadable("forged_marker"), outcome="malformed", shown="Ada Orm"),
    ],
    ids=lambda played: played.outcome,
)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_had_for_nothing(kind, played):
    assert sum(values(kind(), played)) == 0.0


def test_asking_again_earns_nothing_more():
    again = [query("one", "d1"), *[query("one", "d1", new=False)] * 4]
    assert values(Prm(), ended(*again)) == [0.5, 0.0, 0.0, 0.0, 0.0]
    twice = [query("one", "d1"), unreadable(), query("one", "d1", new=False), query("two", "d2")]
    assert sum(values(Prm(), ended(*twice))) == 1.0


@pytest.mark.parametrize("judge", [None, EmJudge(process=BEST)], ids=["exact", "judge"])
@pytest.mark.parametrize("kind", KINDS)
@given(played=episodes())
def test_no_episode_leaves_the_bounds_and_terms_add_up(kind, judge, played):
    reward = kind(judge=judge)
    scores = score_episode(reward, QUESTION, played)
    low, high = reward.bounds(len(played.steps))
    assert low - 1e-9 <= sum(s.value for s in scores) <= high + 1e-9
    for score in scores:
        assert score.value == pytest.approx(sum(score.terms.values()))


def test_the_bounds_are_met():
    assert Orm().bounds(3) == (0.0, 2.0) and sum(values(Orm(), RIGHT)) == 2.0
    assert Prm().bounds(3) == (0.0, 1.0) and sum(values(Prm(), RIGHT)) == 1.0
    unanswered = ended(query("one", "d1"), query("two", "d2"))
    judged = Prm(judge=EmJudge(process=BEST))
    assert judged.bounds(2) == (0.0, 2.0) and sum(values(judged, unanswered)) == 2.0


def test_a_judge_is_asked_only_for_what_is_paid():
    outcome, process = EmJudge(process=SOUND), EmJudge(process=SOUND)
    assert values(Orm(judge=outcome), RIGHT) == [0.0, 0.0, 2.0]
    assert values(Prm(judge=process), RIGHT) == [0.25, 0.25, 0.0]
    assert {method for method, claims in outcome.batches if claims} == {"outcome"}
    assert {method for method, claims in process.batches if claims} == {"process"}


def test_what_has_no_verdict_is_unscored_where_it_is_paid_for():
    wrong = ended(prediction="Vel")
    lost = EmJudge(unscored=("Vel",))
    scores = ask_many(Orm(judge=lost), [(QUESTION, wrong), (QUESTION, RIGHT)])
    assert [score.unscored for score in scores] == [True, False]
    assert scores[0].reason == "out of reach"
    assert not Prm(judge=lost)(QUESTION, wrong).unscored  # the answer is not asked about
    unjudged = EmJudge(process=ProcessVerdict(0.0, 0.0, 0.0, "away", unscored=True))
    asking = ended(query("one", "d1"))
    assert Prm(judge=unjudged)(QUESTION, asking).unscored
    assert not Orm(judge=unjudged)(QUESTION, asking).unscored


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("judge", [None, "rule"])
@given(played=episodes())
def test_a_batch_scores_as_each_alone(kind, judge, played):
    reward = kind(judge=judge)
    items = [(QUESTION, played), (QUESTION, RIGHT), (QUESTION, played)]
    assert ask_many(reward, items) == [reward(*item) for item in items]


def test_unknown_gold_documents_earn_nothing_and_a_judge_needs_none():
    bare = Question("q", "Who?", ("Ada Orm", "A. Orm"))
    assert values(Prm(), RIGHT, bare) == [0.0, 0.0, 0.0]
    assert values(Prm(judge=EmJudge(process=SOUND)), RIGHT, bare) == [0.25, 0.25, 0.0]
    assert values(Orm(), RIGHT, bare) == [0.0, 0.0, 2.0]


def test_they_go_by_name_with_a_judge_as_an_option():
    assert make_reward("orm?judge=rule").judge.name == "rule"
    assert make_reward("prm").judge is None
    with pytest.raises(UnknownNameError, match="Did you mean 'rule'"):
        make_reward("orm?judge=rul")
