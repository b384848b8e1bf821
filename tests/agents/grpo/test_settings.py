from dataclasses import fields, replace

import pytest

from hopgym.agents.grpo.settings import FREE, GRPOSettings
from hopgym.errors import ConfigError

PUBLISHED = {
    "model_name": "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    "output_dir": "./output",
    "batch_size": 1,
    "max_steps": 100,
    "lr": 5e-6,
    "num_generations": 4,
    "gradient_accumulation_steps": 4,
    "curriculum_steps": 30,
    "lora_r": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
    "lora_target_modules": "q_proj,k_proj,v_proj,o_proj",
    "use_wandb": False,
    "wandb_project": "r-search-training",
    "wandb_run_name": None,
    "push_to_hub": False,
    "hub_model_id": None,
    "hub_private": False,
}


def test_the_defaults_are_the_published_ones():
    settings = GRPOSettings()
    assert {name: getattr(settings, name) for name in PUBLISHED} == PUBLISHED


def test_by_default_nothing_is_asked_that_is_elsewhere():
    settings = GRPOSettings()
    assert (settings.data_path, settings.retriever, settings.judge) == ("world", "", "")
    assert not (settings.use_vllm or settings.use_wandb or settings.use_tensorboard)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_name": ""}, "model_name is empty: give --model_name"),
        ({"output_dir": ""}, "output_dir is empty"),
        ({"prompt": "chat_whole"}, "prompt is 'chat_whole'"),
        ({"loss_type": "ppo"}, "loss_type is 'ppo'"),
        ({"precision": "int8"}, "precision is 'int8'"),
        ({"max_steps": 0}, "max_steps is 0; it must be a whole number from 1"),
        ({"lora_r": -1}, "lora_r is -1"),
        ({"lr": -1.0}, "lr is -1"),
        ({"epsilon": 2.0}, "epsilon is 2"),
        ({"temperature": 0.0}, "temperature and top_p must be above 0"),
        ({"num_generations": 1}, "num_generations is 1; it must be a whole number from 2"),
        ({"num_generations": 3}, "num_generations is 3, and 4 episodes are played at a time"),
        ({"steps_per_generation": 6}, "one must be a multiple of the other"),
        ({"num_iterations": 2, "eval_every": 3}, "eval_every is 3, and what is played"),
        ({"context": 100}, "100"),
        ({"guard_set": ("most_kl=much",)}, "most_kl is 'much'; give a number"),
        ({"resample": 1, "control": "shuffled"}, "resample chooses by the rewards"),
        ({"push_to_hub": True}, "push_to_hub needs hub_model_id, as user/name"),
        ({"push_to_hub": True, "hub_model_id": "my model"}, "hub_model_id is 'my model'"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        GRPOSettings(**changes)


def test_batches_of_a_generation_are_counted():
    assert GRPOSettings().played_batches == 4 and GRPOSettings().steps_of_generation == 1
    settings = GRPOSettings(steps_per_generation=8, num_iterations=2)
    assert settings.played_batches == 8 and settings.steps_of_generation == 4
    assert GRPOSettings(steps_per_generation=4, batch_size=2).steps_of_generation == 1


def test_how_the_model_is_asked_must_be_settled():
    with pytest.raises(ConfigError, match="prompt=auto is settled by the model"):
        _ = GRPOSettings().prompts
    prompts = GRPOSettings(prompt="chat", instructions=False).prompts
    assert (prompts.style, prompts.instructions) == ("chat", False)


def test_the_control_is_not_stopped_unless_told():
    assert GRPOSettings().guarded and not GRPOSettings(control="shuffled").guarded
    assert GRPOSettings(control="shuffled", guard=True).guarded
    assert not GRPOSettings(guard=False).guarded


def test_float16_may_lose_some_updates():
    assert GRPOSettings().guard_settings("float16") != GRPOSettings().guard_settings()
    own = GRPOSettings(guard_set=("broken_updates=5",)).guard_settings("float16")
    assert own.broken_updates == 5


def test_what_may_differ_on_resuming_are_settings():
    assert {each.name for each in fields(GRPOSettings)} > FREE
    assert replace(GRPOSettings(), **{"resume": True}).resume
