import gymnasium
import numpy as np
import pytest
from kg_playing import FORMS, KG, WAYS, chosen, errors, play_kg, selected
from subgraphs import (
    AUTHOR,
    AWKWARD,
    BEYOND,
    BORN,
    CHAIN,
    LIVES,
    RANDOM,
    TOY,
    question_set,
)

from hopgym.agents.selecting import Ranking, SelectingAgent, Table
from hopgym.errors import AgentError

LINE = question_set(CHAIN)
OFFERED = (0, 2, 4, 1, 3)
"""Its places in the order in which it is offered, that of the names."""


class Fixed(SelectingAgent):
    """Wants these, in this order."""

    name = "fixed"

    def __init__(self, slots=None, most=3):
        super().__init__()
        self.slots, self.most, self.batches = slots, most, []

    def rank(self, questions):
        self.batches.append([one.question_id for one in questions])
        return [
            Ranking(range(len(one.offer.facts)) if self.slots is None else self.slots, self.most)
            for one in questions
        ]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_it_selects_what_may_be_selected_in_every_form_and_mode(way):
    episodes = play_kg(Fixed(most=4), top_k=6, max_steps=6, **way)
    assert len(episodes) == len(AWKWARD) and not errors(episodes)
    for episode in episodes:
        assert episode.trajectory.outcome == "answered"
        assert len(chosen(episode)) == len(set(chosen(episode))) <= 4


@pytest.mark.parametrize("connected", [False, True])
def test_all_forms_play_alike(connected):
    def told(form):
        way = {"observation": form, "mode": "sequential", "connected": connected}
        return [
            (e.reward, selected(e), e.trajectory.prediction)
            for e in play_kg(Fixed(most=5), RANDOM, top_k=12, **way)
        ]

    graph, padded, text = map(told, FORMS)
    assert graph == padded == text


def test_one_fact_a_step_and_then_stop():
    (episode,) = play_kg(
        Fixed([LIVES, AUTHOR, BORN], 2), LINE, mode="sequential", observation="padded"
    )
    assert selected(episode) == [(1,), (0,), ()]  # their places
    assert [step.action for step in episode.trajectory.steps] == [LIVES, AUTHOR, 256]
    (episode,) = play_kg(Fixed([LIVES, AUTHOR, BORN], 2), LINE)
    assert episode.trajectory.steps[0].action == [AUTHOR, LIVES]
    assert selected(episode) == [(0, 1)]


def test_what_may_not_be_selected_is_passed_over():
    way = {"mode": "sequential", "observation": "padded", "connected": True}
    far = [BEYOND, LIVES, AUTHOR]
    (episode,) = play_kg(Fixed(far, 3), LINE, **way)
    assert selected(episode) == [(0,), (1,), ()]  # nothing leads to the fact beyond
    text = {**way, "observation": "text"}
    assert selected(play_kg(Fixed(far, 3), LINE, **text)[0]) == [(0,), (1,), ()]


@pytest.mark.parametrize("form", FORMS)
def test_the_last_step_is_kept_for_stop(form):
    (episode,) = play_kg(Fixed(most=5), LINE, mode="sequential", observation=form, max_steps=3)
    assert episode.trajectory.outcome == "answered"
    # a turn in text may name several, so that all have room
    first, second, third, *others = [(place,) for place in OFFERED]
    expected = [first, second, ()]
    if form == "text":
        expected = [first + second + third, tuple(place for (place,) in others), ()]
    assert selected(episode) == expected
    (episode,) = play_kg(Fixed(most=5), LINE, mode="sequential", observation=form, max_steps=1)
    assert selected(episode) == [()] and episode.trajectory.outcome == "answered"


def test_a_question_is_ranked_once_and_new_ones_together():
    agent = Fixed(most=2)
    play_kg(agent, mode="sequential", observation="padded", num_envs=len(AWKWARD), top_k=8)
    assert agent.batches == [[question.id for question in AWKWARD]]


def test_the_number_of_lanes_changes_nothing():
    def told(lanes):
        episodes = play_kg(Fixed(), RANDOM, num_envs=lanes, mode="sequential", top_k=8)
        return [episode.trajectory for episode in episodes]

    assert told(1) == told(5)


def test_unbound_or_elsewhere_it_says_so():
    with pytest.raises(AgentError, match=r"'fixed' must see what is offered: call bind\(env\)"):
        Fixed().act([{}], [{"question_id": "chain"}])
    with pytest.raises(AgentError, match=r"the environment offers none.*Play hopgym/KGSubgraph"):
        Fixed().bind(gymnasium.make("CartPole-v1"))


def test_a_table_tells_what_is_offered_and_no_gold():
    env = gymnasium.make(KG, questions=TOY, observation="padded", mode="sequential", top_k=3)
    observation, info = env.reset(options={"question_id": "chain"})
    table = Table(env)
    given = table.given("chain")
    assert given.offer.topics == ("a",) and len(given.offer.facts) == 3
    assert not {"gold", "answers", "gold_facts"} & set(given.offer._fields)
    assert table.allowed(observation, info).tolist() == [True] * 3
    action = table.action(observation, info, Ranking([2], 1))
    observation, *_, info = env.step(action)
    assert table.allowed(observation, info).tolist() == [True, True, False]
    assert table.taken(observation, info) == 1 and isinstance(action, int)


def test_an_action_is_in_the_space():
    for mode in ("one_shot", "sequential"):
        env = gymnasium.make(KG, questions=TOY, observation="padded", mode=mode, top_k=8)
        observation, info = env.reset(options={"question_id": "empty"})
        action = Table(env).action(observation, info, Ranking([], 3))
        assert env.action_space.contains(action), action
        assert not np.any(action) or action == 8
