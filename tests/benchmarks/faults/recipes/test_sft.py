import pytest
from kill_recipes import settings_of, survives

pytest.importorskip("transformers")
from hopgym.benchmarks.faults.recipes.sft import RECIPES


def test_a_checkpoint_comes_often_and_a_killed_run_goes_on_from_it(monkeypatch):
    given = settings_of(monkeypatch, "sft", RECIPES[0])
    again = settings_of(monkeypatch, "sft", RECIPES[0], resumed=True)
    assert again.resume and not given.resume
    assert given.save_steps < given.eval_steps


@pytest.mark.slow
def test_kills_change_nothing(tmp_path):
    survives(RECIPES[0], tmp_path)
