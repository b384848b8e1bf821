import gymnasium
import pytest
from kg_playing import KG
from subgraphs import LIVES, TOY, at_once

from hopgym.agents.lanes import Job, NativeVectorEnv, SingleLanes, VectorLanes, open_lanes
from hopgym.envs.datasets import make_questions

SEARCH = "hopgym/SearchRead-v0"
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


@pytest.mark.parametrize(
    ("env_id", "kwargs"),
    [(SEARCH, {}), (DAG, {}), *((KG, {"observation": f}) for f in ("graph", "padded", "text"))],
    ids=str,
)
def test_every_vector_environment_of_ours_gives_native_lanes(env_id, kwargs):
    env, lanes = open_lanes(env_id, {"questions": WORLD, **kwargs}, 2)
    assert isinstance(lanes, VectorLanes) and isinstance(env.unwrapped, NativeVectorEnv)
    lanes.close()


def test_other_vector_environments_are_made_several_times():
    assert not isinstance(gymnasium.make_vec("CartPole-v1", num_envs=2), NativeVectorEnv)


def test_arrays_go_in_and_dicts_come_out():
    kwargs = {"questions": TOY, "observation": "padded", "top_k": 8}
    env, lanes = open_lanes(KG, kwargs, 3)
    observation, info = lanes.begin(2, Job("chain"))
    assert observation["edge_mask"].sum() == info["facts"] == 5
    (result,) = lanes.step([2], [at_once(LIVES)])
    assert env.unwrapped.single_observation_space.contains(result[0])
    assert result[4]["trajectory"].steps[0].parsed["facts"] == [1]  # its place
    lanes.close()
