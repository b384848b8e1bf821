import pytest

from hopgym.agents.rag.presets import PRESETS
from hopgym.agents.rag.settings import RagSettings


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_one(name):
    made = RagSettings.preset(name, seed=3)
    assert made.seed == 3 and all(getattr(made, n) == v for n, v in PRESETS[name].items())


def test_the_small_one_needs_no_download():
    made = RagSettings.preset("tiny-cpu")
    assert made.question_spec.startswith("world")
    assert made.question_encoder == made.context_model == made.generator_model == "tiny"
