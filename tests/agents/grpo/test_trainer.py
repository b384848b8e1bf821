import os
from pathlib import Path

import pytest
from grpo_runs import SEARCH_READ, settings, workplace
from ppo_runs import LORA, alike
from tiny_llms import needs_llms

needs_llms()
torch = pytest.importorskip("torch")
trl = pytest.importorskip("trl")
pytest.importorskip("peft")

from hopgym.agents.grpo.playing import env_kwargs, make_bridge  # noqa: E402
from hopgym.agents.grpo.trainer import make_trainer  # noqa: E402
from hopgym.agents.training.folder import RunFolder  # noqa: E402
from hopgym.agents.training.policy import load_policy  # noqa: E402
from hopgym.agents.training.surroundings import undisturbed  # noqa: E402
from hopgym.envs.datasets import make_questions  # noqa: E402
from hopgym.errors import UnknownNameError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("base")) / "base"


@pytest.fixture
def made(base, tmp_path):
    """Return the trainer of a run."""

    def make(**changes):
        told = settings(tmp_path, **{"model_name": str(base), **changes})
        bridge = make_bridge(told, make_questions(told.data_path), env_kwargs(told))
        with undisturbed():
            return make_trainer(told, load_policy(told), bridge, RunFolder(tmp_path / "out"))

    return make


def test_the_trainer_is_trls_own_with_the_runs_settings(made):
    changes = {
        "lr": 2e-4, "beta": 0.1, "epsilon": 0.3, "epsilon_high": 0.4, "loss_type": "grpo",
        "num_generations": 4, "temperature": 0.7, "top_p": 0.9, "max_grad_norm": 0.5,
        "scale_rewards": "none", "num_iterations": 2, "save_every": 2, "eval_every": 2,
    }  # fmt: skip
    trainer = made(**LORA | changes)
    assert type(trainer) is trl.GRPOTrainer
    args = trainer.args
    assert (args.learning_rate, args.beta, args.epsilon, args.epsilon_high) == (2e-4, 0.1, 0.3, 0.4)
    assert (args.temperature, args.top_p, args.max_grad_norm) == (0.7, 0.9, 0.5)
    assert (args.loss_type, args.scale_rewards, args.num_iterations) == ("grpo", "none", 2)
    assert args.max_steps == 3 and args.save_strategy == "no" and args.push_to_hub is False
    assert trainer.num_generations == 4 and trainer.ref_model is None


SIZES = [
    {},
    {"max_steps": 7, "batch_size": 4, "gradient_accumulation_steps": 1, "steps_per_generation": 4,
     "save_every": 4, "eval_every": 4},
    {"gradient_accumulation_steps": 4, "steps_per_generation": 2},
    {"num_iterations": 3, "save_every": 3, "eval_every": 3, "max_steps": 5},
    {"num_generations": 8, "gradient_accumulation_steps": 4, "max_steps": 2},
]  # fmt: skip


@pytest.mark.parametrize("sizes", SIZES)
def test_a_run_is_a_single_epoch_of_the_stream(made, sizes):
    trainer = made(**sizes)
    drawn = list(trainer._get_train_sampler())
    played = trainer.args.generation_batch_size
    steps = trainer.args.max_steps * trainer.args.gradient_accumulation_steps
    assert len(drawn) >= steps * trainer.args.per_device_train_batch_size
    assert drawn[:played] == [n for n in range(played // trainer.num_generations)
                              for _ in range(trainer.num_generations)]  # fmt: skip
    assert trainer.train_dataset.column_names == ["prompt", "question_id"]


def test_loras_weights_follow_the_seed_and_nothing_else(made):
    def adapter(seed):
        torch.rand(3)
        named = made(**LORA, seed=seed).model.named_parameters()
        return {name: weights.detach() for name, weights in named if "lora_A" in name}

    assert alike(adapter(0), adapter(0)) and not alike(adapter(0), adapter(1))


def test_vllm_is_told_what_ends_a_turn(made, monkeypatch):
    seen = {}

    def config(**given):
        seen.update(given)
        raise KeyboardInterrupt

    monkeypatch.setattr(trl, "GRPOConfig", config)
    with pytest.raises(KeyboardInterrupt):
        made(use_vllm=True, context=64)
    assert seen["generation_kwargs"] == {
        "stop": ["</search>", "</answer>"], "include_stop_str_in_output": True,
    }  # fmt: skip
    assert seen["vllm_mode"] == "colocate" and seen["vllm_max_model_length"] == 64


def test_the_environment_is_left_as_it_was(made, monkeypatch):
    monkeypatch.delenv("TRL_EXPERIMENTAL_SILENCE", raising=False)
    made(env_id=SEARCH_READ)
    assert "TRL_EXPERIMENTAL_SILENCE" not in os.environ
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "0")
    made()
    assert os.environ["TRL_EXPERIMENTAL_SILENCE"] == "0"


def test_an_unknown_environment_is_refused(made, tmp_path):
    with pytest.raises(UnknownNameError, match="hopgym/Nope-v0"):
        made(env_id="hopgym/Nope-v0")
    assert not Path(tmp_path / "out").exists()
