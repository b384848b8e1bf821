"""The settings of `hopgym train rag`: plain fields, which are also its flags, and what each is.

The flags that the first public description has keep their names and defaults: `dataset_name`,
`batch_size`, `learning_rate`, `num_epochs` and `warmup_steps`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number
from ..flags import read_preset
from ..training.choices import CONTAMINATION, Contamination, Precision, check_choice
from .presets import PRESETS

Variant = Literal["token", "sequence", "fid"]
Encoders = Literal["auto", "dpr", "sentence_transformer"]

_CHOICES: dict[str, Any] = {
    "variant": Variant,
    "encoder": Encoders,
    "precision": Precision,
    "contamination": Contamination,
}


@dataclass(frozen=True, kw_only=True)
class RagSettings:
    """Everything that `hopgym train rag` can be told.

    Raises:
        ConfigError: If a value is not allowed, or does not go with another.
    """

    dataset_name: Annotated[
        str, "A question set, a file (SQuAD's, JSONL), or a set of `datasets`.", "Questions"
    ] = "squad"
    questions: Annotated[str, "The same, as other learners call it; wins."] = ""
    split: Annotated[str, "What is trained on."] = "train"
    limit: Annotated[int, "Train on the first so many questions; 0 for all."] = 0
    output_dir: Annotated[str, "Where the trained model goes.", "Files"] = "output_rag"
    resume: Annotated[bool, "Go on from the last checkpoint in that folder."] = False
    save_steps: Annotated[int, "Steps between checkpoints; 0: each epoch."] = 0
    logging_steps: Annotated[int, "Steps that a line of the journal is the mean of."] = 20
    retrieval_cache: Annotated[
        str, "A folder that keeps a frozen retriever's vectors for the next run."
    ] = ""
    batch_size: Annotated[int, "Questions at once, in each process.", "Training"] = 8
    learning_rate: Annotated[float, "AdamW's, which rises, then falls to 0 in a line."] = 5e-5
    num_epochs: Annotated[int, "Times through the questions."] = 3
    warmup_steps: Annotated[int, "Steps in which the rate rises."] = 500
    retriever_lr: Annotated[float, "The encoders' own rate; 0 for the same."] = 0.0
    gradient_accumulation_steps: Annotated[int, "Batches for one optimiser step."] = 1
    max_batch_tokens: Annotated[
        int, "Shrink batches of long texts to about so many tokens read; 0 never."
    ] = 0
    weight_decay: Annotated[float, "AdamW's."] = 0.01
    max_grad_norm: Annotated[float, "Each part's gradients are clipped to it; 0 never."] = 1.0
    precision: Annotated[Precision, "auto, float32, bfloat16 or float16."] = "auto"
    gradient_checkpointing: Annotated[bool, "The generator's: less memory, more time."] = False
    device: Annotated[str, "cpu, cuda, or auto: what there is."] = "auto"
    seed: Annotated[int, "Of weights, dropout and batches."] = 0
    question_encoder: Annotated[
        str, "A folder, a name at the hub, minilm, or tiny: small and random.", "Retriever"
    ] = "facebook/dpr-question_encoder-single-nq-base"
    context_encoder: Annotated[
        str, "The same for passages; by itself where the other is given."
    ] = "facebook/dpr-ctx_encoder-single-nq-base"
    encoder: Annotated[Encoders, "Their kind: dpr, sentence_transformer; auto: as they say."] = (
        "auto"
    )
    max_question_tokens: Annotated[int, "Tokens read of a question; 0: as usual."] = 0
    max_passage_tokens: Annotated[int, "Tokens read of a passage by its encoder; 0: usual."] = 0
    n_docs: Annotated[int, "Passages that are read."] = 5
    index: Annotated[str, "flat (exact), ivf or hnsw."] = "flat"
    reindex_every: Annotated[int, "Steps until passages are encoded again; 0 never."] = 500
    async_reindex: Annotated[bool, "In the background; then no two runs are alike."] = False
    train_context_encoder: Annotated[bool, "Off: passages are encoded once."] = True
    freeze_retriever: Annotated[bool, "Train the generator alone, for comparison."] = False
    ret_loss_weight: Annotated[float, "The retrieval loss beside the generation loss."] = 1.0
    hard_negatives: Annotated[int, "BM25's wrong hits of a question in it; 0 for none."] = 1
    temperature: Annotated[float, "What encoders' scores are divided by; 0: as usual."] = 0.0
    generator_model: Annotated[str, "T5: a folder, a name at the hub, or tiny.", "Generator"] = (
        "google-t5/t5-base"
    )
    variant: Annotated[Variant, "token or sequence (RAG), or fid."] = "token"
    gold_steps: Annotated[
        int, "So many steps a right passage is read alone: for a new generator."
    ] = 0
    max_input_tokens: Annotated[int, "Tokens of a question with a passage."] = 320
    max_answer_tokens: Annotated[int, "Tokens of an answer."] = 32
    vocabulary: Annotated[int, "Tokens that tiny models know; a new name is several."] = 512
    eval_questions: Annotated[str, "Held out, if another set; none for none.", "Held-out"] = ""
    eval_split: Annotated[str, "Their split."] = "dev"
    contamination: Annotated[Contamination, CONTAMINATION] = "refuse"
    eval_share: Annotated[float, "Of questions without that split: the share held out."] = 0.1
    eval_episodes: Annotated[int, "How many are looked at."] = 200
    eval_steps: Annotated[int, "Steps between; 0: each epoch."] = 0
    patience: Annotated[int, "Stop after so many looks that were no better; 0 never."] = 0
    use_wandb: Annotated[bool, "Log to Weights & Biases.", "Elsewhere"] = False
    wandb_project: Annotated[str, "Its project."] = "hopgym-rag"
    wandb_run_name: Annotated[str | None, "The run's name there."] = None
    use_tensorboard: Annotated[bool, "Log to TensorBoard."] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name, kind in _CHOICES.items():
            check_choice(name, getattr(self, name), get_args(kind))
        for name in _NEEDED:
            if not getattr(self, name):
                raise ConfigError(f"{name} is missing: give --{name}.")
        for name in _FROM_ONE:
            at_least(name, getattr(self, name), 1)
        for name in _FROM_ZERO:
            at_least(name, getattr(self, name), 0)
        for name in _POSITIVE:
            check_number(name, getattr(self, name), 0.0)
        check_number("eval_share", self.eval_share, 0.0, 1.0, example=0.1)
        if self.variant == "fid" and not self.ret_loss_weight and not self.freeze_retriever:
            raise ConfigError(
                "variant=fid reads all passages whatever their scores, so that with "
                "ret_loss_weight=0 nothing teaches the retriever. Give --ret_loss_weight 1, or "
                "--freeze_retriever."
            )
        if self.async_reindex and not self.refreshes:
            raise ConfigError(
                "async_reindex encodes passages again in the background, and these settings never "
                "do: give --reindex_every, and leave out freeze_retriever and "
                "no_train_context_encoder."
            )
        if self.retrieval_cache and self.trains_passages:
            raise ConfigError(
                "retrieval_cache keeps vectors of passages, and the context encoder is trained, "
                "so that they change: give --freeze_retriever or --no_train_context_encoder."
            )

    @property
    def question_spec(self) -> str:
        """What is trained on."""
        return self.questions or self.dataset_name

    @property
    def trains_passages(self) -> bool:
        """Whether the context encoder is trained."""
        return self.train_context_encoder and not self.freeze_retriever

    @property
    def refreshes(self) -> bool:
        """Whether passages are encoded again while it trains."""
        return bool(self.reindex_every) and self.trains_passages

    @property
    def context_model(self) -> str:
        """The context encoder: a question encoder of another name has its own beside it."""
        usual = RagSettings.context_encoder
        if self.question_encoder != RagSettings.question_encoder and self.context_encoder == usual:
            return self.question_encoder
        return self.context_encoder or self.question_encoder

    @property
    def retrieval_weight(self) -> float:
        """The weight of the retrieval loss; none where no encoder is trained by it."""
        return 0.0 if self.freeze_retriever else self.ret_loss_weight

    @classmethod
    def preset(cls, name: str, **changes: Any) -> RagSettings:
        """Return the settings of a preset, with changes.

        Raises:
            UnknownNameError: If there is none of that name.
        """
        usual = read_preset(PRESETS, name, "hopgym train rag --help")
        return cls(**{**usual, **changes})


_NEEDED = ("question_spec", "split", "output_dir", "question_encoder", "generator_model", "index")
_FROM_ONE = (
    "batch_size", "num_epochs", "gradient_accumulation_steps", "n_docs", "max_input_tokens",
    "max_answer_tokens", "vocabulary", "eval_episodes", "logging_steps",
)  # fmt: skip
_FROM_ZERO = (
    "limit", "save_steps", "warmup_steps", "max_batch_tokens", "seed", "reindex_every",
    "max_question_tokens", "max_passage_tokens", "hard_negatives", "eval_steps", "patience",
)  # fmt: skip
_POSITIVE = (
    "learning_rate", "retriever_lr", "weight_decay", "max_grad_norm", "ret_loss_weight",
    "temperature",
)  # fmt: skip

FREE = frozenset(
    ["output_dir", "resume", "device", "save_steps", "gradient_checkpointing", "patience",
     "retrieval_cache", "use_wandb", "wandb_project", "wandb_run_name", "use_tensorboard",
     "contamination"]
)  # fmt: skip
"""What may differ where a run is resumed: it changes the place, the speed or the memory."""
