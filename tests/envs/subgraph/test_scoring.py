import pytest
from subgraphs import AWKWARD, RANDOM, env, play, question_set

from hopgym.core import Score
from hopgym.envs.subgraph.scoring import counts_alone
from hopgym.errors import ConfigError, RewardError
from hopgym.rewards import make_reward
from hopgym.rewards.base import score_episode
from hopgym.rewards.kg.reward import SubgraphReward
from hopgym.seeding import rng_for

QUESTIONS = question_set(*AWKWARD, *RANDOM.questions("train"))
REWARDS = (
    *("kg", "kg_minerva", "kg_deeppath", "kg_r1", "f1", "em"),
    "kg?gamma=0.9&size=0.03&answer_metric=list_f1",
    "kg?shaping=false&retrieval=0.3&efficiency=0.2&turn=0.1&fail=0.7&invalid=0",
    "kg?fact_f1=-1.5&answer_recall=3&answer=-2",
)
PLAYS = (
    {"mode": "one_shot"},
    {"mode": "sequential", "max_steps": 4},
    {"mode": "sequential", "max_steps": 6, "connected": True, "top_k": 3},
)


@pytest.mark.parametrize("keywords", PLAYS, ids=str)
@pytest.mark.parametrize("reward", REWARDS)
def test_a_stored_episode_is_scored_the_same_to_the_bit(reward, keywords):
    made, rng = env(questions=QUESTIONS, reward=reward, **keywords), rng_for(0, "scoring")
    for index in range(len(made.stage.questions)):
        rewards, info = play(made, rng, valid=index % 3 == 0, options={"index": index})
        trajectory = info["trajectory"]
        scores = score_episode(make_reward(reward), made.question, trajectory)
        assert [score.value for score in scores] == rewards
        assert [dict(step.reward_terms) for step in trajectory.steps] == (
            [dict(score.terms) or {"reward": score.value} for score in scores]
        )
        assert sum(info["reward_terms"].values()) == pytest.approx(rewards[-1], abs=1e-9)


class Called(SubgraphReward):
    """A user's own, that scores by the record and no longer by counts."""

    def __call__(self, question, trajectory):
        return Score(7.0, {"own": 7.0})

    def many(self, items):
        return [self(*item) for item in items]


def test_only_what_scores_by_counts_is_asked_for_counts_alone():
    assert all(counts_alone(make_reward(name)) for name in REWARDS if name.startswith("kg"))
    assert not counts_alone(make_reward("f1")) and not counts_alone(Called())
    made = env(reward=Called(), mode="sequential")
    made.reset()
    assert made.step(8)[1] == 7.0


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_a_users_own_function_is_handed_the_question_and_the_episode(mode):
    seen = []

    def own(question, trajectory):
        seen.append((question, trajectory))
        return Score(float(len(trajectory.steps)), {}, "because")

    made = env(reward=own, mode=mode, max_steps=3)
    rewards, info = play(made, rng_for(1, "scoring"), seed=3)
    assert rewards == [float(n + 1) for n in range(len(rewards))]
    assert info["reward_terms"] == {"reward": rewards[-1]} and info["reward_reason"] == "because"
    assert all(question is made.question for question, _ in seen)
    assert [t.outcome for _, t in seen[:-1]] == ["running"] * (len(rewards) - 1)
    assert seen[-1][1] == info["trajectory"] and seen[-1][1].outcome != "running"


def fails(question, trajectory):
    raise ZeroDivisionError("short")


def unscored(question, trajectory):
    return Score(0.0, unscored=True, reason="the judge is out")


def no_score(question, trajectory):
    return 1.0


def no_sum(question, trajectory):
    return Score(1.0, {"a": 0.5})


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
@pytest.mark.parametrize(
    ("reward", "error", "message"),
    [
        (fails, RewardError, "fails raised ZeroDivisionError: short"),
        (unscored, RewardError, "left step 1 of question 'chain' unscored: the judge is out"),
        (no_score, ConfigError, "no_score returned a float; return a Score"),
        (no_sum, ConfigError, "no_sum"),
    ],
)
def test_a_reward_that_gives_no_verdict_moves_nothing(mode, reward, error, message):
    right = SubgraphReward()
    broken = [True]

    def sometimes(question, trajectory):
        return (reward if broken[0] else right)(question, trajectory)

    sometimes.__qualname__ = reward.__qualname__
    made, twin = env(reward=sometimes, mode=mode), env(mode=mode)
    action = 0 if mode == "sequential" else [1, 1, 0, 0, 0, 0, 0, 1]
    for each in (made, twin):
        each.reset(seed=0, options={"question_id": "chain"})
    for _ in range(2):
        with pytest.raises(error, match=message):
            made.step(action)
        assert made.game.board.steps[0] == 0 and not made.game.board.selected.any()
        assert made.game.records[0].steps == () and not made.game.over[0]
    broken[0] = False
    assert repr(made.step(action)) == repr(twin.step(action))
