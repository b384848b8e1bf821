"""TRL's GRPO trainer, set up for a run: its settings are the run's, its episodes the bridge's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...errors import ConfigError, require
from ...seeding import rng_for
from ..llm.loading import check_model, is_adapter
from ..training.folder import RunFolder
from ..training.policy import Policy
from ..training.surroundings import quiet
from .bridge import Bridge
from .settings import GRPOSettings


def make_trainer(settings: GRPOSettings, policy: Policy, bridge: Bridge, folder: RunFolder) -> Any:
    """Return TRL's trainer; the global generator of torch is seeded on the way.

    Raises:
        ConfigError: If the reference would not be the model that training begins with.
    """
    trl = require("trl", "llm")
    torch = require("torch", "llm")
    _check_reference(settings)
    torch.manual_seed(int(rng_for(settings.seed, "lora").integers(2**31)))
    with quiet(), experiments():
        args = trl.GRPOConfig(**_config(settings, policy, bridge, folder))
        return trl.GRPOTrainer(
            model=policy.model,
            reward_funcs=bridge.reward,
            args=args,
            train_dataset=bridge.dataset(_questions(args)),
            processing_class=policy.tokenizer,
            peft_config=policy.adapter,
            rollout_func=bridge,
        )


def _config(
    settings: GRPOSettings, policy: Policy, bridge: Bridge, folder: RunFolder
) -> dict[str, Any]:
    cuda = require("torch", "llm").cuda.is_available()
    logs = {"wandb": settings.use_wandb, "tensorboard": settings.use_tensorboard}
    given: dict[str, Any] = dict(
        output_dir=str(folder.checkpoints),
        max_steps=settings.max_steps,
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        steps_per_generation=settings.played_batches,
        num_generations=settings.num_generations,
        num_iterations=settings.num_iterations,
        learning_rate=settings.lr,
        lr_scheduler_type=settings.lr_scheduler,
        warmup_steps=settings.warmup_steps,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        loss_type=settings.loss_type,
        scale_rewards=settings.scale_rewards,
        beta=settings.beta,
        epsilon=settings.epsilon,
        epsilon_high=settings.epsilon_high,
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_completion_length=settings.max_new_tokens,
        activation_checkpointing=settings.gradient_checkpointing,
        bf16=policy.precision == "bfloat16",
        fp16=policy.precision == "float16",
        use_cpu=not cuda,
        seed=settings.seed,
        shuffle_dataset=False,  # it is a stream in random order
        save_strategy="no",  # `Checkpoints` and `Examiner` say when, and which are kept
        save_total_limit=None,
        logging_steps=1,  # every step is in the journal
        logging_nan_inf_filter=False,  # the guard is to see them
        report_to=[name for name, wanted in logs.items() if wanted] or "none",
        project=settings.wandb_project,
        run_name=settings.wandb_run_name,
        ddp_find_unused_parameters=False,  # every weight that is trained is used in every step
        disable_tqdm=True,
        dataloader_pin_memory=cuda,
    )
    if settings.use_vllm:
        stops = {"stop": list(bridge.player.stop.strings), "include_stop_str_in_output": True}
        given |= dict(
            use_vllm=True, vllm_mode=settings.vllm_mode, generation_kwargs=stops,
            vllm_max_model_length=settings.context or None,
        )  # fmt: skip
    return given


def _questions(args: Any) -> int:
    """Return how many questions a run plays, and those of one batch more: it is a single epoch."""
    batches = -(-args.max_steps * args.gradient_accumulation_steps // args.steps_per_generation)
    return int((batches + 1) * args.generation_batch_size // args.num_generations)


def _check_reference(settings: GRPOSettings) -> None:
    """Refuse a reference that TRL would load from an adapter's base model."""
    if settings.beta and not settings.lora_r and is_adapter(check_model(settings.model_name)):
        raise ConfigError(
            f"{settings.model_name} is an adapter, and beta > 0 with lora_r=0 would keep the policy "
            "near its base model instead. Merge it first (--merge where it was trained), train "
            "with LoRA, or give beta=0."
        )


@contextmanager
def experiments() -> Iterator[None]:
    """Keep TRL from warning that its hook may change: the version is pinned."""
    name = "TRL_EXPERIMENTAL_SILENCE"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
