"""The settings: what cannot be trained is refused in one sentence."""

import pytest

from hopgym.agents.refrag.settings import RefragSettings
from hopgym.errors import ConfigError, UnknownNameError


def test_the_defaults_are_a_whole_training_of_the_built_in_model() -> None:
    settings = RefragSettings()
    assert (settings.model_name, settings.stage, settings.algorithm) == ("tiny", "all", "grpo")
    assert settings.hops * settings.top_k == 6
    assert settings.adds_boundaries and settings.prompts.style == "plain"


def test_boundaries_become_tokens_where_their_rows_are_trained() -> None:
    assert not RefragSettings(lora_r=8).adds_boundaries
    assert RefragSettings(lora_r=8, boundary_tokens=True).adds_boundaries
    assert not RefragSettings(boundary_tokens=False).adds_boundaries


def test_a_fresh_model_has_the_size_that_was_asked_for() -> None:
    size = RefragSettings(block_pattern="T,M", width=64, heads=2, state=8).backbone
    assert (size.width, size.heads, size.state, size.max_positions) == (64, 2, 8, 16_384)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"output_dir": ""}, "output_dir is empty: give --output_dir"),
        ({"stage": "both"}, "stage is 'both'; it may be all, supervised, rl"),
        ({"algorithm": "dpo"}, "algorithm is 'dpo'; it may be grpo, ppo"),
        ({"hops": 0}, "hops"),
        ({"sft_lr": -1.0}, "sft_lr"),
        ({"prompt": "chat_whole"}, "cannot be trained; give plain or chat"),
        ({"block_pattern": "T,X"}, "one letter a layer, T"),
        ({"block_pattern": "T", "width": 30}, "width is 30 with 4 heads"),
        ({"block_pattern": "T", "lora_r": 4}, "give --lora_r 0"),
        ({"minibatches": 3}, "128 episodes of an update .* into 3 minibatches"),
        ({"device_batch_size": 5}, "32 episodes of an optimiser step cannot be read 5 at a time"),
    ],
)
def test_what_cannot_be_trained_is_told(given, told) -> None:
    with pytest.raises(ConfigError, match=told):
        RefragSettings(**given)


def test_a_preset_may_be_changed_and_must_exist() -> None:
    made = RefragSettings.preset("tiny-cpu", hops=2)
    assert (made.hops, made.precision) == (2, "float32")
    with pytest.raises(UnknownNameError, match=r"preset 'tiny-gpu'.*tiny-cpu"):
        RefragSettings.preset("tiny-gpu")
