import pytest
from dag_episodes import EmJudge
from hypothesis import given
from rewards_episodes import QUESTION, answer, episode, episodes, query, unreadable

from hopgym.errors import UnknownNameError
from hopgym.rewards import make_reward
from hopgym.rewards.base import ask_many, score_episode
from hopgym.rewards.judges import ProcessVerdict
from hopgym.rewards.schemes import R3Code, R3Paper, R3Seed

SCHEMES = (R3Paper(), R3Code(), R3Seed())
RIGHT = episode(
    query("one", "d1"),
    query("two", "d2"),
    answer("A. Orm"),
    outcome="answered",
    prediction="A. Orm",
)


def total(reward, played):
    return sum(score.value for score in score_episode(reward, QUESTION, played))


@pytest.mark.parametrize("reward", SCHEMES, ids=lambda r: type(r).__name__)
@given(episodes())
def test_no_episode_leaves_the_bounds_and_terms_add_up(reward, played):
    scores = score_episode(reward, QUESTION, played)
    low, high = reward.bounds(len(played.steps))
    assert low - 1e-9 <= sum(s.value for s in scores) <= high + 1e-9
    for score in scores:
        assert score.value == pytest.approx(sum(score.terms.values()))


def test_the_paper_pays_new_documents_and_the_answer():
    assert [s.value for s in score_episode(R3Paper(), QUESTION, RIGHT)] == [0.5, 0.5, 1.0]
    assert R3Paper()(QUESTION, episode(unreadable())).terms["format"] == -1.0


@pytest.mark.parametrize(
    ("played", "expected"),
    [
        (RIGHT, 1.6 * 1.0 + 2.0),
        (episode(query("o", "d1"), answer("x"), outcome="answered", prediction="x"), 0.8 * 0.5),
        (episode(query("o", "d1"), query("p"), outcome="out_of_steps"), 0.9 * 0.5),
        (episode(query("o", "d1"), unreadable(), outcome="malformed"), 0.5 - 0.9),
        (episode(unreadable(), query("o", "d1")), 0.5),
    ],
)
def test_the_codes_factors_are_applied_at_the_end(played, expected):
    assert total(R3Code(), played) == pytest.approx(expected)


def test_the_seeds_terms():
    values = [s.value for s in score_episode(R3Seed(), QUESTION, RIGHT)]
    assert values == pytest.approx([0.6, 0.6, 2.1])
    assert R3Seed()(QUESTION, episode(unreadable())).value == pytest.approx(-0.9)


@pytest.mark.parametrize("name", ["em", "f1", "r3_paper", "r3_code", "r3_seed"])
def test_a_right_episode_earns_more_than_a_wrong_and_an_empty_one(name):
    reward = make_reward(name)
    wrong = episode(*RIGHT.steps[:2], answer("Vel"), outcome="answered", prediction="Vel")
    empty = episode(unreadable(), outcome="malformed")
    assert total(reward, RIGHT) > total(reward, wrong) >= total(reward, empty)


SOUND = ProcessVerdict(1.0, 0.5, 0.25)


def judged(kind, **options):
    return kind(judge=EmJudge(process=SOUND, **options))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (R3Paper, [0.25, 0.25, 1.0]),
        (R3Code, [0.25, 0.25, 2.0 + 0.6 * 0.5]),
        (R3Seed, [0.1 + 0.5, 0.1 + 0.5, 0.1 + 2.0]),  # median of 0.55, the gold gain 0.5, 0.25
    ],
)
def test_with_a_judge_its_verdicts_are_paid(kind, expected):
    values = [score.value for score in score_episode(judged(kind), QUESTION, RIGHT)]
    assert values == pytest.approx(expected)


@pytest.mark.parametrize("kind", [R3Paper, R3Code, R3Seed])
@given(played=episodes())
def test_with_a_judge_no_episode_leaves_the_bounds_either(kind, played):
    reward = kind(judge=EmJudge(process=ProcessVerdict(1.0, 1.0, 1.0)))
    scores = score_episode(reward, QUESTION, played)
    low, high = reward.bounds(len(played.steps))
    assert low - 1e-9 <= sum(s.value for s in scores) <= high + 1e-9
    for score in scores:
        assert score.value == pytest.approx(sum(score.terms.values()))


@pytest.mark.parametrize("kind", [R3Paper, R3Code, R3Seed])
def test_what_has_no_verdict_is_unscored(kind):
    wrong = episode(answer("Vel"), outcome="answered", prediction="Vel")
    scores = ask_many(judged(kind, unscored=("Vel",)), [(QUESTION, wrong), (QUESTION, RIGHT)])
    assert [score.unscored for score in scores] == [True, False]
    assert scores[0].reason == "out of reach"


@pytest.mark.parametrize("kind", [R3Paper, R3Code, R3Seed])
@pytest.mark.parametrize("judge", [None, "rule"])
@given(played=episodes())
def test_a_batch_scores_as_each_alone(kind, judge, played):
    reward = kind(judge=judge)
    items = [(QUESTION, played), (QUESTION, RIGHT), (QUESTION, played)]
    assert ask_many(reward, items) == [reward(*item) for item in items]


def test_a_batch_asks_the_judge_twice_at_most():
    reward = judged(R3Code)
    ask_many(reward, [(QUESTION, RIGHT)] * 5)
    assert [(m, len(claims)) for m, claims in reward.judge.batches] == [
        ("outcome", 5),
        ("process", 10),
    ]


def test_a_judge_is_an_option():
    assert make_reward("r3_seed?judge=rule").judge.name == "rule"
    assert make_reward("r3_paper").judge is None
    with pytest.raises(UnknownNameError, match="Did you mean 'rule'"):
        make_reward("r3_code?judge=rul")
