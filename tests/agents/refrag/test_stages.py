"""What each stage is told: one game, and what was asked for."""

from pathlib import Path

import pytest
from tiny_llms import needs_llms

from hopgym.agents.refrag import stages
from hopgym.agents.refrag.settings import RefragSettings
from hopgym.errors import ConfigError

needs_llms()
WORLD = "world?entities=300&train=8&dev=3&test=0&hops=1"


def test_all_stages_play_one_game() -> None:
    settings = RefragSettings(hops=2, top_k=4, questions=WORLD, env_set=("max_documents=5",))
    words = ("hops=2", "max_steps=2", "generator=agent", "top_k=4", "max_documents=5")
    assert stages.env_set(settings) == words
    assert stages.grpo(settings, "m", Path("o")).env_set == words
    assert stages.ppo(settings, "m", Path("o")).env_set == words
    game = stages.collection(settings)
    assert game.env_kwargs == {
        "hops": 2, "max_steps": 2, "generator": "agent", "top_k": 4, "max_documents": 5,
    }  # fmt: skip
    assert (game.env_id, game.agent) == ("hopgym/RAG-v0", settings.teacher)


def test_elsewhere_every_search_is_the_agents_own() -> None:
    settings = RefragSettings(env_id="hopgym/SearchRead-v0", hops=3)
    assert stages.env_set(settings) == ("max_steps=4", "top_k=2")


def test_what_has_a_flag_is_given_by_it() -> None:
    with pytest.raises(ConfigError, match="use --hops"):
        stages.env_set(RefragSettings(env_set=("hops=2",)))


def test_an_update_is_the_same_for_both_algorithms() -> None:
    settings = RefragSettings(
        batch_questions=8, num_samples=4, minibatches=2, device_batch_size=4, updates=5,
        rl_lr=2e-4, kl_coef=0.01, reward="f1", seed=7, control="shuffled",
    )  # fmt: skip
    grpo = stages.grpo(settings, "start", Path("rl"))
    assert grpo.max_steps == 5 * 2
    assert (grpo.batch_size, grpo.gradient_accumulation_steps, grpo.played_batches) == (4, 4, 8)
    assert grpo.steps_of_generation == 2
    ppo = stages.ppo(settings, "start", Path("rl"))
    assert (ppo.updates, ppo.batch_questions, ppo.num_samples, ppo.minibatches) == (5, 8, 4, 2)
    for made in (grpo, ppo):
        assert (made.model_name, made.output_dir, made.reward) == ("start", "rl", "f1")
        assert (made.lr, made.seed, made.control) == (2e-4, 7, "shuffled")
    assert grpo.beta == ppo.kl_coef == 0.01


def test_the_supervised_stage_learns_the_teachers_episodes() -> None:
    settings = RefragSettings(sft_lr=1e-3, epochs=3, resume=True, max_length=99)
    made = stages.supervised(settings, "start", Path("raw.jsonl"), Path("taught"))
    assert (made.model_name, made.data_path, made.output_dir) == ("start", ("raw.jsonl",), "taught")
    assert (made.learning_rate, made.epochs, made.max_length, made.resume) == (1e-3, 3, 99, True)
    assert made.lora_r == 0


def test_a_keyword_takes_the_place_of_the_usual_one() -> None:
    settings = RefragSettings(env_set=("max_steps=5", "generator=titles"), eval_questions="none")
    words = ("hops=3", "top_k=2", "max_steps=5", "generator=titles")
    assert stages.env_set(settings) == stages.grpo(settings, "m", Path("o")).env_set == words
    with pytest.raises(ConfigError, match="'max_steps' is set twice"):
        stages.env_set(RefragSettings(env_set=("max_steps=5", "max_steps=6")))
