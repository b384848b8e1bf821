import json

import pytest

pytest.importorskip("sb3_contrib")
pytest.importorskip("torch_geometric")
import torch
from sb3_toys import settings
from stable_baselines3 import PPO

from hopgym.agents.sb3.learner import MaskablePPO, log_to, make_learner, shape_of
from hopgym.agents.sb3.train import env_kwargs
from hopgym.agents.sb3.vec_env import make_vec_env
from hopgym.agents.training.journal import Journal
from hopgym.retrieval.encoders import make_encoder

torch.set_num_threads(1)


def learner(folder, share=lambda: 0.0, **changes):
    told = settings(folder, **changes)
    kwargs = {**env_kwargs(told), "questions": told.questions}
    env = make_vec_env(told.env_id, kwargs, told.num_envs)
    return make_learner(told, shape_of(told, env), env, share), shape_of(told, env)


@pytest.mark.parametrize(("algorithm", "kind"), [("maskable_ppo", MaskablePPO), ("ppo", PPO)])
def test_it_is_sb3s_with_the_numbers_of_the_settings(algorithm, kind, tmp_path):
    made, shape = learner(
        tmp_path, algorithm=algorithm, gamma=0.9, clip_range=0.3, ent_coef=0.02, target_kl=0.5
    )
    assert type(made) is kind
    assert (made.gamma, made.ent_coef, made.target_kl, made.n_steps) == (0.9, 0.02, 0.5, 8)
    assert made.clip_range(1.0) == 0.3 and made.policy.features_extractor.slots == 16
    assert (shape.top_k, shape.dim, shape.relation_ids) == (16, 32, 64)
    assert (shape.encoder, shape.mode) == ("hashing?dim=32", "sequential")
    assert shape.encoder_fingerprint == make_encoder(shape.encoder).fingerprint
    assert learner(tmp_path)[0].target_kl is None


def test_the_mode_is_the_environments(tmp_path):
    assert learner(tmp_path, mode="one_shot")[1].mode == "one_shot"


def test_the_rate_falls_with_all_steps_and_not_with_a_stretch(tmp_path):
    done = [0.25]
    falling, _ = learner(tmp_path, lambda: done[0], lr_scheduler="linear", learning_rate=0.1)
    assert falling.lr_schedule(0.0) == pytest.approx(0.075)
    flat, _ = learner(tmp_path, lambda: done[0], learning_rate=0.1)
    assert flat.lr_schedule(0.0) == 0.1


def test_weights_are_by_the_seed(tmp_path):
    values = [
        learner(tmp_path, seed=seed)[0].policy.value_net.weight.tolist() for seed in (0, 0, 1)
    ]
    assert values[0] == values[1] != values[2]


def test_its_figures_are_lines_of_the_journal(tmp_path, capsys):
    made, _ = learner(tmp_path)
    log_to(made, Journal(tmp_path / "journal.jsonl", name="step"))
    made.learn(64)
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [32, 64]
    assert {"rollout/ep_rew_mean", "time/fps"} <= set(lines[0])
    assert "train/value_loss" in lines[1] and "time/iterations" not in lines[1]
    assert capsys.readouterr().out == ""
