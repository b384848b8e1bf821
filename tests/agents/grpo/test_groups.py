import pytest

from hopgym.agents.grpo.groups import advantages, flat_groups, grouped, is_flat


def test_groups_stand_one_behind_the_other():
    assert [list(group) for group in grouped("abcde", 2)] == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.parametrize(
    ("pays", "flat"),
    [
        ([0.0, 0.0], True),
        ([0.5, 0.5 + 1e-12], True),
        ([0.5, 0.51], False),
        ([0.5, None], True),
        ([None, None], True),
        ([1.0, None, 0.0], False),
    ],
)
def test_a_group_is_flat_if_nothing_tells_its_episodes_apart(pays, flat):
    assert is_flat(pays) is flat


def test_flat_groups_are_told_by_number():
    assert flat_groups([1.0, 1.0, 0.0, 1.0, None, 2.0], 2) == [0, 2]


def test_advantages_are_against_the_groups_own_mean_over_what_was_scored():
    assert advantages([3.0, 1.0, None, 5.0, 5.0, 5.0], 3) == [1.0, -1.0, 0.0, 0.0, 0.0, 0.0]
    assert advantages([None, None], 2) == [0.0, 0.0]
