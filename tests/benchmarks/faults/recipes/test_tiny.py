import pytest
from kill_recipes import survives

pytest.importorskip("transformers")
from hopgym.agents.tiny.settings import TinySettings
from hopgym.benchmarks.faults.recipes.tiny import RECIPES


def test_every_flag_is_a_setting_and_a_checkpoint_comes_often():
    words = RECIPES[0].command[3:]
    given = dict(zip(words[::2], words[1::2], strict=True))
    known = TinySettings.__dataclass_fields__
    assert all(name.removeprefix("--") in known for name in given)
    assert int(given["--eval_steps"]) < int(given["--steps"])
    assert RECIPES[0].resume == ("--resume",)


@pytest.mark.slow
def test_kills_change_nothing(tmp_path):
    survives(RECIPES[0], tmp_path)
