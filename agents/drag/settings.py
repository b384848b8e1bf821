"""The settings of `hopgym train drag`: plain fields, which are also its flags, and what each is.

Flags that the first public implementation has keep their names and, phase by phase, their defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number
from ..flags import read_preset
from ..llm.loading import BUILT_IN
from ..training.choices import CONTAMINATION, Contamination
from .presets import PRESETS

Estimator = Literal["st", "rloo", "st+rloo"]
Cascade = Literal["none", "static", "dynamic"]
Weighting = Literal["static", "gradnorm"]
ScorerName = Literal["drag", "drag+dde", "mlp"]
Precision = Literal["auto", "float32", "bfloat16"]
RetrieverPrecision = Literal["float32", "bfloat16"]

_CHOICES: dict[str, Any] = {
    "estimator": Estimator,
    "cascade": Cascade,
    "ret_weighting": Weighting,
    "scorer": ScorerName,
    "dtype": Precision,
    "retriever_dtype": RetrieverPrecision,
    "contamination": Contamination,
}


@dataclass(frozen=True, kw_only=True)
class DragSettings:
    """Everything that `hopgym train drag` can be told.

    Raises:
        ConfigError: If a value is not allowed, or does not go with the phase.
    """

    phase: Annotated[int, "1: the retriever alone; 2: retriever and generator.", "Phase"] = 1
    plan: Annotated[bool, "Say what the generator needs, and train nothing."] = False
    heuristics_path: Annotated[
        str, "A file of `hopgym kg heuristics`; or --questions.", "Files"
    ] = ""
    phase1_checkpoint: Annotated[str, "Phase 2: the folder that phase 1 wrote."] = ""
    checkpoint_dir: Annotated[str, "Where the trained model goes."] = "checkpoints_drag"
    resume: Annotated[bool, "Go on from the last checkpoint in that folder."] = False
    questions: Annotated[str, "What is trained on.", "Questions"] = "world"
    split: Annotated[str, "Their split."] = "train"
    max_facts: Annotated[int, "Facts of a question at most, by PageRank around the topics."] = 256
    limit: Annotated[int, "Train on the first so many questions; 0 for all."] = 0
    epochs: Annotated[
        int, "Times through the questions; 0 for 10 in phase 1, 5 in 2.", "Training"
    ] = 0
    batch_size: Annotated[int, "Questions at once; 0 for 16 in phase 1, 1 in 2."] = 0
    lr: Annotated[float, "The retriever's learning rate."] = 5e-5
    generator_lr: Annotated[float, "The generator's."] = 1e-5
    projector_lr: Annotated[float, "The projector's; 0 for the retriever's."] = 0.0
    weight_decay: Annotated[float, "AdamW's."] = 0.001
    max_grad_norm: Annotated[float, "Gradients are clipped to this length; 0 never."] = 1.0
    rho: Annotated[float, "Phase 1's weight of BCE; the rest is the rank loss's."] = 0.7
    margin: Annotated[float, "The rank loss's, between logits."] = 1.0
    pos_weight: Annotated[float, "BCE's weight of gold facts."] = 1.0
    seed: Annotated[int, "Of weights, samples and batches."] = 0
    encoder: Annotated[str, "Frozen: minilm, or hashing.", "Retriever"] = "minilm"
    node_dim: Annotated[int, "Must be hidden_dim; 0 for it."] = 0
    hidden_dim: Annotated[int, "The width of entities, relations and instructions."] = 256
    relation_dim: Annotated[int, "Must be hidden_dim; 0 for it."] = 0
    num_reasoning_steps: Annotated[int, "Layers of message passing."] = 3
    num_instructions: Annotated[int, "Instructions of a question."] = 2
    num_iterations: Annotated[int, "Rounds, between which the instructions are updated."] = 2
    instruction_update: Annotated[bool, "Whether they are."] = True
    scorer: Annotated[ScorerName, "drag, drag+dde, or mlp: SubgraphRAG's."] = "drag"
    retriever_dtype: Annotated[
        RetrieverPrecision, "float32, or bfloat16: what it multiplies in; faster."
    ] = "float32"
    k_facts: Annotated[int, "Facts that are sampled from, and read, at most.", "Phase 2"] = 100
    threshold: Annotated[float, "Facts less likely are not read."] = 0.01
    tau: Annotated[float, "The temperature of Gumbel-softmax."] = 0.5
    estimator: Annotated[Estimator, "st, rloo or st+rloo."] = "st"
    samples: Annotated[int, "Subgraphs of a question at once; rloo needs 2."] = 1
    cascade: Annotated[Cascade, "none, or a baseline: static, dynamic."] = "none"
    ret_loss_weight: Annotated[float, "The retriever's loss beside the generator's."] = 0.1
    ret_weighting: Annotated[Weighting, "static; gradnorm: rho' times the ratio of norms."] = (
        "static"
    )
    rho_prime: Annotated[float, "gradnorm's."] = 0.9
    generator_model: Annotated[str, "A folder, a name at the hub, or tiny."] = (
        "unsloth/Nemotron-3-Nano-30B-A3B"
    )
    projector_dim: Annotated[int, "The projector's hidden layer."] = 4096
    scale_projector: Annotated[bool, "To the length of the generator's embeddings."] = True
    lora_r: Annotated[int, "The rank of LoRA; 0 trains all weights."] = 16
    lora_alpha: Annotated[int, "LoRA's alpha."] = 32
    lora_target_modules: Annotated[str, "By comma; auto: what the architecture takes."] = "auto"
    lora_experts: Annotated[bool, "Adapters for the routed experts of a mixture, too."] = False
    gradient_checkpointing: Annotated[bool, "Less memory, more time."] = False
    dtype: Annotated[Precision, "The generator's numbers."] = "auto"
    device: Annotated[str, "cpu, cuda, or auto: what there is."] = "auto"
    max_new_tokens: Annotated[int, "Tokens of an answer at most."] = 64
    eval_questions: Annotated[str, "Held out, if another set; none for none.", "Held-out play"] = ""
    eval_split: Annotated[str, "Their split."] = "dev"
    contamination: Annotated[Contamination, CONTAMINATION] = "refuse"
    eval_share: Annotated[float, "Of questions without that split: the share held out."] = 0.1
    eval_episodes: Annotated[int, "How many are looked at."] = 200
    patience: Annotated[int, "Stop after so many epochs that were no better; 0 never."] = 0
    use_wandb: Annotated[bool, "Log to Weights & Biases.", "Elsewhere"] = False
    wandb_project: Annotated[str, "Its project."] = "hopgym-drag"
    wandb_run_name: Annotated[str | None, "The run's name there."] = None
    use_tensorboard: Annotated[bool, "Log to TensorBoard."] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        if self.phase not in (1, 2):
            raise ConfigError(f"phase is {self.phase!r}; it may be 1 or 2.")
        for name, kind in _CHOICES.items():
            if getattr(self, name) not in get_args(kind):
                allowed = ", ".join(get_args(kind))
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it may be {allowed}.")
        for name in _FROM_ONE:
            at_least(name, getattr(self, name), 1)
        for name in _FROM_ZERO:
            at_least(name, getattr(self, name), 0)
        for name in _POSITIVE:
            check_number(name, getattr(self, name), 0.0)
        for name in ("rho", "threshold", "eval_share"):
            check_number(name, getattr(self, name), 0.0, 1.0, example=0.5)
        self._check_widths()
        if not self.tau:
            raise ConfigError("tau is 0: nothing would be sampled. Give 0.5, say.")
        if not self.checkpoint_dir:
            raise ConfigError("checkpoint_dir is missing: give --checkpoint_dir.")
        if self.phase == 2:
            self._check_joint()

    def _check_widths(self) -> None:
        for name in ("node_dim", "relation_dim"):
            if getattr(self, name) not in (0, self.hidden_dim):
                raise ConfigError(
                    f"{name} is {getattr(self, name)} and hidden_dim {self.hidden_dim}: ReaRev has "
                    f"one width for all. Give {name}={self.hidden_dim}, or leave it out."
                )

    def _check_joint(self) -> None:
        if not self.phase1_checkpoint and not self.plan:
            raise ConfigError(
                "phase 2 begins with a trained retriever: give --phase1_checkpoint FOLDER, which "
                "--phase 1 wrote."
            )
        if self.cascade == "none" and "rloo" in self.estimator and self.samples < 2:
            raise ConfigError(
                f"estimator={self.estimator} compares samples of a question: give --samples 2 or "
                "more."
            )
        if self.cascade != "none" and self.ret_weighting == "gradnorm":
            raise ConfigError(
                "ret_weighting=gradnorm compares the retriever's gradients by both losses, and in a "
                "cascade the generator's gives it none. Give --ret_weighting static."
            )

    @property
    def training_epochs(self) -> int:
        """How many."""
        return self.epochs or (10 if self.phase == 1 else 5)

    @property
    def batch(self) -> int:
        """Questions at once."""
        return self.batch_size or (16 if self.phase == 1 else 1)

    @property
    def generator(self) -> str:
        """The generator's folder or name; `tiny` is a folder of the package."""
        return str(BUILT_IN.get(self.generator_model, self.generator_model))

    @property
    def output_dir(self) -> str:
        """Where the trained model goes, as the other learners call it."""
        return self.checkpoint_dir

    @property
    def question_spec(self) -> str:
        """What is trained on."""
        if self.heuristics_path:
            return self.heuristics_path
        return self.questions

    @classmethod
    def preset(cls, name: str, **changes: Any) -> DragSettings:
        """Return the settings of a preset, with changes.

        Raises:
            UnknownNameError: If there is none of that name.
        """
        usual = read_preset(PRESETS, name, "hopgym train drag --help")
        return cls(**{**usual, **changes})


_FROM_ONE = (
    "max_facts", "hidden_dim", "num_reasoning_steps", "num_instructions", "num_iterations",
    "k_facts", "samples", "projector_dim", "lora_alpha", "max_new_tokens", "eval_episodes",
)  # fmt: skip
_FROM_ZERO = (
    "limit", "epochs", "batch_size", "seed", "node_dim", "relation_dim", "lora_r", "patience",
)  # fmt: skip
_POSITIVE = (
    "lr", "generator_lr", "projector_lr", "weight_decay", "max_grad_norm", "margin", "pos_weight",
    "tau", "ret_loss_weight", "rho_prime",
)  # fmt: skip

FREE = frozenset(
    ["checkpoint_dir", "resume", "plan", "device", "gradient_checkpointing", "patience",
     "use_wandb", "wandb_project", "wandb_run_name", "use_tensorboard",
     "contamination"]
)  # fmt: skip
"""What may differ where a run is resumed: it changes the place, the speed or the memory."""
