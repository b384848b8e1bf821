"""The settings of `hopgym train rag_chat`: plain fields, which are also its flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number
from ..refrag.backbone import parse_pattern
from ..sft.settings import SFTSettings
from ..training.choices import Precision, check_choice
from ..training.hub import check_name

TaskType = Literal["dynamic", "multi_hop", "static"]

FULL_LR = 1e-5
FRESH_LR = 1e-3
"""Of a model that begins with random weights."""


@dataclass(frozen=True, kw_only=True)
class RagChatSettings:
    """Everything that `hopgym train rag_chat` can be told.

    Raises:
        ConfigError: If a value is not allowed, or neither a model nor a pattern is given.
    """

    source: Annotated[str, "The model: a folder, a name at the hub, or tiny.", "Model"] = ""
    model_tag: Annotated[str, "Which model of that folder, where it holds several."] = ""
    block_pattern: Annotated[str, "A fresh model of such layers, as T,T,M,M, instead."] = ""
    width: Annotated[int, "Its width."] = 128
    vocabulary: Annotated[int, "Tokens it learns from the data, where no source has some."] = 2048
    knowledge_base: Annotated[str, "A folder of hopgym kb build.", "Documents"] = ""
    retriever_type: Annotated[str, "What searches; a knowledge base brings its own."] = ""
    top_k: Annotated[int, "Documents a conversation, or a hop."] = 5
    task_type: Annotated[TaskType, "dynamic, multi_hop or static."] = "dynamic"
    max_hops: Annotated[int, "Searches a conversation, of multi_hop."] = 2
    generator: Annotated[str, "What writes the next query, of multi_hop."] = "titles"
    contexts: Annotated[str, "What was retrieved earlier, of static: a file or its beginning."] = ""
    insert_position: Annotated[str, "before_user or after_system."] = "before_user"
    max_document_chars: Annotated[int, "Characters of each document that are shown."] = 512
    tasks: Annotated[
        tuple[str, ...],
        "What is asked: question sets, files of chats, datasets:NAME; repeated.",
        "Conversations",
    ] = ("world",)
    split: Annotated[str, "Their split; train or the only one, usually."] = ""
    system: Annotated[str, "What a conversation made of a question begins with."] = ""
    limit: Annotated[int, "Conversations of each at most; 0 for all."] = 0
    max_length: Annotated[int, "Tokens of a conversation; documents are left out to fit."] = 2048
    output_dir: Annotated[str, "Where the trained model goes."] = "output"
    epochs: Annotated[float, "Times through the data, at least 1.", "Optimiser"] = 1.0
    max_steps: Annotated[int, "Optimiser steps at most; 0 for all."] = 0
    device_batch_size: Annotated[int, "Conversations at once, on each device."] = 4
    gradient_accumulation_steps: Annotated[int, "Batches for one optimiser step."] = 1
    lr: Annotated[float | None, "The learning rate; 1e-5, or 1e-3 of a fresh model."] = None
    lr_scheduler: Annotated[str, "Its course: cosine, linear, constant_with_warmup."] = "cosine"
    warmup_ratio: Annotated[float, "The share of the steps in which it rises."] = 0.1
    weight_decay: Annotated[float, "Weight decay."] = 0.0
    max_grad_norm: Annotated[float, "Gradients are clipped to this length."] = 1.0
    gradient_checkpointing: Annotated[bool, "Recompute activations: less memory."] = False
    precision: Annotated[Precision, "auto, float32, bfloat16 or float16."] = "auto"
    seed: Annotated[int, "Of the order of the data and of fresh weights."] = 0
    max_new_tokens: Annotated[int, "Tokens of an answer at most, when it plays."] = 64
    save_steps: Annotated[int, "Steps between checkpoints; 0: each epoch.", "Checkpoints"] = 0
    save_total_limit: Annotated[int, "Checkpoints that are kept."] = 2
    logging_steps: Annotated[int, "Optimiser steps between lines of the log."] = 10
    resume: Annotated[bool, "Go on from the last checkpoint in the output folder."] = False
    use_wandb: Annotated[bool, "Log to Weights & Biases.", "Elsewhere"] = False
    wandb_project: Annotated[str, "Its project."] = "hopgym-rag-chat"
    wandb_run_name: Annotated[str | None, "The run's name there."] = None
    use_tensorboard: Annotated[bool, "Log to TensorBoard."] = False
    push_to_hub: Annotated[bool, "Push the trained model to the Hugging Face hub."] = False
    hub_model_id: Annotated[str | None, "Its name there, as user/name."] = None
    hub_private: Annotated[bool, "Make it private."] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        if not self.source and not self.block_pattern:
            raise ConfigError(
                "There is no model: give --source (a folder, a name at the hub, or tiny), or "
                "--block_pattern such as T,T,M,M for a fresh one."
            )
        if self.block_pattern:
            parse_pattern(self.block_pattern)
        if not self.tasks or not self.output_dir:
            raise ConfigError("tasks and output_dir are needed: give --tasks and --output_dir.")
        check_choice("task_type", self.task_type, get_args(TaskType))
        if (self.task_type == "static") != bool(self.contexts):
            raise ConfigError(
                f"task_type is {self.task_type} and contexts {self.contexts!r}: contexts are what "
                "static reads, and nothing else does."
            )
        for name in _FROM_ONE:
            at_least(name, getattr(self, name), 1)
        for name in ("limit", "max_steps", "seed", "save_steps"):
            at_least(name, getattr(self, name), 0)
        check_number("warmup_ratio", self.warmup_ratio, 0.0, 1.0, example=0.1)
        check_number("epochs", self.epochs, 1.0, example=2.0)  # for less there is max_steps
        if self.lr is not None:
            check_number("lr", self.lr, 0.0, example=1e-4)
        if self.push_to_hub:
            check_name(self.hub_model_id)

    @property
    def learning_rate(self) -> float:
        """The learning rate, the usual one where none is given."""
        usual = FRESH_LR if self.block_pattern else FULL_LR
        return self.lr if self.lr is not None else usual

    def for_trainer(self) -> SFTSettings:
        """Return these settings as the trainer takes them: all weights, no adapter."""
        own = {name: getattr(self, name) for name in _SHARED}
        given: dict[str, Any] = {
            **own,
            "model_name": self.source or self.block_pattern,
            "data_path": self.tasks,
            "batch_size": self.device_batch_size,
            "epochs": float(self.epochs),
            "lr": self.learning_rate,
            "lora_r": 0,
        }
        return SFTSettings(**given)


_FROM_ONE = (
    "width", "vocabulary", "top_k", "max_hops", "max_document_chars", "max_length",
    "device_batch_size", "gradient_accumulation_steps", "max_new_tokens", "save_total_limit",
    "logging_steps",
)  # fmt: skip

_SHARED = (
    "output_dir", "max_length", "max_steps", "gradient_accumulation_steps", "lr_scheduler",
    "warmup_ratio", "weight_decay", "max_grad_norm", "gradient_checkpointing", "precision",
    "seed", "max_new_tokens", "save_steps", "save_total_limit", "logging_steps", "resume",
    "use_wandb", "wandb_project", "wandb_run_name", "use_tensorboard", "push_to_hub",
    "hub_model_id", "hub_private",
)  # fmt: skip

FREE = frozenset(
    [
        "output_dir", "resume", "gradient_checkpointing", "save_steps", "save_total_limit", "logging_steps", "use_wandb",
        "wandb_project", "wandb_run_name", "use_tensorboard", "push_to_hub", "hub_model_id",
        "hub_private", "max_new_tokens",
    ]
)  # fmt: skip
"""What may differ where a run is resumed."""
