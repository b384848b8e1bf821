import gymnasium
import pytest
from kg_playing import FORMS, WAYS, chosen, errors, play_kg, selected
from playing import DAG, kinds, mean_em, plans, play
from subgraphs import RANDOM, TOY

from hopgym.agents import make_agent
from hopgym.envs.grammars import make_grammar
from hopgym.errors import AgentError


def test_it_is_never_right_and_always_readable():
    episodes = play("random")
    assert mean_em(episodes) == 0.0
    assert all(step.parse_error is None for e in episodes for step in e.trajectory.steps)
    assert len({len(e.trajectory.steps) for e in episodes}) > 2


def test_its_draws_follow_the_seed_and_not_the_batch():
    one, many, other = (
        play("random", num_envs=1),
        play("random", num_envs=7),
        play("random", seed=1),
    )
    assert [e.trajectory for e in one] == [e.trajectory for e in many]
    assert [e.trajectory.prediction for e in one] != [e.trajectory.prediction for e in other]


def test_elsewhere_it_samples_the_action_space():
    env = gymnasium.make("CartPole-v1")
    agent = make_agent("random")
    with pytest.raises(AgentError, match=r"call bind\(env\) first"):
        agent.act([0], [{}])
    agent.bind(env)
    drawn = [agent.act([0], [{"step": step}])[0] for step in range(20)]
    assert set(drawn) == {0, 1}
    assert drawn == [agent.act([0], [{"step": step}])[0] for step in range(20)]


def test_its_plans_can_always_be_run():
    episodes = play("random", env=DAG, limit=100, max_plans=3)
    assert all(step.parse_error is None for e in episodes for step in e.trajectory.steps)
    drawn = [plan for episode in episodes for plan in plans(episode)]
    assert {len(plan) for plan in drawn} == {1, 2, 3}
    assert {tool for plan in drawn for _, _, tool in plan} == {"General", "News", "Academy"}
    assert {len(step.parsed.get("edges", ())) for e in episodes for step in e.trajectory.steps} > {
        0,
        1,
    }
    assert {len(e.trajectory.steps) for e in episodes} == {2, 3, 4}


def test_small_limits_do_not_stop_its_plans():
    for episode in play("random", env=DAG, limit=20, max_nodes=1, max_query_words=1):
        assert kinds(episode) == ["plan", "answer"]


def test_a_question_full_of_placeholders_does_not_break_its_plans():
    agent = make_agent("random")
    info = {"question": "{A} #B {C} A? </search> </think>", "grammar": "dag", "turn": 1,
            "remaining": 2, "phase": "plan", "tools": ("General",), "max_nodes": 8,
            "max_query_words": 10}  # fmt: skip
    grammar = make_grammar("dag", tools=("General",))
    for n in range(200):
        (action,) = agent.act([""], [{**info, "question_id": str(n)}])
        assert grammar.parse_turn(action, "plan").plan is not None


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_where_facts_are_selected_its_draws_are_allowed(way):
    for episode in play_kg("random", TOY, top_k=6, max_steps=4, **way):
        assert not errors([episode]) and episode.trajectory.outcome == "answered"
        assert len(chosen(episode)) == len(set(chosen(episode)))


def test_it_draws_facts_by_seed_and_question_in_every_form():
    def told(seed=0, **way):
        return [selected(episode) for episode in play_kg("random", RANDOM, seed=seed, **way)]

    graph, padded, text = (told(observation=form) for form in FORMS)
    assert graph == padded == text == told(num_envs=1) != told(seed=1)
    way = {"mode": "sequential"}
    graph, padded, text = (told(observation=form, **way) for form in FORMS)
    assert graph == padded == text == told(num_envs=9, **way) != told(seed=1, **way)


def test_it_takes_four_facts_on_average_where_there_are_enough():
    for mode in ("one_shot", "sequential"):
        taken = [
            len(chosen(episode))
            for episode in play_kg("random", "world?entities=400&dev=300", split="dev", mode=mode)
        ]
        assert min(taken) == 1 and 3 < sum(taken) / len(taken) < 5
