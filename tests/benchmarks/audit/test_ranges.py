import math

from hopgym.benchmarks.audit.ranges import documented_range
from hopgym.rewards import make_reward


def test_each_way_of_telling():
    assert documented_range(make_reward("r3_paper"), 3) == (-3.0, 2.0)
    assert documented_range(make_reward("dag"), 2) == (0.0, 1.0)
    assert documented_range(make_reward("rag"), 1) == documented_range(make_reward("em"), 1)
    assert documented_range(make_reward("kg"), 1) == (-math.inf, 1.0)


def test_an_environment_may_tell_it():
    class Env:
        reward_range = (-1, 2)

    assert documented_range(None, 1, Env()) == (-1.0, 2.0)
    Env.reward_range = (-math.inf, math.inf)
    assert documented_range(None, 1, Env()) is None
