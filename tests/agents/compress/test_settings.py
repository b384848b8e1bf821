from dataclasses import fields

import pytest
from compress_runs import settings

from hopgym.agents.compress.presets import PRESETS
from hopgym.agents.compress.settings import FREE, CompressSettings
from hopgym.errors import ConfigError, UnknownNameError

WRONG = [
    ({"k": 0}, "k is 0; it must be a whole number from 1"),
    ({"expand": 1.5}, "expand is 1.5"),
    ({"group": 1}, "group is 1: the policy compares draws"),
    ({"expand": 0.0}, "expand is 0: there is nothing to choose"),
    ({"dtype": "int8"}, "dtype is 'int8'; it may be float32 or bfloat16"),
    ({"block_pattern": "T,X"}, "block_pattern is 'T,X'"),
    ({"lr": -1.0}, "lr is -1.0"),
    ({"block_pattern": "T", "train_decoder": False}, "a decoder that has learnt nothing"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_what_cannot_be_trained_is_refused(tmp_path, changes, message):
    with pytest.raises(ConfigError) as raised:
        settings(tmp_path, **changes)
    assert message in str(raised.value)


def test_there_must_be_a_stage():
    none = {f"{name}_steps": 0 for name in ("reconstruction", "paragraph", "answer", "policy")}
    with pytest.raises(ConfigError, match="All stages have 0 steps"):
        CompressSettings(**none)
    assert CompressSettings(**{**none, "answer_steps": 3}, expand=1.0).total_steps == 3


def test_the_stages_come_in_the_paper_s_order():
    assert list(CompressSettings().steps) == ["reconstruction", "paragraph", "answer", "policy"]
    assert {each.name for each in fields(CompressSettings)} >= FREE


def test_a_preset_is_changed_by_what_is_given():
    assert CompressSettings.preset("tiny-cpu", k=4).k == 4
    assert CompressSettings.preset("tiny-cpu").k == PRESETS["tiny-cpu"]["k"]
    with pytest.raises(UnknownNameError, match="tiny-cpu"):
        CompressSettings.preset("tinycpu")
    assert CompressSettings(model_name="tiny").decoder.endswith("checkpoint")
