import pytest

from hopgym.agents.grpo.presets import PRESETS
from hopgym.agents.grpo.settings import GRPOSettings
from hopgym.errors import UnknownNameError


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_allowed_and_changes_something(name):
    settings = GRPOSettings.preset(name)
    assert settings != GRPOSettings()
    assert all(getattr(settings, key) == value for key, value in PRESETS[name].items())
    # Batches hold whole groups, and what is played at a time is not cut by a checkpoint.
    played = settings.batch_size * settings.played_batches
    assert played % settings.num_generations == 0
    assert settings.save_every % settings.steps_of_generation == 0


def test_what_is_said_wins_over_a_preset():
    assert GRPOSettings.preset("tiny-cpu", lr=1.0).lr == 1.0


def test_an_unknown_preset_is_refused():
    with pytest.raises(UnknownNameError, match=r"Unknown preset 'tiny'.*tiny-cpu"):
        GRPOSettings.preset("tiny")
