from dataclasses import FrozenInstanceError, fields

import pytest

from hopgym.agents.drag.settings import FREE, DragSettings
from hopgym.errors import ConfigError, UnknownNameError

JOINT = {"phase": 2, "phase1_checkpoint": "runs/one"}
SEEDS_FLAGS = (
    "heuristics_path", "phase1_checkpoint", "epochs", "batch_size", "lr", "k_facts", "node_dim",
    "hidden_dim", "relation_dim", "num_reasoning_steps", "generator_model", "checkpoint_dir",
    "ret_loss_weight",
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"phase": 3}, r"phase is 3; it may be 1 or 2"),
        ({"estimator": "gumbel"}, r"estimator is 'gumbel'; it may be st, rloo, st\+rloo"),
        ({"cascade": "both"}, "cascade is 'both'; it may be none, static, dynamic"),
        ({"ret_weighting": "auto"}, "ret_weighting is 'auto'; it may be static, gradnorm"),
        ({"scorer": "dde"}, r"scorer is 'dde'; it may be drag, drag\+dde, mlp"),
        ({"dtype": "float16"}, "dtype is 'float16'; it may be auto, float32, bfloat16"),
        ({"retriever_dtype": "auto"}, "retriever_dtype is 'auto'; it may be float32, bfloat16"),
        ({"max_facts": 0}, "max_facts is 0; it must be a whole number from 1"),
        ({"hidden_dim": 0}, "hidden_dim is 0"),
        ({"num_reasoning_steps": 0}, "num_reasoning_steps is 0"),
        ({"num_instructions": 0}, "num_instructions is 0"),
        ({"num_iterations": 1.5}, "num_iterations is 1.5"),
        ({"k_facts": 0}, "k_facts is 0"),
        ({"samples": 0}, "samples is 0"),
        ({"projector_dim": 0}, "projector_dim is 0"),
        ({"lora_alpha": 0}, "lora_alpha is 0"),
        ({"max_new_tokens": 0}, "max_new_tokens is 0"),
        ({"eval_episodes": 0}, "eval_episodes is 0"),
        ({"limit": -1}, "limit is -1; it must be a whole number from 0"),
        ({"epochs": 2.0}, "epochs is 2.0"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"lora_r": -1}, "lora_r is -1"),
        ({"patience": -1}, "patience is -1"),
        ({"lr": -1.0}, "lr is -1.0; give a number from 0"),
        ({"generator_lr": "much"}, "generator_lr is 'much'"),
        ({"projector_lr": -1}, "projector_lr is -1"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"max_grad_norm": -1}, "max_grad_norm is -1"),
        ({"margin": float("inf")}, "margin is inf"),
        ({"pos_weight": -1}, "pos_weight is -1"),
        ({"ret_loss_weight": float("nan")}, "ret_loss_weight is nan"),
        ({"rho_prime": -1}, "rho_prime is -1"),
        ({"rho": 1.1}, "rho is 1.1; give a number from 0 to 1"),
        ({"threshold": -0.1}, "threshold is -0.1; give a number from 0 to 1"),
        ({"eval_share": 1.1}, "eval_share is 1.1; give a number from 0 to 1"),
        ({"tau": 0.0}, r"tau is 0: nothing would be sampled\. Give 0\.5"),
        ({"tau": -1.0}, "tau is -1.0"),
        ({"node_dim": 50}, r"node_dim is 50 and hidden_dim 256: .* Give node_dim=256, or leave it"),
        ({"relation_dim": 50}, "relation_dim is 50 and hidden_dim 256"),
        ({"checkpoint_dir": ""}, "checkpoint_dir is missing: give --checkpoint_dir"),
        ({"phase": 2}, "phase 2 begins with a trained retriever: give --phase1_checkpoint FOLDER"),
        ({**JOINT, "estimator": "rloo"}, "estimator=rloo compares samples .* give --samples 2"),
        ({**JOINT, "estimator": "st+rloo"}, r"estimator=st\+rloo compares samples"),
        (
            {**JOINT, "cascade": "dynamic", "ret_weighting": "gradnorm"},
            r"ret_weighting=gradnorm compares .* in a cascade .* Give --ret_weighting static",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        DragSettings(**changes)


def test_the_flags_of_the_first_implementation_keep_their_names_and_defaults():
    names = {each.name for each in fields(DragSettings)}
    assert set(SEEDS_FLAGS) <= names
    one, two = DragSettings(), DragSettings(**JOINT)
    assert (one.training_epochs, one.batch, one.lr) == (10, 16, 5e-5)
    assert (two.training_epochs, two.batch, two.ret_loss_weight) == (5, 1, 0.1)
    assert (one.hidden_dim, one.num_reasoning_steps) == (256, 3)
    given = DragSettings(node_dim=64, hidden_dim=64, relation_dim=64, epochs=3, batch_size=2)
    assert (given.training_epochs, given.batch) == (3, 2)


def test_what_does_not_go_with_the_phase_is_no_matter():
    assert DragSettings(estimator="rloo").samples == 1
    assert DragSettings(**JOINT, estimator="rloo", cascade="static").samples == 1
    assert DragSettings(phase=2, plan=True).phase1_checkpoint == ""


def test_a_heuristics_file_is_what_is_trained_on():
    assert DragSettings().question_spec == "world"
    assert DragSettings(heuristics_path="h.jsonl").question_spec == "h.jsonl"
    assert DragSettings(checkpoint_dir="x").output_dir == "x"


def test_presets_are_changed_by_name():
    made = DragSettings.preset("tiny-cpu", lr=0.5)
    assert made.lr == 0.5 and made.encoder == "hashing?dim=256"
    with pytest.raises(UnknownNameError, match=r"preset 'huge'.*hopgym train drag --help"):
        DragSettings.preset("huge")


def test_what_is_free_to_differ_is_a_setting_and_nothing_can_be_changed_later():
    assert {each.name for each in fields(DragSettings)} >= FREE
    with pytest.raises(FrozenInstanceError):
        DragSettings().lr = 1.0
