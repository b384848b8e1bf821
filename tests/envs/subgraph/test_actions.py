import numpy as np
import pytest
from subgraphs import env, vector

from hopgym.envs.subgraph.actions import read_action, read_actions
from hopgym.errors import ConfigError

SEQUENTIAL = env(mode="sequential", top_k=4).stage
ONE_SHOT = env(top_k=4).stage
MANY = "step takes an action, 4 zeros and ones, of which place i selects fact i; got "
ONE = "step takes an action, a whole number from 0 to 4, the last of which is STOP; got "


@pytest.mark.parametrize("given", [3, np.int8(3), np.uint64(3), np.array(3), np.array(3, ">i2")])
def test_a_slot_may_be_any_whole_number(given):
    read = read_action(SEQUENTIAL, given)
    assert read.tolist() == [3] and read.dtype == np.int64


@pytest.mark.parametrize(
    "given",
    [
        [1, 0, 0, 1],
        (True, False, False, True),
        np.array([1, 0, 0, 1], np.uint8),
        [1.0, 0, -0.0, 1],
        np.array([1, 0, 0, 1], np.float16),
        np.array([1, 0, 0, 1], np.float32),
    ],
)
def test_choices_may_be_numbers_or_booleans(given):
    read = read_action(ONE_SHOT, given)
    assert read.tolist() == [[True, False, False, True]] and read.dtype == np.bool_


@pytest.mark.parametrize(
    ("given", "got"),
    [
        (None, "None"),
        ("1", "'1'"),
        (1.0, "1.0"),
        ([1], r"int64 of shape \(1,\)"),
        (np.array([1]), r"int64 of shape \(1,\)"),
        ([[1], [1, 2]], r"\[\[1\], \[1, 2\]\]"),
        ({"slot": 1}, "{'slot': 1}"),
    ],
)
def test_what_is_no_slot_is_told(given, got):
    with pytest.raises(ConfigError, match=f"{ONE}{got}. Nothing has moved"):
        read_action(SEQUENTIAL, given)


@pytest.mark.parametrize(
    ("given", "got"),
    [
        (None, "None"),
        (3, "3"),
        ("1001", "'1001'"),
        ([1, 0, 0], r"int64 of shape \(3,\)"),
        (np.ones(3), r"float64 of shape \(3,\)"),
        (np.ones(4, complex), r"complex128 of shape \(4,\)"),
        ([1, [1, 2], 3, 4], r"\[1, \[1, 2\], 3, 4\]"),
        (np.ones((1, 4), int), r"int64 of shape \(1, 4\)"),
    ],
)
def test_what_are_no_choices_is_told(given, got):
    with pytest.raises(ConfigError, match=f"{MANY}{got}. Nothing has moved"):
        read_action(ONE_SHOT, given)


@pytest.mark.parametrize("wrong", [-1, 5, 2**63, -(2**62)])
def test_a_slot_out_of_the_space_is_told(wrong):
    with pytest.raises(ConfigError, match=f"An action holds {wrong}; it may hold 0 to 4, where 4"):
        read_action(SEQUENTIAL, np.array(wrong))


def test_a_choice_out_of_the_space_is_told():
    with pytest.raises(ConfigError, match=r"it may hold 0 to 1\. Nothing has moved"):
        read_action(ONE_SHOT, [0, 2, 0, 0])
    with pytest.raises(ConfigError, match="An action holds -1; it may hold 0 to 1"):
        read_action(ONE_SHOT, np.array([0, 0, 0, -1], np.int8))


@pytest.mark.parametrize("wrong", [0.5, -1.0, 2.0, float("nan"), float("inf")])
def test_floats_that_are_neither_zero_nor_one_are_told_with_their_kind(wrong):
    given = np.array([1, 0, wrong, 1], np.float32)
    told = rf"An action holds {wrong} \(float32\); floats may be exactly 0 or 1\. Nothing has moved"
    with pytest.raises(ConfigError, match=told):
        read_action(ONE_SHOT, given)
    with pytest.raises(ConfigError, match=told):
        read_actions(ONE_SHOT, given[None].repeat(2, 0), 2)


def test_several_actions():
    assert read_actions(SEQUENTIAL, [0, 4], 2).tolist() == [0, 4]
    assert read_actions(ONE_SHOT, np.eye(2, 4, dtype=np.int8), 2).shape == (2, 4)
    assert read_actions(ONE_SHOT, np.eye(2, 4, dtype=np.float32), 2).sum() == 2
    for bad in ([0], 5, None, [[0], [1, 2]], [[0, 1]], [0.5, 1], "ab"):
        with pytest.raises(ConfigError, match="step takes 2 actions, each a whole number from 0"):
            read_actions(SEQUENTIAL, bad, 2)
    with pytest.raises(ConfigError, match="step takes 2 actions, each 4 zeros and ones"):
        read_actions(ONE_SHOT, [1, 0, 0, 1], 2)


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_a_refused_action_moves_nothing(mode):
    single, several = env(mode=mode, top_k=4), vector(mode=mode, top_k=4)
    for made, wrong in ((single, -1), (single, [9] * 4), (several, [9, 0]), (several, None)):
        made.reset(seed=0)
        with pytest.raises(ConfigError, match="Nothing has moved"):
            made.step(wrong)
        assert not made.game.board.steps.any() and not made.game.board.selected.any()


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_samples_by_the_mask_as_the_docs_write_them_are_allowed(mode):
    made = env(mode=mode, top_k=4, max_steps=9)
    made.action_space.seed(0)
    for seed in range(20):
        _, info = made.reset(seed=seed)
        over = False
        while not over:
            if mode == "sequential":
                action = made.action_space.sample(info["action_mask"].astype("int8"))
            else:
                action = made.action_space.sample() * info["action_mask"][1::2]
            *_, terminated, truncated, info = made.step(action)
            over = terminated or truncated
            assert info["parse_error"] is None
