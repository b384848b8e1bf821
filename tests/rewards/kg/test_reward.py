from dataclasses import replace

import numpy as np
import pytest
from kg_episodes import QUESTION, episode, one_shot

from hopgym.core import Question, Step, Trajectory
from hopgym.errors import ConfigError
from hopgym.rewards import make_reward, score_episode
from hopgym.rewards.base import prefix
from hopgym.rewards.kg.facts import gold_answers
from hopgym.rewards.kg.reward import Counts, SubgraphReward, chosen_facts, states_of
from hopgym.seeding import rng_for

GOOD = episode([0], [1], answers=["Ull"])
EVERY = SubgraphReward(gamma=0.9, retrieval=0.3, efficiency=0.7, turn=0.2, fail=0.4)


def returns(reward, trajectory):
    return sum(score.value for score in score_episode(reward, QUESTION, trajectory))


def terms(reward, trajectory):
    return [dict(score.terms) for score in score_episode(reward, QUESTION, trajectory)]


def test_progress_the_answer_and_the_facts_are_paid_by_name():
    first, second, stop = terms(SubgraphReward(), GOOD)
    # F1 2/3 and no answer found; then F1 1 and the answer found
    assert first == {
        "shaping": pytest.approx(1 / 3), "answer": 0.0, "size": -0.01, "invalid": 0.0,
    }  # fmt: skip
    assert second["shaping"] == pytest.approx(1 - 1 / 3)
    assert stop == {"shaping": -1.0, "answer": 1.0, "size": 0.0, "invalid": 0.0}
    assert str(stop["size"]) == "0.0"
    assert returns(SubgraphReward(), GOOD) == pytest.approx(1 - 0.02)


def test_one_shot_pays_the_same_in_one_step():
    (step,) = terms(SubgraphReward(), one_shot([0, 1], ["Ull"], invalid=2))
    assert step == {"shaping": 0.0, "answer": 1.0, "size": -0.02, "invalid": -0.2}


def test_a_masked_choice_and_an_unreadable_step_cost_alike():
    for move in (1, None):
        (step,) = terms(SubgraphReward(), episode(move))
        assert step == {"shaping": 0.0, "answer": 0.0, "size": 0.0, "invalid": -0.1}


def test_a_truncated_episode_keeps_its_potential_and_earns_no_answer():
    cut = episode([0], [1], outcome="out_of_steps")
    assert returns(SubgraphReward(size=0.0), cut) == pytest.approx(1.0)
    assert all(step["answer"] == 0.0 for step in terms(SubgraphReward(), cut))
    malformed = episode([0], [1], None, outcome="malformed")
    assert returns(SubgraphReward(size=0.0, invalid=0.0), malformed) == pytest.approx(0.0)


def test_shaping_adds_up_to_nothing_where_the_episode_terminates():
    rng = rng_for(0, "kg_reward")
    for _ in range(20):
        order = rng.permutation(5)[: rng.integers(1, 6)]
        played = episode(*[[int(i)] for i in order], answers=["Oz"])
        for gamma in (1.0, 0.9):
            shaped = [step["shaping"] for step in terms(SubgraphReward(gamma=gamma), played)]
            assert sum(gamma**t * s for t, s in enumerate(shaped)) == pytest.approx(0.0)


def test_a_fact_selected_again_earns_and_costs_nothing():
    _, again = terms(SubgraphReward(), episode([0], [0]))
    assert set(again.values()) == {0.0}


def test_shaping_and_terms_can_be_switched():
    assert all(step["shaping"] == 0.0 for step in terms(SubgraphReward(shaping=False), GOOD))
    assert list(terms(SubgraphReward(), GOOD)[0]) == ["shaping", "answer", "size", "invalid"]
    assert list(terms(EVERY, GOOD)[0])[4:] == ["retrieval", "efficiency", "turn", "fail"]


def test_what_the_end_pays():
    pays = SubgraphReward(retrieval=1.0, efficiency=0.9, turn=1.0, fail=0.5)
    *way, stop = terms(pays, episode([0], 1, [1], answers=["Ull"]))
    assert all(step[n] == 0.0 for step in way for n in ("retrieval", "efficiency", "turn", "fail"))
    assert stop["retrieval"] == 1.0 and stop["efficiency"] == 0.45 and stop["fail"] == 0.0
    assert stop["turn"] == 0.75  # two facts and the stop, of four choices
    cut = terms(pays, episode([0], [1], outcome="out_of_steps"))[-1]
    assert (cut["retrieval"], cut["efficiency"], cut["turn"], cut["fail"]) == (1.0, 0.0, 1.0, -0.5)
    wrong = terms(pays, episode([2], answers=["Bo"]))[-1]
    assert (wrong["retrieval"], wrong["efficiency"], wrong["fail"]) == (0.0, 0.0, -0.5)
    nothing = terms(pays, episode(answers=[]))[-1]
    assert nothing["efficiency"] == 0.0 and nothing["turn"] == 1.0


def random_episodes(count):
    rng = rng_for(1, "kg_reward")
    for _ in range(count):
        order = [[int(i)] for i in rng.permutation(5)[: rng.integers(1, 6)]]
        moves = [int(rng.integers(3)) if rng.random() < 0.3 else move for move in order]
        ends = rng.integers(3)
        if ends == 0:
            yield episode(*moves, answers=[["Ull"], ["Oz", "Ull"], []][rng.integers(3)])
        else:
            yield episode(*moves, outcome=["running", "out_of_steps"][ends - 1])


@pytest.mark.parametrize("reward", [SubgraphReward(), EVERY, SubgraphReward(shaping=False)])
def test_a_batch_and_one_by_one_agree_to_the_last_bit(reward):
    episodes = list(random_episodes(200))
    alone = [reward(QUESTION, played) for played in episodes]
    assert reward.many([(QUESTION, played) for played in episodes]) == alone
    states = [states_of(QUESTION, played) for played in episodes]
    before, after = (Counts(*np.array(side).T) for side in zip(*states, strict=True))
    gold = gold_answers(QUESTION)
    counted = reward.terms(
        before,
        after,
        terminated=np.array([played.outcome == "answered" for played in episodes]),
        truncated=np.array([played.outcome == "out_of_steps" for played in episodes]),
        answer_score=np.array(
            [reward.answer_score(p.steps[-1].parsed.get("answers", []), gold) for p in episodes]
        ),
    )
    assert reward.value(counted).tolist() == [score.value for score in alone]
    for name, column in counted.items():
        assert column.tolist() == [score.terms[name] for score in alone]
    for score in alone:
        assert sum(score.terms.values()) == pytest.approx(score.value)
    assert reward.many([]) == []


def test_a_prefix_scores_as_the_step_was_scored():
    scores = score_episode(EVERY, QUESTION, GOOD)
    assert EVERY(QUESTION, prefix(GOOD, 2)) == scores[1]
    assert chosen_facts(GOOD) == [0, 1]


def test_unknown_gold_leaves_the_answers_and_prediction_stands_in_for_them():
    bare = Question("q", "?", ("Ull",), facts=QUESTION.facts)
    _, second, stop = score_episode(SubgraphReward(), bare, GOOD)
    assert second.terms["shaping"] == 0.5 and stop.terms["answer"] == 1.0
    last = replace(GOOD.steps[-1], parsed={"kind": "stop", "facts": []})
    others = replace(GOOD, steps=(*GOOD.steps[:-1], last), prediction="Oz | Ull")
    assert SubgraphReward()(QUESTION, others).terms["answer"] == pytest.approx(2 / 3)


def test_options_by_name():
    assert make_reward("kg") == SubgraphReward()
    assert make_reward("kg?size=0&gamma=0.99") == SubgraphReward(size=0, gamma=0.99)
    with pytest.raises(ConfigError, match=r"no option 'sise'. Did you mean 'size'"):
        make_reward("kg?sise=0")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"size": -0.1}, r"size is -0.1; it is a cost, a finite number from 0"),
        ({"answer": float("nan")}, r"answer is nan; it is a weight, a finite number"),
        ({"turn": True}, r"turn is True; it is a weight"),
        ({"gamma": 0.0}, r"gamma is 0.0; it is the learner's discount"),
        ({"answer_metric": "bleu"}, r"answer_metric is 'bleu'; it is one of: hit_at_1_exact"),
        ({"shaping": 1}, r"shaping is 1; it is true or false"),
        ({"fact_f1": "x"}, r"weight fact_f1 is 'x'"),
    ],
)
def test_options_that_are_none_are_refused(options, match):
    with pytest.raises(ConfigError, match=match):
        SubgraphReward(**options)


def test_episodes_that_select_no_facts_are_refused():
    with pytest.raises(ConfigError, match=r"Step 1 is a 'query' and selects no facts.*KGSubgraph"):
        search = Trajectory("q", "e", steps=(Step(1, "x", {"kind": "query"}),))
        SubgraphReward()(QUESTION, search)
    with pytest.raises(ConfigError, match="has no step"):
        SubgraphReward()(QUESTION, Trajectory("q", "e"))
    with pytest.raises(ConfigError, match="There is no fact 9"):
        SubgraphReward()(QUESTION, episode([9]))
