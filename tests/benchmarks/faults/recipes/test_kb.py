import pytest
from kill_recipes import survives

from hopgym.benchmarks.faults.recipes.kb import RECIPES


def test_the_same_command_goes_on():
    (recipe,) = RECIPES
    assert recipe.resume == () and recipe.prepare is not None


@pytest.mark.slow
def test_kills_change_nothing(tmp_path):
    survives(RECIPES[0], tmp_path)
