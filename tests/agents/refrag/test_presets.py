"""The presets: each is one that every stage's learner takes."""

from pathlib import Path

import pytest
from tiny_llms import needs_llms

from hopgym.agents.refrag import stages
from hopgym.agents.refrag.presets import PRESETS
from hopgym.agents.refrag.settings import RefragSettings

needs_llms()


@pytest.mark.parametrize("name", PRESETS)
def test_every_stage_takes_it(name) -> None:
    settings = RefragSettings.preset(name)
    assert stages.supervised(settings, "start", Path("raw"), Path("out")).epochs >= 1
    episodes = settings.batch_questions * settings.num_samples
    grpo = stages.grpo(settings, "start", Path("out"))
    assert grpo.played_batches * grpo.batch_size == episodes
    assert stages.ppo(settings, "start", Path("out")).num_samples == settings.num_samples
