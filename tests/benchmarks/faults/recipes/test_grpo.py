import pytest
from kill_recipes import settings_of, survives

pytest.importorskip("trl")
from hopgym.benchmarks.faults.recipes.grpo import RECIPES


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_checkpoint_comes_often_and_a_killed_run_goes_on_from_it(recipe, monkeypatch):
    given = settings_of(monkeypatch, "grpo", recipe)
    again = settings_of(monkeypatch, "grpo", recipe, resumed=True)
    assert again.resume and not given.resume
    assert given.save_every < given.eval_every < given.max_steps


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_kills_change_nothing(recipe, tmp_path):
    survives(recipe, tmp_path)
