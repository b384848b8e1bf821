import pytest

from hopgym.agents.sb3.presets import PRESETS
from hopgym.agents.sb3.settings import SB3Settings


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_run_that_can_be(name):
    told = SB3Settings.preset(name)
    assert told.eval_every <= told.total_timesteps
    assert told.eval_questions == "" and told.eval_split != told.split
