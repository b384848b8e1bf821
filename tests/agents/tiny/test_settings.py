import shlex

import pytest

from hopgym.agents.tiny.model import TinyConfig
from hopgym.agents.tiny.settings import TinySettings
from hopgym.agents.tiny.train import TrainConfig
from hopgym.errors import ConfigError


def test_what_is_not_told_is_as_the_code_has_it():
    assert TinySettings().config == TrainConfig()


def test_each_flag_reaches_what_it_decides():
    size = {"layers": 2, "width": 32, "heads": 2, "feed_forward": 64}
    rest = {
        "vocabulary": 400, "steps": 7, "batch_tokens": 300, "warmup": 5, "exercises_until": 0.3,
        "most_episodes": 0.7, "bfloat16": False, "threads": 1, "device": "cuda", "seed": 9,
    }  # fmt: skip
    made = TinySettings(lr=1e-3, **size, **rest).config
    assert made == TrainConfig(model=TinyConfig(**size), learning_rate=1e-3, **rest)


def test_the_command_says_what_was_changed():
    settings = TinySettings(output_dir="my runs/a", lr=1e-3, bfloat16=True, resume=True)
    words = shlex.split(settings.command)
    assert words[3:] == ["--output_dir", "my runs/a", "--lr", "0.001", "--bfloat16"]


@pytest.mark.parametrize(
    "bad", [{"output_dir": ""}, {"eval_steps": 0}, {"eval_episodes": 0}, {"steps": 0}, {"heads": 0}]
)
def test_what_cannot_be_is_refused(bad):
    with pytest.raises(ConfigError, match=next(iter(bad))):
        TinySettings(**bad)
