"""The settings of `hopgym train refrag`: plain fields, which are also its flags, and what each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number
from ..flags import read_preset
from ..llm.prompts import Prompts, Style
from ..training.choices import CONTAMINATION, Contamination, Precision, check_choice
from .backbone import BackboneConfig, parse_pattern
from .presets import PRESETS

Stage = Literal["all", "supervised", "rl"]
Algorithm = Literal["grpo", "ppo"]
Control = Literal["none", "shuffled"]

TEACHER = "hopgym.agents.refrag.teacher:RecursiveTeacher"


@dataclass(frozen=True, kw_only=True)
class RefragSettings:
    """Everything that `hopgym train refrag` can be told.

    Raises:
        ConfigError: If a value is not allowed, or values do not go together.
    """

    model_name: Annotated[str, "The model: a folder, a name at the hub, or tiny.", "Files"] = "tiny"
    output_dir: Annotated[str, "Where the trained model goes."] = "output"
    stage: Annotated[Stage, "supervised, rl, or all: one after the other."] = "all"
    resume: Annotated[bool, "Go on where an earlier run in the output folder stopped."] = False
    block_pattern: Annotated[
        str, "A fresh model: T (attention) and M (Mamba-2), as T,T,M,M.", "A fresh model"
    ] = ""
    width: Annotated[int, "Its width."] = 128
    heads: Annotated[int, "Its attention heads."] = 4
    feed_forward: Annotated[int, "The width of its feed-forward layers."] = 256
    state: Annotated[int, "Numbers that a Mamba layer remembers per channel."] = 32
    max_positions: Annotated[int, "Tokens that it reads at most."] = 16_384
    env_id: Annotated[str, "Where it plays.", "Episodes"] = "hopgym/RAG-v0"
    env_set: Annotated[tuple[str, ...], "The environment's other keywords, name=value."] = ()
    questions: Annotated[str, "What it plays."] = "world"
    split: Annotated[str, "Their split."] = "train"
    hops: Annotated[int, "Retrievals of an episode at most, the question's own included."] = 3
    top_k: Annotated[int, "Documents of each."] = 2
    reward: Annotated[str, "What pays in RL; the environment's own, usually."] = ""
    max_new_tokens: Annotated[int, "Tokens of a turn at most."] = 128
    context: Annotated[int, "Tokens that the model reads; 0 for what it says."] = 0
    prompt: Annotated[Style, "How the model is asked: plain or chat."] = "plain"
    boundary_tokens: Annotated[
        bool | None, "Boundaries as single tokens; where all weights are trained, usually."
    ] = None
    num_envs: Annotated[int, "Episodes side by side."] = 128
    teacher: Annotated[str, "Who plays first: an agent.", "Supervised start"] = TEACHER
    episodes: Annotated[int, "Questions that the teacher plays."] = 3000
    accept: Annotated[tuple[str, ...], "What its episode must fulfil; repeated."] = ("em",)
    epochs: Annotated[int, "Times through its episodes."] = 2
    batch_size: Annotated[int, "Episodes of an optimiser step."] = 8
    sft_lr: Annotated[float, "Learning rate."] = 1.5e-3
    max_length: Annotated[int, "Tokens of an episode at most."] = 2048
    algorithm: Annotated[Algorithm, "grpo or ppo.", "Reinforcement learning"] = "grpo"
    updates: Annotated[int, "Batches of episodes to learn from."] = 12
    batch_questions: Annotated[int, "Questions of an update."] = 16
    num_samples: Annotated[int, "Episodes of each question."] = 8
    minibatches: Annotated[int, "Optimiser steps of an update."] = 4
    device_batch_size: Annotated[int, "GRPO: episodes read at once; memory sets it."] = 32
    batch_tokens: Annotated[int, "PPO: tokens read at once; memory sets it."] = 8192
    rl_lr: Annotated[float, "Learning rate."] = 1e-4
    kl_coef: Annotated[float, "The weight of the KL to the supervised start."] = 0.0
    temperature: Annotated[float, "Of what it writes while it learns."] = 1.0
    control: Annotated[Control, "shuffled: rewards of other episodes, to see what is left."] = (
        "none"
    )
    lora_r: Annotated[int, "The rank of LoRA; 0 trains all weights.", "Weights"] = 0
    lora_target_modules: Annotated[str, "Modules by comma, or all-linear."] = "all-linear"
    gradient_checkpointing: Annotated[bool, "Recompute activations: less memory, more time."] = (
        False
    )
    precision: Annotated[Precision, "auto, float32, bfloat16 or float16."] = "auto"
    seed: Annotated[int, "Of fresh weights, the order of the data, and samples."] = 0
    eval_questions: Annotated[
        str, "What is played in RL, if another set; 'none' plays none.", "Held-out play"
    ] = ""
    eval_split: Annotated[str, "Their split, which shares no question with training."] = "dev"
    contamination: Annotated[Contamination, CONTAMINATION] = "refuse"
    eval_episodes: Annotated[int, "How many are played at a time."] = 100
    eval_every: Annotated[int, "Updates between; the last is always played."] = 4
    eval_metric: Annotated[str, "What the best model is chosen by."] = "em"
    save_every: Annotated[int, "Updates between checkpoints.", "Checkpoints"] = 4

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in ("model_name", "output_dir", "env_id", "teacher"):
            if not getattr(self, name):
                raise ConfigError(f"{name} is empty: give --{name}.")
        for name, words in _CHOICES.items():
            check_choice(name, getattr(self, name), get_args(words))
        for name in _FROM_ONE:
            at_least(name, getattr(self, name), 1)
        for name in ("context", "lora_r", "seed"):
            at_least(name, getattr(self, name), 0)
        for name in ("sft_lr", "rl_lr", "kl_coef", "temperature"):
            check_number(name, getattr(self, name), 0.0)
        if self.prompt == "chat_whole":
            raise ConfigError(
                "prompt is 'chat_whole', which cannot be trained; give plain or chat."
            )
        if self.block_pattern:
            parse_pattern(self.block_pattern)
            _ = self.backbone
        if self.block_pattern and self.lora_r:
            raise ConfigError("A fresh model has nothing to keep: give --lora_r 0.")
        self._check_minibatches()

    @property
    def backbone(self) -> BackboneConfig:
        """The size of a fresh model."""
        return BackboneConfig(
            width=self.width,
            heads=self.heads,
            feed_forward=self.feed_forward,
            state=self.state,
            max_positions=self.max_positions,
        )

    @property
    def adds_boundaries(self) -> bool:
        """Whether boundaries become tokens. With LoRA their rows would not be trained."""
        return not self.lora_r if self.boundary_tokens is None else self.boundary_tokens

    @property
    def prompts(self) -> Prompts:
        """How the model is asked."""
        return Prompts(style=self.prompt)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> RefragSettings:
        """Return the settings of a preset, with changes.

        Raises:
            UnknownNameError: If there is none of that name.
        """
        usual = read_preset(PRESETS, name, "hopgym train refrag --help")
        return cls(**{**usual, **changes})

    def _check_minibatches(self) -> None:
        episodes = self.batch_questions * self.num_samples
        if episodes % self.minibatches:
            raise ConfigError(
                f"{episodes} episodes of an update (batch_questions {self.batch_questions} times "
                f"num_samples {self.num_samples}) cannot be parted into {self.minibatches} "
                "minibatches. Give a divisor as --minibatches."
            )
        part = episodes // self.minibatches
        if self.algorithm == "grpo" and part % min(part, self.device_batch_size):
            raise ConfigError(
                f"{part} episodes of an optimiser step cannot be read {self.device_batch_size} at "
                "a time. Give a divisor as --device_batch_size."
            )


_CHOICES: dict[str, Any] = {
    "stage": Stage, "algorithm": Algorithm, "control": Control, "precision": Precision,
    "prompt": Style,
    "contamination": Contamination,
}  # fmt: skip
_FROM_ONE = (
    "hops", "top_k", "max_new_tokens", "num_envs", "episodes", "epochs", "batch_size", "max_length",
    "updates", "batch_questions", "num_samples", "minibatches", "device_batch_size", "batch_tokens",
    "eval_episodes", "eval_every", "save_every",
)  # fmt: skip
