from pathlib import Path

import pytest

from hopgym.agents.sft.settings import FREE, FULL_LR, LORA_LR, SFTSettings
from hopgym.errors import ConfigError

GIVEN = {"model_name": "m", "data_path": ("d",)}


def make(**changes):
    return SFTSettings(**{**GIVEN, **changes})


def test_the_usual_settings_are_those_of_the_seed():
    usual = make()
    assert (usual.lora_r, usual.lora_alpha, usual.epochs) == (8, 16, 1.0)
    assert usual.gradient_checkpointing and usual.precision == "auto"
    assert usual.learning_rate == LORA_LR and make(lora_r=0).learning_rate == FULL_LR
    assert make(lr=0.5).learning_rate == 0.5
    assert usual.prompts.style == "plain" and not usual.prompts.shows_instructions
    assert {"resume", "output_dir"} <= FREE <= set(SFTSettings.__dataclass_fields__)


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"model_name": ""}, "model_name is missing: give --model_name"),
        ({"data_path": ()}, "data_path is missing: give --data_path"),
        ({"unit": "turn"}, "unit is 'turn'; it may be episode, step"),
        ({"precision": "int8"}, "precision is 'int8'; it may be auto, float32"),
        ({"prompt": "story"}, "style is 'story'"),
        ({"epochs": 0.5}, "epochs is 0.5; train at least 1"),
        ({"epochs": "two"}, "epochs is 'two'"),
        ({"batch_size": 0}, "batch_size is 0; it must be a whole number from 1"),
        ({"lora_r": -1}, "lora_r is -1; it must be a whole number from 0"),
        ({"lora_dropout": 1.5}, "lora_dropout is 1.5"),
        ({"lr": -1.0}, "lr is -1.0"),
        ({"prompt": "chat_whole"}, "Give unit=step"),
        ({"push_to_hub": True}, "push_to_hub needs hub_model_id"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes, told):
    with pytest.raises(ConfigError, match=told):
        make(**changes)


def test_chat_whole_is_trained_by_steps():
    assert make(prompt="chat_whole", unit="step").prompts.style == "chat_whole"


def test_paths_may_be_given_as_text():
    assert Path(make(output_dir="a/b").output_dir) == Path("a/b")
