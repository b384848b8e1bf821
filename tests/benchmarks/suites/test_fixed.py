import pytest

from hopgym.benchmarks.suites import SUITES, make_suite
from hopgym.benchmarks.suites.fixed import FIXED
from hopgym.envs.datasets import make_questions


@pytest.mark.parametrize("world", sorted(FIXED)[:3])
def test_a_world_is_still_the_one_that_was_fixed(world: str):
    assert make_questions(world).fingerprint == FIXED[world]


@pytest.mark.slow
@pytest.mark.parametrize("world", sorted(FIXED)[3:])
def test_every_world_is_still_the_one_that_was_fixed(world: str):
    assert make_questions(world).fingerprint == FIXED[world]


def test_nothing_is_fixed_that_no_suite_plays():
    played = {task.questions for name in SUITES for task in make_suite(name).tasks}
    assert set(FIXED) <= played
