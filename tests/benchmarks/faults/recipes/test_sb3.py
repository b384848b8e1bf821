import pytest
from kill_recipes import settings_of, survives

pytest.importorskip("sb3_contrib")
from hopgym.benchmarks.faults.recipes.sb3 import RECIPES


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_checkpoint_comes_often_and_a_killed_run_goes_on_from_it(recipe, monkeypatch):
    given = settings_of(monkeypatch, "sb3", recipe)
    again = settings_of(monkeypatch, "sb3", recipe, resumed=True)
    assert again.resume and not given.resume
    assert given.update_steps < given.eval_every < given.total_timesteps


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_kills_change_nothing(recipe, tmp_path):
    survives(recipe, tmp_path)
