import pytest
from kill_recipes import settings_of, survives

pytest.importorskip("trl")
from hopgym.benchmarks.faults.recipes.rag_chat import RECIPES


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_checkpoint_comes_often_and_a_killed_run_goes_on_from_it(recipe, monkeypatch):
    given = settings_of(monkeypatch, "rag_chat", recipe)
    again = settings_of(monkeypatch, "rag_chat", recipe, resumed=True)
    assert again.resume and not given.resume
    assert (given.save_steps, given.save_total_limit) == (2, 1)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_kills_change_nothing(recipe, tmp_path):
    survives(recipe, tmp_path)
