import pytest

from hopgym.agents.compress.presets import PRESETS
from hopgym.agents.compress.settings import CompressSettings


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_trained(name):
    assert CompressSettings.preset(name).total_steps > 0
