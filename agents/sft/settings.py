"""The settings of `hopgym train sft`: plain fields, which are also its flags, and what each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, get_args

from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number
from ..expert.encoding import Unit
from ..llm.prompts import Prompts, Style
from ..training.choices import CONTAMINATION, Contamination, Precision, check_choice
from ..training.hub import check_name

LORA_LR = 1e-4
FULL_LR = 1e-5
"""R3-RAG trains all of a model at 7e-6 (Qwen2.5-7B) and 1e-5 (Llama-3.1-8B)."""


@dataclass(frozen=True, kw_only=True)
class SFTSettings:
    """Everything that `hopgym train sft` can be told.

    Raises:
        ConfigError: If a value is not allowed, or the model or the data is missing.
    """

    model_name: Annotated[str, "The model: a folder, or a name at the hub. Needed.", "Files"] = ""
    data_path: Annotated[tuple[str, ...], "Raw files or instruction rows; repeated. Needed."] = ()
    output_dir: Annotated[str, "Where the trained model goes."] = "output"
    grammar: Annotated[str, "What instruction rows are written in.", "Sequences"] = "r3"
    prompt: Annotated[Style, "How the model is asked: plain, chat or chat_whole."] = "plain"
    instructions: Annotated[bool | None, "Whether the rules are shown; in chats, usually."] = None
    unit: Annotated[Unit, "What one sequence is: an episode, or a step."] = "episode"
    max_length: Annotated[int, "Tokens of a sequence at most."] = 4096
    epochs: Annotated[float, "Times through the data, at least 1.", "Optimiser"] = 1.0
    max_steps: Annotated[int, "Optimiser steps at most; 0 for all."] = 0
    batch_size: Annotated[int, "Sequences at once, on each device."] = 4
    gradient_accumulation_steps: Annotated[int, "Batches for one optimiser step."] = 4
    lr: Annotated[float | None, "Learning rate; 1e-4 with LoRA and 1e-5 without, usually."] = None
    lr_scheduler: Annotated[str, "Its course: cosine, linear, constant_with_warmup."] = "cosine"
    warmup_ratio: Annotated[float, "The share of the steps in which it rises."] = 0.1
    weight_decay: Annotated[float, "Weight decay."] = 0.0
    max_grad_norm: Annotated[float, "Gradients are clipped to this length."] = 1.0
    lora_r: Annotated[int, "The rank of LoRA; 0 trains all weights.", "Weights"] = 8
    lora_alpha: Annotated[int, "LoRA's alpha."] = 16
    lora_dropout: Annotated[float, "LoRA's dropout."] = 0.05
    lora_target_modules: Annotated[str, "Modules by comma, or all-linear."] = "q_proj,v_proj"
    gradient_checkpointing: Annotated[bool, "Recompute activations: less memory, more time."] = True
    precision: Annotated[Precision, "auto, float32, bfloat16 or float16."] = "auto"
    seed: Annotated[int, "Of the order of the data, of LoRA's weights and of dropout."] = 0
    eval_questions: Annotated[str, "A question set to play; none, usually.", "Held-out play"] = ""
    eval_split: Annotated[str, "Their split, which may share no question with the data."] = "dev"
    contamination: Annotated[Contamination, CONTAMINATION] = "refuse"
    eval_env: Annotated[str, "The environment."] = "hopgym/SearchRead-v0"
    eval_set: Annotated[tuple[str, ...], "Its keywords, as name=value; repeated."] = ()
    eval_episodes: Annotated[int, "How many are played at a time."] = 50
    eval_steps: Annotated[int, "Optimiser steps between; 0 for four times an epoch."] = 0
    eval_metric: Annotated[str, "What the best checkpoint is chosen by."] = "em"
    patience: Annotated[int, "Stop after so many in a row that were no better; 0 never."] = 3
    max_new_tokens: Annotated[int, "Tokens of a turn at most, when it plays."] = 256
    num_envs: Annotated[int, "Episodes side by side."] = 16
    save_steps: Annotated[int, "Steps between checkpoints; 0: each epoch.", "Checkpoints"] = 0
    save_total_limit: Annotated[int, "Checkpoints that are kept."] = 2
    logging_steps: Annotated[int, "Optimiser steps between lines of the log."] = 10
    resume: Annotated[bool, "Go on from the last checkpoint in the output folder."] = False
    merge: Annotated[bool, "Write whole weights instead of an adapter."] = False
    use_wandb: Annotated[bool, "Log to Weights & Biases.", "Elsewhere"] = False
    wandb_project: Annotated[str, "Its project."] = "hopgym-sft"
    wandb_run_name: Annotated[str | None, "The run's name there."] = None
    use_tensorboard: Annotated[bool, "Log to TensorBoard."] = False
    push_to_hub: Annotated[bool, "Push the trained model to the Hugging Face hub."] = False
    hub_model_id: Annotated[str | None, "Its name there, as user/name."] = None
    hub_private: Annotated[bool, "Make it private."] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in ("model_name", "data_path", "output_dir"):
            if not getattr(self, name):
                raise ConfigError(f"{name} is missing: give --{name}.")
        check_choice("unit", self.unit, get_args(Unit))
        check_choice("contamination", self.contamination, get_args(Contamination))
        check_choice("precision", self.precision, get_args(Precision))
        for name in _FROM_ONE:
            at_least(name, getattr(self, name), 1)
        for name in _FROM_NONE:
            at_least(name, getattr(self, name), 0)
        for name in ("warmup_ratio", "lora_dropout"):
            check_number(name, getattr(self, name), 0.0, 1.0, example=0.1)
        for name in ("weight_decay", "max_grad_norm"):
            check_number(name, getattr(self, name), 0.0)
        if self.lr is not None:
            check_number("lr", self.lr, 0.0, example=1e-4)
        check_number("epochs", self.epochs, 0.0)
        if self.epochs < 1:
            raise ConfigError(
                f"epochs is {self.epochs:g}; train at least 1: a model that has not seen all of "
                "its data once tends to collapse in the PPO that follows."
            )
        if self.prompts.style == "chat_whole" and self.unit == "episode":
            raise ConfigError(
                "prompt=chat_whole sends every turn a new message, so an episode is no single "
                "sequence. Give unit=step."
            )
        if self.push_to_hub:
            check_name(self.hub_model_id)

    @property
    def prompts(self) -> Prompts:
        """How the model is asked."""
        return Prompts(style=self.prompt, instructions=self.instructions)

    @property
    def learning_rate(self) -> float:
        """The learning rate, the usual one where none is given."""
        return self.lr if self.lr is not None else LORA_LR if self.lora_r else FULL_LR


_FROM_ONE = (
    "max_length", "batch_size", "gradient_accumulation_steps", "lora_alpha", "eval_episodes",
    "max_new_tokens", "num_envs", "save_total_limit", "logging_steps",
)  # fmt: skip
_FROM_NONE = ("max_steps", "lora_r", "seed", "eval_steps", "patience", "save_steps")

FREE = frozenset(
    [
        "output_dir", "resume", "num_envs", "gradient_checkpointing", "save_steps", "save_total_limit", "logging_steps",
        "merge", "use_wandb", "wandb_project", "wandb_run_name", "use_tensorboard", "push_to_hub",
        "hub_model_id", "hub_private", "contamination",
    ]
)  # fmt: skip
"""What may differ where a run is resumed."""
