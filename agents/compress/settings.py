"""The settings of `hopgym train compress`: plain fields, which are also its flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number
from ..flags import read_preset
from ..llm.loading import BUILT_IN
from ..training.choices import CONTAMINATION, Contamination, check_choice
from .presets import PRESETS

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class CompressSettings:
    """Everything that `hopgym train compress` can be told.

    Raises:
        ConfigError: If a value is not allowed.
    """

    model_name: Annotated[str, "The decoder: a folder, a name at the hub, or tiny.", "Files"] = (
        "tiny"
    )
    block_pattern: Annotated[
        str, "Begin with an untrained decoder of such layers, with model_name's words: T,T,M,M."
    ] = ""
    output_dir: Annotated[str, "Where the trained model goes."] = "runs/compress"
    resume: Annotated[bool, "Go on from the last checkpoint in that folder."] = False
    questions: Annotated[str, "What is trained on.", "Questions"] = "world"
    split: Annotated[str, "Their split."] = "train"
    limit: Annotated[int, "Train on the first so many questions; 0 for all."] = 0
    retriever: Annotated[str, "What finds their documents."] = "bm25"
    top_k: Annotated[int, "Documents of a question."] = 5
    with_gold: Annotated[bool, "Gold documents are among those that are trained on."] = True
    max_document_chars: Annotated[int, "How much of a document is shown."] = 512
    k: Annotated[int, "Tokens of a chunk.", "Model"] = 16
    expand: Annotated[float, "The share of chunks that is expanded."] = 0.25
    encoder: Annotated[
        str, "Of chunks: tokens, text?model=FOLDER, or a frozen one such as minilm."
    ] = "tokens"
    encoder_width: Annotated[int, "Of the encoder tokens."] = 128
    encoder_layers: Annotated[int, "Of the encoder tokens."] = 2
    encoder_heads: Annotated[int, "Of the encoder tokens."] = 4
    projector_dim: Annotated[int, "The projector's hidden layer."] = 256
    scale_projector: Annotated[bool, "To the length of the decoder's embeddings."] = True
    policy_width: Annotated[int, "Of the policy's transformer."] = 64
    policy_layers: Annotated[int, "Its layers."] = 2
    reconstruction_steps: Annotated[int, "Steps of repeating passages.", "Training"] = 500
    paragraph_steps: Annotated[int, "Steps of going on with passages."] = 500
    answer_steps: Annotated[int, "Steps of answering."] = 1000
    policy_steps: Annotated[int, "Steps of choosing what to expand."] = 300
    max_chunks: Annotated[int, "Chunks of a passage, at the end of the curriculum."] = 8
    ahead: Annotated[int, "Chunks of a next paragraph."] = 2
    batch_size: Annotated[int, "Rows at once."] = 16
    group: Annotated[int, "Draws of a question that the policy learns from."] = 4
    lr: Annotated[float, "The encoder's and projector's learning rate."] = 1e-3
    decoder_lr: Annotated[float, "The decoder's."] = 2e-4
    policy_lr: Annotated[float, "The policy's."] = 1e-3
    train_decoder: Annotated[bool, "Whether the decoder is trained, after reconstruction."] = True
    freeze_decoder: Annotated[
        bool, "Whether reconstruction leaves it as it is; one of block_pattern it trains."
    ] = True
    warmup: Annotated[float, "Of each stage, the share in which the rates rise."] = 0.05
    weight_decay: Annotated[float, "AdamW's."] = 0.01
    max_grad_norm: Annotated[float, "Gradients are clipped to this length; 0 never."] = 1.0
    gradient_checkpointing: Annotated[bool, "Less memory, more time."] = False
    dtype: Annotated[Precision, "float32, or bfloat16: what is computed in."] = "float32"
    device: Annotated[str, "cpu, cuda, or auto: what there is."] = "auto"
    seed: Annotated[int, "Of weights, draws and batches."] = 0
    max_new_tokens: Annotated[int, "Tokens of an answer at most."] = 32
    save_steps: Annotated[int, "Steps between checkpoints; each stage ends with one."] = 250
    eval_questions: Annotated[str, "Held out, if another set; none for none.", "Held-out"] = ""
    eval_split: Annotated[str, "Their split."] = "dev"
    contamination: Annotated[Contamination, CONTAMINATION] = "refuse"
    eval_episodes: Annotated[int, "How many are looked at."] = 100
    eval_steps: Annotated[int, "Steps of answering and choosing between two looks."] = 250
    use_wandb: Annotated[bool, "Log to Weights & Biases.", "Elsewhere"] = False
    wandb_project: Annotated[str, "Its project."] = "hopgym-compress"
    wandb_run_name: Annotated[str | None, "The run's name there."] = None
    use_tensorboard: Annotated[bool, "Log to TensorBoard."] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in _FROM_ONE:
            at_least(name, getattr(self, name), 1)
        for name in _FROM_ZERO:
            at_least(name, getattr(self, name), 0)
        for name in _POSITIVE:
            check_number(name, getattr(self, name), 0.0)
        for name in ("expand", "warmup"):
            check_number(name, getattr(self, name), 0.0, 1.0, example=0.25)
        check_choice("contamination", self.contamination, get_args(Contamination))
        if self.dtype not in get_args(Precision):
            raise ConfigError(f"dtype is {self.dtype!r}; it may be float32 or bfloat16.")
        if self.group < 2:
            raise ConfigError(
                "group is 1: the policy compares draws of a question. Give 2 or more."
            )
        if not self.total_steps:
            raise ConfigError("All stages have 0 steps: there is nothing to train.")
        if self.policy_steps and self.expand in (0.0, 1.0):
            raise ConfigError(
                f"expand is {self.expand:g}: there is nothing to choose. Give a share between 0 and "
                "1, or --policy_steps 0."
            )
        if self.block_pattern:
            from ..refrag.backbone import parse_pattern

            parse_pattern(self.block_pattern)
            if not self.train_decoder:
                raise ConfigError(
                    "block_pattern makes a decoder that has learnt nothing: train it, or leave out "
                    "--no_train_decoder."
                )

    @property
    def steps(self) -> dict[str, int]:
        """The steps of each stage, in order."""
        names = ("reconstruction", "paragraph", "answer", "policy")
        return {name: getattr(self, f"{name}_steps") for name in names}

    @property
    def total_steps(self) -> int:
        """Steps of all stages."""
        return sum(self.steps.values())

    @property
    def decoder(self) -> str:
        """The decoder's folder or name; `tiny` is a folder of the package."""
        return str(BUILT_IN.get(self.model_name, self.model_name))

    @classmethod
    def preset(cls, name: str, **changes: Any) -> CompressSettings:
        """Return the settings of a preset, with changes.

        Raises:
            UnknownNameError: If there is none of that name.
        """
        usual = read_preset(PRESETS, name, "hopgym train compress --help")
        return cls(**{**usual, **changes})


_FROM_ONE = (
    "top_k", "max_document_chars", "k", "encoder_width", "encoder_layers", "encoder_heads",
    "projector_dim", "policy_width", "policy_layers", "max_chunks", "ahead", "batch_size", "group",
    "max_new_tokens", "save_steps", "eval_episodes", "eval_steps",
)  # fmt: skip
_FROM_ZERO = (
    "limit", "reconstruction_steps", "paragraph_steps", "answer_steps", "policy_steps", "seed",
)  # fmt: skip
_POSITIVE = ("lr", "decoder_lr", "policy_lr", "weight_decay", "max_grad_norm")

FREE = frozenset(
    ["output_dir", "resume", "device", "gradient_checkpointing", "save_steps", "use_wandb",
     "wandb_project", "wandb_run_name", "use_tensorboard", "contamination"]
)  # fmt: skip
"""What may differ where a run is resumed: it changes the place, the speed or the memory."""
