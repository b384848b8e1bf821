import gymnasium
import pytest
from playing import mean_em, play

from hopgym.agents import make_agent
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
