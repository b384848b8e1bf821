from dataclasses import fields
from pathlib import Path

import pytest

from hopgym.agents.ppo.presets import PRESETS
from hopgym.agents.ppo.settings import PPOSettings

NAMES = {each.name for each in fields(PPOSettings)}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_settings(name):
    given = PRESETS[name]
    assert given.keys() <= NAMES
    settings = PPOSettings.preset(name, **({} if "model_name" in given else {"model_name": "m"}))
    assert {n: getattr(settings, n) for n in given} == dict(given)


def test_the_presets_of_large_models_spare_memory():
    for name in ("qwen2.5-0.5b-4gb", "7b-multi-gpu"):
        settings = PPOSettings.preset(name)
        assert settings.lora_r and settings.gradient_checkpointing and settings.reread
        assert settings.precision.endswith("16") and settings.prompt == "chat"


def test_a_preset_says_nothing_that_is_usual_of_files():
    assert not {"output_dir", "resume"} & set().union(*PRESETS.values())
    assert Path(PRESETS["qwen2.5-0.5b-4gb"]["model_name"]).name == "Qwen2.5-0.5B-Instruct"
