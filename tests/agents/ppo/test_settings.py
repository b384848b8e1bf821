import json
from dataclasses import FrozenInstanceError, asdict, fields

import pytest

from hopgym.agents.ppo.credit import Discount
from hopgym.agents.ppo.settings import FREE, LearnSettings, PPOSettings
from hopgym.errors import ConfigError, UnknownNameError


def given(**changes):
    return PPOSettings(**{"model_name": "m", **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"algorithm": "trpo"}, r"algorithm is 'trpo'; it may be ppo, reinforce\+\+, rloo"),
        ({"lr_scheduler": "step"}, "lr_scheduler is 'step'; it may be constant, linear, cosine"),
        ({"precision": "int8"}, "precision is 'int8'"),
        ({"epochs": 0}, "epochs is 0; it must be a whole number from 1"),
        ({"minibatches": 0}, "minibatches is 0"),
        ({"batch_tokens": 0.5}, "batch_tokens is 0.5"),
        ({"warmup": -1}, "warmup is -1; it must be a whole number from 0"),
        ({"value_warmup": -1}, "value_warmup is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"lr": -1.0}, "lr is -1.0; give a number from 0"),
        ({"value_lr": "fast"}, "value_lr is 'fast'"),
        ({"kl_coef": float("nan")}, "kl_coef is nan"),
        ({"entropy_coef": -0.1}, "entropy_coef is -0.1"),
        ({"value_coef": -1}, "value_coef is -1"),
        ({"value_clip": -1}, "value_clip is -1"),
        ({"max_grad_norm": float("inf")}, "max_grad_norm is inf"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"clip_low": 1.5}, "clip_low is 1.5; give a number from 0 to 1, such as 0.2"),
        ({"clip_high": -0.2}, "clip_high is -0.2"),
        ({"gamma": 1.5}, "gamma is 1.5; give a number from 0 to 1"),
        ({"step_lam": -1}, "step_lam is -1"),
    ],
)
def test_an_update_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        LearnSettings(**changes)
    with pytest.raises(ConfigError, match=message):
        given(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_name": ""}, "model_name is missing: give --model_name"),
        ({"output_dir": ""}, "output_dir is missing"),
        ({"updates": 0}, "updates is 0; it must be a whole number from 1"),
        ({"batch_questions": 0}, "batch_questions is 0"),
        ({"num_samples": 1.5}, "num_samples is 1.5"),
        ({"num_envs": 0}, "num_envs is 0"),
        ({"max_new_tokens": 0}, "max_new_tokens is 0"),
        ({"lora_alpha": 0}, "lora_alpha is 0"),
        ({"eval_episodes": 0}, "eval_episodes is 0"),
        ({"eval_every": 0}, "eval_every is 0"),
        ({"save_every": 0}, "save_every is 0"),
        ({"context": -1}, "context is -1"),
        ({"lora_r": -1}, "lora_r is -1"),
        ({"temperature": -1.0}, "temperature is -1.0"),
        ({"temperature": 0.0}, "temperature is 0: every sample would be the same"),
        ({"prompt": "letter"}, "prompt is 'letter'; it may be plain, chat"),
        ({"prompt": "chat_whole"}, "an episode is no single row of tokens. Give plain or chat"),
        ({"control": "random"}, "control is 'random'; it may be none, shuffled"),
        ({"context": 100}, "max_new_tokens is 256, and the model reads 100 tokens in all"),
        ({"algorithm": "rloo", "num_samples": 1}, "give num_samples=2 or more"),
        ({"guard_set": ("most_kl",)}, "write a bound as name=value"),
        ({"guard_set": ("kl=4",)}, "no bound 'kl'"),
    ],
)
def test_a_run_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        given(**changes)


def test_they_are_frozen_and_plain_json():
    with pytest.raises(FrozenInstanceError):
        given().lr = 1.0
    assert json.loads(json.dumps(asdict(given())))["lr"] == given().lr
    assert {each.name for each in fields(PPOSettings)} >= FREE


def test_they_make_the_discount_and_the_prompts():
    told = given(step_gamma=0.5, lam=0.9, prompt="chat", instructions=False)
    assert told.discount == Discount(step_gamma=0.5, lam=0.9)
    assert (told.prompts.style, told.prompts.instructions) == ("chat", False)


def test_the_guard_is_on_but_for_the_control():
    assert given().guarded and not given(control="shuffled").guarded
    assert given(control="shuffled", guard=True).guarded and not given(guard=False).guarded


def test_broken_numbers_are_forgiven_for_longer_in_float16():
    told = given(guard_set=("most_kl=4",))
    assert told.guard_settings("bfloat16").broken_updates == 1
    half = told.guard_settings("float16")
    assert (half.broken_updates, half.most_kl) == (3, 4.0)
    assert given(guard_set=("broken_updates=1",)).guard_settings("float16").broken_updates == 1


def test_a_preset_may_be_changed():
    told = PPOSettings.preset("tiny-cpu", model_name="m", lr=5e-4)
    assert (told.lr, told.lora_r, told.precision) == (5e-4, 0, "float32")
    with pytest.raises(UnknownNameError, match=r"Unknown preset 'tiny'\. Did you mean 'tiny-cpu'"):
        PPOSettings.preset("tiny")
