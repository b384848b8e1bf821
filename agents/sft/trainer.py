"""TRL's trainer, set up for sequences that are tokens already, and kept from disturbing others."""

from __future__ import annotations

from typing import Any, TypeVar

from ...errors import require
from ..training.folder import RunFolder
from ..training.listeners import Listener
from ..training.policy import Policy
from ..training.surroundings import quiet
from .data import TrainingData
from .settings import SFTSettings

T = TypeVar("T")


def make_trainer(
    settings: SFTSettings, policy: Policy, data: TrainingData, folder: RunFolder
) -> Any:
    """Return TRL's trainer on sequences that are tokens already."""
    trl = require("trl", "llm")
    cuda = require("torch", "llm").cuda.is_available()
    logs = {"wandb": settings.use_wandb, "tensorboard": settings.use_tensorboard}
    given: dict[str, Any] = dict(
        output_dir=str(folder.checkpoints),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.lr_scheduler,
        warmup_steps=settings.warmup_ratio,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        activation_checkpointing=settings.gradient_checkpointing,
        bf16=policy.precision == "bfloat16",
        fp16=policy.precision == "float16",
        use_cpu=not cuda,
        seed=settings.seed,
        save_strategy="no",  # `Checkpoints` and `Examiner` say when, and which are kept
        save_total_limit=None,
        logging_steps=settings.logging_steps,
        report_to=[name for name, wanted in logs.items() if wanted] or "none",
        project=settings.wandb_project,
        run_name=settings.wandb_run_name,
        disable_tqdm=True,
        dataloader_pin_memory=cuda,
        max_length=None,
        packing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    with quiet():
        trainer = trl.SFTTrainer(
            model=policy.model,
            args=trl.SFTConfig(**given),
            train_dataset=data.dataset(),
            processing_class=policy.tokenizer,
            peft_config=policy.adapter,
        )
    trainer.add_callback(Counted(trainer))
    return trainer


class Counted(Listener):
    """Has a resumed run count on the tokens that it was trained on; TRL begins at 0 again.

    Args:
        trainer: TRL's.
    """

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Take up the last count of the log, which is that of the checkpoint."""
        counts = [line["num_tokens"] for line in state.log_history if "num_tokens" in line]
        self.trainer._total_train_tokens = counts[-1] if counts else 0


def steps_of_epoch(settings: SFTSettings, sequences: int, processes: int = 1) -> int:
    """Return how many optimiser steps an epoch has.

    >>> steps_of_epoch(SFTSettings(model_name="m", data_path=("d",)), 100)
    7
    """
    batches = -(-sequences // (settings.batch_size * processes))
    return -(-batches // settings.gradient_accumulation_steps)
