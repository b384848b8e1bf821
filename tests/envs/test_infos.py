import numpy as np
from gymnasium.vector import VectorEnv

from hopgym.envs.infos import batch_infos, unbatch_infos

INFOS = [
    {"step": 1, "text": "a", "error": None, "terms": {"format": 1.0}, "queries": ("q",)},
    {
        "step": 2,
        "text": "b",
        "error": "empty",
        "terms": {"format": 0.0, "outcome": 1.0},
        "queries": (),
    },
    {"step": 0, "text": "c"},
]


def one_by_one(infos):
    env = VectorEnv()
    env.num_envs = len(infos)
    batch = {}
    for index, info in enumerate(infos):
        if info is not None:
            batch = env._add_info(batch, info, index)
    return batch


def assert_same(left, right):
    assert left.keys() == right.keys()
    for key, value in left.items():
        if isinstance(value, dict):
            assert_same(value, right[key])
        else:
            assert value.dtype == right[key].dtype, key
            assert list(value) == list(right[key]), key


def test_it_equals_what_gymnasium_builds_one_by_one():
    assert_same(batch_infos(INFOS), one_by_one(INFOS))
    assert_same(batch_infos([None, *INFOS]), one_by_one([None, *INFOS]))


def test_unbatching_gives_each_episode_its_own_info_back():
    assert unbatch_infos(batch_infos(INFOS), 3) == INFOS
    assert unbatch_infos(one_by_one(INFOS), 3) == INFOS


def test_numbers_come_back_as_plain_numbers():
    (info,) = unbatch_infos({"x": np.array([1.5]), "_x": np.array([True])}, 1)
    assert type(info["x"]) is float
