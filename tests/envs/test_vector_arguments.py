import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from hopgym.envs.vector_arguments import (
    autoreset_mode_of,
    check_indices,
    reset_mask,
    spread_options,
    spread_seeds,
)
from hopgym.errors import ConfigError, EpisodeError


def test_a_mask_is_taken_as_it_is_and_none_means_all():
    assert reset_mask(None, 2, begun=False).tolist() == [True, True]
    assert reset_mask(np.array([True, False]), 2, begun=True).tolist() == [True, False]
    assert reset_mask([True, True], 2, begun=False).all()


@pytest.mark.parametrize("given", [[1, 0], [True], [False, False], "ab", np.ones((2, 1), bool)])
def test_what_is_no_mask_is_told(given):
    with pytest.raises(ConfigError, match=r"'reset_mask'\] must be 2 booleans, one of them true"):
        reset_mask(given, 2, begun=True)


def test_the_first_reset_is_for_all():
    with pytest.raises(EpisodeError, match=r"first reset\(\) must reset every sub-environment"):
        reset_mask([True, False], 2, begun=False)


def test_indices_are_different_lanes_with_an_action_each():
    check_indices([1, 0], ["a", "b"], 2)
    check_indices([], [], 2)
    for indices, actions in (([0, 0], "ab"), ([2], "a"), ([-1], "a"), ([0], "ab"), ([0, 1], "a")):
        with pytest.raises(ConfigError, match="different sub-environments from 0 to 1, and an"):
            check_indices(indices, actions, 2)


def test_autoreset_modes_have_names():
    for mode in AutoresetMode:
        assert autoreset_mode_of(mode.value) is autoreset_mode_of(mode) is mode
    with pytest.raises(ConfigError, match="autoreset_mode is 'x'; it may be one of: 'NextStep'"):
        autoreset_mode_of("x")


def test_a_number_is_a_seed_for_each():
    assert spread_seeds(None, 2) == [None, None]
    assert spread_seeds(5, 3) == spread_seeds(np.int64(5), 3) == [5, 6, 7]
    assert spread_seeds([5, None], 2) == [5, None]
    with pytest.raises(ConfigError, match="got 1 seeds for 2 sub-environments"):
        spread_seeds([5], 2)


def test_a_list_is_an_option_for_each():
    given = {"index": [3, 4], "x": "ab"}
    assert spread_options(given, 2) == [{"index": 3, "x": "ab"}, {"index": 4, "x": "ab"}]
    assert spread_options({"index": np.array([3, 4])}, 2)[1]["index"] == 4
    assert spread_options({}, 2) == [{}, {}]
    with pytest.raises(ConfigError, match=r"options\['index'\] has 3 values for 2 sub-env"):
        spread_options({"index": (1, 2, 3)}, 2)
