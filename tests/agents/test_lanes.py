import pytest

from hopgym.agents.lanes import Job, SingleLanes, open_lanes
from hopgym.envs.datasets import make_questions

DAG, WORLD = "hopgym/DagSearch-v0", "world?entities=300&train=3&dev=0&test=0&hops=1"


@pytest.mark.parametrize(("step", "weight"), [(None, 0.25), (1, 0.4), (2, 0.25)])
def test_lanes_stand_at_a_step_of_training(step, weight):
    kwargs = {"questions": WORLD, "curriculum_steps": 2}
    _, lanes = open_lanes(DAG, kwargs, 2, training_step=step)
    _, info = lanes.begin(1, Job(make_questions(WORLD).questions("train")[0].id))
    lanes.close()
    assert info["training_step"] == step and info["reward_weights"]["format"] == weight


def test_an_environment_of_somebody_elses_needs_no_schedule():
    env, lanes = open_lanes("CartPole-v1", {}, 2, training_step=3)
    assert isinstance(lanes, SingleLanes) and lanes.envs[0] is env and len(lanes.envs) == 2
    lanes.close()
