import copy
from itertools import islice

import pytest

from hopgym.agents.tiny import lessons
from hopgym.agents.tiny.model import TinyConfig
from hopgym.agents.tiny.tokenizer import train_tokenizer, world_texts
from hopgym.agents.tiny.train import TrainConfig, Training
from hopgym.errors import ConfigError

torch = pytest.importorskip("torch")
SMALL = TinyConfig(layers=2, width=32, heads=2, feed_forward=32)
QUICK = {"model": SMALL, "batch_tokens": 600, "threads": 1, "warmup": 3, "bfloat16": False}


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(world_texts(1, entities=300), 500)


def weights(training):
    return torch.cat([p.detach().flatten() for p in training.model.parameters()])


def test_it_learns(tokenizer):
    figures = list(Training(TrainConfig(steps=30, learning_rate=2e-2, **QUICK), tokenizer).run())
    assert figures[-1]["own_loss"] < 0.8 * figures[0]["own_loss"]
    assert [each["step"] for each in figures] == list(range(1, 31))


def test_the_same_run_gives_the_same_weights(tokenizer):
    runs = [Training(TrainConfig(steps=5, **QUICK), tokenizer) for _ in range(2)]
    logs = [[each["loss"] for each in run.run()] for run in runs]
    assert logs[0] == logs[1]
    assert torch.equal(*map(weights, runs))


def test_a_run_that_stopped_goes_on_as_if_it_had_not(tokenizer, monkeypatch):
    monkeypatch.setattr(lessons, "_PER_WORLD", 24)
    config = TrainConfig(steps=40, exercises_until=0.1, **QUICK)  # into a second world
    whole = Training(config, tokenizer)
    figures = list(whole.run())
    assert whole._world > 0
    for stop in (3, 35):
        first = Training(config, tokenizer)
        list(islice(first.run(), stop))
        second = Training(config, tokenizer)
        second.restore(copy.deepcopy(first.state()))
        rest = list(second.run())
        assert [each["loss"] for each in rest] == [each["loss"] for each in figures[stop:]]
        assert torch.equal(weights(whole), weights(second))
        assert (second.tokens, second.step) == (whole.tokens, 40)


def test_another_seed_gives_others(tokenizer):
    runs = [Training(TrainConfig(steps=2, seed=seed, **QUICK), tokenizer) for seed in (0, 1)]
    assert len([figures for run in runs for figures in run.run()]) == 4
    assert not torch.equal(*map(weights, runs))


def test_whole_episodes_come_in_after_the_exercises():
    config = TrainConfig(exercises_until=0.5, most_episodes=0.6)
    assert [config.episodes(done) for done in (0.0, 0.5, 0.75, 1.0)] == [0.0, 0.0, 0.3, 0.6]
    assert TrainConfig(exercises_until=0.0).episodes(0.1) == 0.8


def test_the_rate_goes_up_and_down():
    config = TrainConfig(steps=1_000, warmup=10, learning_rate=1e-2)
    assert config.rate(0) < config.rate(9) > config.rate(500) > config.rate(999)
    assert config.rate(1_000) == pytest.approx(2e-4)


@pytest.mark.parametrize(
    "bad", [{"steps": 0}, {"threads": 1.5}, {"learning_rate": -1.0}, {"seed": -1}]
)
def test_bad_settings_are_refused(bad):
    with pytest.raises(ConfigError, match=rf"{next(iter(bad))} is .*(must be|give a number)"):
        TrainConfig(**bad)


def test_a_device_that_there_is_not_is_refused(tokenizer):
    with pytest.raises(ConfigError, match="device is 'gpu', which cannot be used here"):
        Training(TrainConfig(steps=1, device="gpu", **QUICK), tokenizer)
