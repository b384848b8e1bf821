"""The settings of `hopgym train ppo`: plain fields, which are also its flags, and what each is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, get_args

from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number
from ..flags import read_preset
from ..health.bounds import read_bounds
from ..health.settings import GuardSettings
from ..llm.prompt_room import prompt_room
from ..llm.prompts import Prompts, Style
from ..training.choices import CONTAMINATION, Contamination, Precision
from .credit import Algorithm, Discount
from .presets import PRESETS

Scheduler = Literal["constant", "linear", "cosine"]
Control = Literal["none", "shuffled"]


@dataclass(frozen=True, kw_only=True)
class LearnSettings:
    """What decides an update, once there are episodes.

    Raises:
        ConfigError: If a value is not allowed.
    """

    algorithm: Annotated[Algorithm, "ppo, reinforce++ or rloo.", "Algorithm"] = "ppo"
    gamma: Annotated[float, "Discount from token to token within a turn."] = 1.0
    lam: Annotated[float, "GAE's lambda from token to token within a turn."] = 1.0
    step_gamma: Annotated[float, "Discount from turn to turn; 0 makes each its own sample."] = 1.0
    step_lam: Annotated[float, "GAE's lambda from turn to turn."] = 1.0
    normalise_advantages: Annotated[bool, "To mean 0 and deviation 1 over an update."] = True
    clip_low: Annotated[float, "How far a token's ratio may fall below 1."] = 0.2
    clip_high: Annotated[float, "How far a token's ratio may rise above 1."] = 0.2
    value_clip: Annotated[float, "How far a value may move at no loss; 0 sets no limit."] = 0.0
    value_coef: Annotated[float, "The weight of the value's error."] = 0.1
    entropy_coef: Annotated[float, "The weight of the entropy."] = 0.0
    kl_coef: Annotated[float, "The penalty for leaving the reference, a token's reward."] = 0.01
    reread: Annotated[bool, "Take old log-probabilities from a pass, not from playing."] = False
    lr: Annotated[float, "The model's learning rate.", "Optimiser"] = 1e-5
    value_lr: Annotated[float, "The value head's learning rate."] = 1e-4
    lr_scheduler: Annotated[Scheduler, "constant, linear or cosine, over the updates."] = "constant"
    warmup: Annotated[int, "Updates in which the model's rate rises."] = 0
    value_warmup: Annotated[int, "Updates in which the value head alone is trained."] = 0
    epochs: Annotated[int, "Times through the episodes of an update."] = 2
    minibatches: Annotated[int, "Optimiser steps of an epoch."] = 4
    batch_tokens: Annotated[int, "Tokens read at once, padding included; memory sets it."] = 8192
    max_grad_norm: Annotated[float, "Gradients are clipped to this length; 0 never."] = 1.0
    weight_decay: Annotated[float, "Weight decay."] = 0.0
    precision: Annotated[Precision, "auto, float32, bfloat16 or float16."] = "auto"
    seed: Annotated[int, "Of questions, samples, LoRA, the value head and minibatches."] = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        check_choices(self, LearnSettings)
        for name in ("epochs", "minibatches", "batch_tokens"):
            at_least(name, getattr(self, name), 1)
        for name in ("warmup", "value_warmup", "seed"):
            at_least(name, getattr(self, name), 0)
        for name in ("lr", "value_lr", "value_clip", "value_coef", "entropy_coef", "kl_coef",
                     "max_grad_norm", "weight_decay"):  # fmt: skip
            check_number(name, getattr(self, name), 0.0)
        for name in ("clip_low", "clip_high"):
            check_number(name, getattr(self, name), 0.0, 1.0, example=0.2)
        _ = self.discount

    @property
    def discount(self) -> Discount:
        """How far credit reaches."""
        return Discount(
            gamma=self.gamma, lam=self.lam, step_gamma=self.step_gamma, step_lam=self.step_lam
        )


@dataclass(frozen=True, kw_only=True)
class PPOSettings(LearnSettings):
    """Everything that `hopgym train ppo` can be told.

    Raises:
        ConfigError: If a value is not allowed, or the model is missing.
    """

    model_name: Annotated[str, "The model: a folder, or a name at the hub. Needed.", "Files"] = ""
    output_dir: Annotated[str, "Where the trained model goes."] = "output"
    resume: Annotated[bool, "Go on from the last checkpoint in the output folder."] = False
    merge: Annotated[bool, "Write whole weights instead of an adapter."] = False
    env_id: Annotated[str, "Where it plays.", "Episodes"] = "hopgym/SearchRead-v0"
    env_set: Annotated[tuple[str, ...], "The environment's keywords, name=value; repeated."] = ()
    questions: Annotated[str, "What it plays."] = "world"
    split: Annotated[str, "Their split."] = "train"
    reward: Annotated[
        str, "What pays; the environment's own, usually. A judge: r3_paper?judge=…"
    ] = ""
    updates: Annotated[int, "How many batches of episodes to learn from."] = 100
    batch_questions: Annotated[int, "Questions of an update."] = 16
    num_samples: Annotated[int, "Episodes of each question."] = 4
    num_envs: Annotated[int, "Episodes side by side."] = 64
    temperature: Annotated[float, "Of what it writes while it learns."] = 1.0
    max_new_tokens: Annotated[int, "Tokens of a turn at most."] = 256
    context: Annotated[int, "Tokens that the model reads; 0 for what it says."] = 0
    prompt: Annotated[Style, "plain or chat."] = "plain"
    instructions: Annotated[bool | None, "Whether the rules are shown; in chats, usually."] = None
    control: Annotated[Control, "shuffled: rewards of other episodes, to see what is left."] = (
        "none"
    )
    lora_r: Annotated[int, "The rank of LoRA; 0 trains all weights.", "Weights"] = 8
    lora_alpha: Annotated[int, "LoRA's alpha."] = 16
    lora_target_modules: Annotated[str, "Modules by comma, or all-linear."] = "q_proj,v_proj"
    gradient_checkpointing: Annotated[bool, "Recompute activations: less memory, more time."] = (
        False
    )
    shared_value: Annotated[bool, "Whether the value's error trains the model too."] = True
    eval_questions: Annotated[
        str, "What is played while training, if another set; 'none' plays none.", "Held-out play"
    ] = ""
    eval_split: Annotated[str, "Their split, which shares no question with training."] = "dev"
    contamination: Annotated[Contamination, CONTAMINATION] = "refuse"
    eval_episodes: Annotated[int, "How many are played at a time."] = 100
    eval_every: Annotated[int, "Updates between; the last is always played."] = 10
    eval_metric: Annotated[str, "What the best checkpoint is chosen by."] = "em"
    save_every: Annotated[int, "Updates between checkpoints.", "Checkpoints and the guard"] = 10
    guard: Annotated[
        bool | None,
        "Stop where training has collapsed, and keep the best; the control never, usually.",
    ] = None
    guard_set: Annotated[tuple[str, ...], "A bound of the guard, name=value; repeated."] = ()
    use_wandb: Annotated[bool, "Log to Weights & Biases.", "Elsewhere"] = False
    wandb_project: Annotated[str, "Its project."] = "hopgym-ppo"
    wandb_run_name: Annotated[str | None, "The run's name there."] = None
    use_tensorboard: Annotated[bool, "Log to TensorBoard."] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        super().__post_init__()
        check_choices(self, PPOSettings)
        for name in ("model_name", "output_dir"):
            if not getattr(self, name):
                raise ConfigError(f"{name} is missing: give --{name}.")
        for name in _FROM_ONE:
            at_least(name, getattr(self, name), 1)
        for name in ("context", "lora_r"):
            at_least(name, getattr(self, name), 0)
        check_number("temperature", self.temperature, 0.0, example=1.0)
        if not self.temperature:
            raise ConfigError("temperature is 0: every sample would be the same. Give 1.0, say.")
        if self.prompt == "chat_whole":
            raise ConfigError(
                "prompt=chat_whole sends every turn a new message, so an episode is no single row "
                "of tokens. Give plain or chat."
            )
        if self.context:
            prompt_room(self.context, self.max_new_tokens)
        self.guard_settings()
        if self.algorithm == "rloo" and self.num_samples < 2:
            raise ConfigError("rloo compares samples of a question: give num_samples=2 or more.")

    @property
    def guarded(self) -> bool:
        """Whether the guard may stop the run: not where rewards mean nothing, unless told."""
        return self.control == "none" if self.guard is None else self.guard

    def guard_settings(self, precision: str = "float32") -> GuardSettings:
        """Return the guard's bounds.

        Args:
            precision: What is computed with. In float16 some gradients are no numbers until their
                scale has settled, which is no collapse.

        Raises:
            ConfigError: If a bound is not allowed.
        """
        usual = {"broken_updates": 3} if precision == "float16" else {}
        return read_bounds(self.guard_set, **usual)

    @property
    def prompts(self) -> Prompts:
        """How the model is asked."""
        return Prompts(style=self.prompt, instructions=self.instructions)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> PPOSettings:
        """Return the settings of a preset, with changes.

        Raises:
            UnknownNameError: If there is none of that name.
        """
        usual = read_preset(PRESETS, name, "hopgym train ppo --help")
        return cls(**{**usual, **changes})


_FROM_ONE = (
    "updates", "batch_questions", "num_samples", "num_envs", "max_new_tokens", "lora_alpha",
    "eval_episodes", "eval_every", "save_every",
)  # fmt: skip

FREE = frozenset(
    [
        "output_dir", "resume", "num_envs", "batch_tokens", "gradient_checkpointing", "save_every",
        "guard", "guard_set", "merge", "use_wandb", "wandb_project", "wandb_run_name",
        "use_tensorboard", "contamination",
    ]
)  # fmt: skip
"""What may differ where a run is resumed: it changes the place, the speed or the memory."""

_CHOICES: dict[str, Any] = {
    "algorithm": Algorithm,
    "lr_scheduler": Scheduler,
    "precision": Precision,
    "control": Control,
    "prompt": Style,
    "contamination": Contamination,
}


def check_choices(settings: Any, kind: type[Any]) -> None:
    """Refuse words that are not among those allowed.

    Raises:
        ConfigError: If one is not.
    """
    for name in {each.name for each in fields(kind)} & set(_CHOICES):
        value, allowed = getattr(settings, name), get_args(_CHOICES[name])
        if value not in allowed:
            raise ConfigError(f"{name} is {value!r}; it may be {', '.join(allowed)}.")
