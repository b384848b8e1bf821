import json

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import data_equivalence

import hopgym  # noqa: F401 (registers the environments)
from hopgym.envs.server.wire import (
    read_info,
    read_space,
    read_value,
    write_info,
    write_space,
    write_value,
)
from hopgym.envs.spaces import UnicodeText
from hopgym.errors import DataError

KG = {"questions": "world?entities=300&hops=2&train=5&dev=5&test=5", "top_k": 16}
MADE = {
    "text": ("hopgym/SearchRead-v0", {"questions": KG["questions"]}),
    "graph": ("hopgym/KGSubgraph-v0", {**KG, "observation": "graph"}),
    "padded": ("hopgym/KGSubgraph-v0", {**KG, "observation": "padded", "mode": "sequential"}),
}


def wired(value):
    return json.loads(json.dumps(value, allow_nan=False))


@pytest.mark.parametrize("name", MADE)
def test_spaces_observations_actions_and_infos_come_back_as_they_were(name):
    env_id, kwargs = MADE[name]
    env = gymnasium.make(env_id, **kwargs)
    seen, acts = (
        read_space(wired(write_space(s))) for s in (env.observation_space, env.action_space)
    )
    assert (seen, acts) == (env.observation_space, env.action_space)
    observation, info = env.reset(seed=3)
    assert data_equivalence(
        observation, read_value(seen, wired(write_value(seen, observation))), exact=True
    )
    assert data_equivalence(info, read_info(wired(write_info(info))), exact=True)
    env.action_space.seed(1)
    action = env.action_space.sample()
    assert np.array_equal(read_value(acts, wired(write_value(acts, action))), action)


def test_what_json_has_no_form_for_is_tagged():
    info = {"n": float("nan"), "i": -float("inf"), "m": np.array([True, False]), "s": np.int64(3)}
    told = wired(write_info({**info, "odd": {1: {"deep": (1, [2.5, None])}}}))
    assert told["m"] == {"$array": [True, False], "dtype": "bool"} and told["s"] == 3
    back = read_info(told)
    assert (
        np.isnan(back["n"])
        and back["i"] == -np.inf
        and back["odd"]["1"]["deep"] == (1, (2.5, None))
    )


def test_json_has_one_kind_of_number():
    assert read_value(spaces.Discrete(3), 2.0) == 2
    assert read_value(spaces.MultiBinary(3), [1.0, False, 0]).tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("space", "told"),
    [
        (spaces.Discrete(3), 3),
        (spaces.Discrete(3), True),
        (spaces.Discrete(3), "1"),
        (spaces.Discrete(3), 2**70),
        (spaces.Discrete(3), 1.5),
        (spaces.Discrete(3), float("inf")),
        (spaces.MultiBinary(2), [0, 2]),
        (spaces.MultiBinary(2), [0.5, 1]),
        (spaces.MultiBinary(2), ["1", "0"]),
        (spaces.MultiBinary(2), [None, 0]),
        (spaces.MultiBinary(2), 1),
        (spaces.MultiBinary(2), [0]),
        (spaces.MultiBinary(2), {"a": 1}),
        (spaces.MultiBinary(2), [[0], 1]),
        (UnicodeText(3), "long"),
        (UnicodeText(3), None),
        (spaces.Dict({"a": spaces.Discrete(2)}), {"b": 1}),
        (spaces.Dict({"a": spaces.Discrete(2)}), []),
    ],
)
def test_what_is_no_value_of_a_space_is_refused(space, told):
    with pytest.raises(DataError, match="is no value of"):
        read_value(space, told)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"kind": "pickle"},
        {"kind": "discrete", "n": -1, "start": 0},
        {"kind": "box", "low": 0, "high": 1, "shape": [2], "dtype": "object"},
        {"kind": "dict", "spaces": None},
    ],
)
def test_what_describes_no_space_is_refused(told):
    with pytest.raises(DataError, match=r"describes no space|no number's type"):
        read_space(told)


def test_a_space_of_another_kind_is_not_served():
    with pytest.raises(DataError, match="A Text space cannot be served"):
        write_space(spaces.Text(3))


@pytest.mark.parametrize(
    "told", [{"$array": [1], "dtype": "O"}, {"$trajectory": {}}, {"$number": "x"}]
)
def test_a_malformed_tag_is_refused(told):
    with pytest.raises(DataError, match="A part of an info is malformed"):
        read_info(told)
