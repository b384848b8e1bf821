import json
from dataclasses import FrozenInstanceError, asdict, fields

import pytest

from hopgym.agents.sb3.settings import FREE, SB3Settings, with_gamma
from hopgym.errors import ConfigError, UnknownNameError


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"algorithm": "a2c"}, "algorithm is 'a2c'; it may be maskable_ppo, ppo"),
        ({"head": "linear"}, "head is 'linear'; it may be pointer, stock"),
        ({"mode": "text"}, "mode is 'text'; it may be sequential, one_shot"),
        ({"lr_scheduler": "cosine"}, "lr_scheduler is 'cosine'; it may be constant, linear"),
        ({"device": "tpu"}, "device is 'tpu'; it may be cpu, cuda, auto"),
        ({"output_dir": ""}, "output_dir is missing: give --output_dir"),
        ({"total_timesteps": 0}, "total_timesteps is 0; it must be a whole number from 1"),
        ({"top_k": 0}, "top_k is 0"),
        ({"num_envs": 0}, "num_envs is 0"),
        ({"n_steps": 1.5}, "n_steps is 1.5"),
        ({"n_epochs": 0}, "n_epochs is 0"),
        ({"width": 0}, "width is 0"),
        ({"layers": 0}, "layers is 0"),
        ({"eval_episodes": 0}, "eval_episodes is 0"),
        ({"eval_every": 0}, "eval_every is 0"),
        ({"seed": -1}, "seed is -1; it must be a whole number from 0"),
        ({"patience": -1}, "patience is -1"),
        ({"batch_size": 1}, "batch_size is 1; it must be a whole number from 2"),
        (
            {"batch_size": 300},
            r"batch_size is 300, and an update has 1024 steps \(num_envs \* n_st",
        ),
        ({"learning_rate": -1.0}, "learning_rate is -1.0; give a number from 0"),
        ({"ent_coef": float("nan")}, "ent_coef is nan"),
        ({"vf_coef": "much"}, "vf_coef is 'much'"),
        ({"max_grad_norm": -1}, "max_grad_norm is -1"),
        ({"target_kl": -1}, "target_kl is -1"),
        ({"gae_lambda": 1.1}, "gae_lambda is 1.1; give a number from 0 to 1"),
        ({"clip_range": -0.1}, "clip_range is -0.1"),
        ({"gamma": 1.1}, "gamma is 1.1; give a number from 0 to 1"),
        ({"gamma": 0.0}, "gamma is 0: nothing that comes later would count"),
        ({"reward": "kg?gamma=0.5"}, r"gamma is 1.0, and the reward 'kg\?gamma=0.5' has another"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        SB3Settings(**changes)


def test_an_unknown_reward_is_told_at_once():
    with pytest.raises(UnknownNameError, match="Unknown reward 'gk'"):
        SB3Settings(reward="gk")


def test_the_reward_has_the_learners_discount():
    assert SB3Settings().reward_spec == "kg?gamma=1.0"
    assert SB3Settings(gamma=0.9, reward="kg?size=0.1").reward_spec == "kg?size=0.1&gamma=0.9"
    assert with_gamma("kg?gamma=0.9", 0.9) == "kg?gamma=0.9"
    assert with_gamma("kg_minerva", 0.9) == "kg_minerva?gamma=0.9"
    assert with_gamma("em", 0.9) == "em"
    assert with_gamma(f"{__file__}:own", 0.9) == f"{__file__}:own"


def own(question, trajectory):
    """A user's own reward, which takes no options."""


def test_they_are_frozen_and_plain_json():
    with pytest.raises(FrozenInstanceError):
        SB3Settings().seed = 1
    assert json.loads(json.dumps(asdict(SB3Settings())))["gamma"] == 1.0
    assert {each.name for each in fields(SB3Settings)} >= FREE


def test_they_tell_the_size_of_an_update_and_the_mask():
    told = SB3Settings(num_envs=8, n_steps=32, batch_size=64)
    assert told.update_steps == 256 and told.masked
    assert not SB3Settings(algorithm="ppo").masked


def test_a_preset_may_be_changed():
    told = SB3Settings.preset("tiny-cpu", seed=3)
    assert (told.seed, told.top_k, told.head) == (3, 32, "pointer")
    with pytest.raises(UnknownNameError, match=r"Unknown preset 'tiny'\. Did you mean 'tiny-cpu'"):
        SB3Settings.preset("tiny")
