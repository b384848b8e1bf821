from types import SimpleNamespace

from hopgym.agents.lanes import open_lanes
from hopgym.agents.schedule import Schedule
from hopgym.rewards import Composite, make_reward

WORLD = "world?entities=300&train=3&dev=0&test=0&hops=1"


def jumps(reward):
    schedule = Schedule(reward)
    return [step for step in range(8) if schedule.jumps(step)]


def test_a_curriculum_jumps_once():
    assert jumps(make_reward("dag", curriculum_steps=3)) == [3]
    assert jumps(make_reward("dag", curriculum_steps=1)) == [1]
    assert jumps(make_reward("dag", curriculum_steps=0)) == []


def test_weights_that_move_all_the_time_do_not_jump_but_where_they_begin_to():
    ramp = Composite({"em": "em"}, {"em": lambda step: min(max(step - 3, 0), 3) / 3})
    assert jumps(ramp) == [4]
    assert jumps(Composite({"em": "em"}, {"em": 0.5})) == []


def test_the_weights_are_those_of_the_environments_reward():
    env, lanes = open_lanes("hopgym/DagSearch-v0", {"questions": WORLD, "curriculum_steps": 2}, 1)
    lanes.close()
    schedule = Schedule.of(env)
    assert schedule.weights(1) == {"semantic": 0.2, "dag": 0.4, "format": 0.4}
    assert schedule.weights(2)["semantic"] == 0.5 and schedule.jumps(2)


def test_of_what_is_not_known_nothing_is_said():
    schedule = Schedule.of(SimpleNamespace(unwrapped=object()))
    assert schedule.weights(3) == {} and not schedule.jumps(3)
    assert Schedule(make_reward("f1")).weights(0) == {}
