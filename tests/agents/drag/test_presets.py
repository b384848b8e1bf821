from dataclasses import fields

import pytest

from hopgym.agents.drag.presets import PRESETS
from hopgym.agents.drag.settings import DragSettings

NAMES = {each.name for each in fields(DragSettings)}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_changes_what_there_is_and_can_be_trained(name):
    usual = PRESETS[name]
    assert usual.keys() <= NAMES
    more = {"phase1_checkpoint": "one"} if usual.get("phase") == 2 else {}
    made = DragSettings.preset(name, **more)
    assert all(getattr(made, key) == value for key, value in usual.items())


def test_both_phases_of_the_small_one_are_of_one_world():
    one, two = PRESETS["tiny-cpu"], PRESETS["tiny-cpu-joint"]
    for name in ("questions", "max_facts", "k_facts"):
        assert one[name] == two[name]
