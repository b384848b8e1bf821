"""The settings of `hopgym train grpo`: plain fields, which are also its flags, and what each is.

Names and defaults are those of the small-scale re-implementation of Reasoning-Search (arXiv
2506.08352) where it has them. Keys are no settings: see `keys`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number
from ..flags import read_preset
from ..health.bounds import read_bounds
from ..health.settings import GuardSettings
from ..llm.prompt_room import prompt_room
from ..llm.prompts import Prompts
from ..training.choices import CONTAMINATION, Contamination, Precision, check_choice
from ..training.hub import check_name
from .presets import PRESETS

Ask = Literal["auto", "plain", "chat"]
Loss = Literal["dapo", "grpo", "bnpo", "dr_grpo", "cispo", "sapo"]
Scale = Literal["group", "batch", "none"]
Scheduler = Literal["linear", "cosine", "constant"]
Control = Literal["none", "shuffled"]
Engine = Literal["colocate", "server"]

MODEL = "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"


@dataclass(frozen=True, kw_only=True)
class GRPOSettings:
    """Everything that `hopgym train grpo` can be told, but for keys.

    Raises:
        ConfigError: If a value is not allowed, or values do not go together.
    """

    model_name: Annotated[str, "The model: a folder, or a name at the hub.", "Files"] = MODEL
    data_path: Annotated[str, "Questions: a JSON or JSONL file, or a registered set."] = "world"
    output_dir: Annotated[str, "Where the trained model goes."] = "./output"
    split: Annotated[str, "The split of the questions."] = "train"
    resume: Annotated[bool, "Go on from the last checkpoint in the output folder."] = False
    merge: Annotated[bool, "Write whole weights instead of an adapter."] = False
    env_id: Annotated[str, "Where it plays.", "Episodes"] = "hopgym/DagSearch-v0"
    env_set: Annotated[tuple[str, ...], "The environment's keywords, name=value; repeated."] = ()
    retriever: Annotated[str, "What searches; bm25, or exa where --exa_api_key is given."] = ""
    judge: Annotated[str, "Who judges; rule, or openai where --openai_api_key is given."] = ""
    reward: Annotated[str, "What pays; the environment's own, usually."] = ""
    curriculum_steps: Annotated[int, "DagSearch's first steps, with weights for the format."] = 30
    prompt: Annotated[Ask, "plain, chat, or auto: as the model was made to be asked."] = "auto"
    instructions: Annotated[bool | None, "Whether the rules are shown; in chats, usually."] = None
    temperature: Annotated[float, "Of what it writes while it learns."] = 1.0
    top_p: Annotated[float, "How much of the probability is sampled from."] = 1.0
    max_new_tokens: Annotated[int, "Tokens of a turn at most."] = 512
    context: Annotated[int, "Tokens that the model reads; 0 for what it says."] = 0
    num_envs: Annotated[int, "Episodes side by side."] = 64
    max_steps: Annotated[int, "Optimiser steps.", "Optimiser"] = 100
    batch_size: Annotated[int, "Episodes read at once, on each device."] = 1
    gradient_accumulation_steps: Annotated[int, "Such batches for one optimiser step."] = 4
    steps_per_generation: Annotated[
        int, "Such batches that are played at a time; 0 for those of one optimiser step."
    ] = 0
    num_generations: Annotated[int, "Episodes of each question."] = 4
    num_iterations: Annotated[int, "Times through the episodes of a generation."] = 1
    lr: Annotated[float, "Learning rate."] = 5e-6
    lr_scheduler: Annotated[Scheduler, "Its course: linear, cosine or constant."] = "linear"
    warmup_steps: Annotated[int, "Steps in which it rises."] = 0
    weight_decay: Annotated[float, "Weight decay."] = 0.0
    max_grad_norm: Annotated[float, "Gradients are clipped to this length."] = 1.0
    loss_type: Annotated[Loss, "TRL's: dapo, grpo, bnpo, dr_grpo, cispo, sapo.", "GRPO"] = "dapo"
    scale_rewards: Annotated[Scale, "What advantages are divided by: group, batch, none."] = "group"
    beta: Annotated[float, "The weight of the KL to the reference; 0 needs no reference."] = 0.0
    epsilon: Annotated[float, "How far a token's ratio may fall below 1."] = 0.2
    epsilon_high: Annotated[float | None, "How far it may rise; as epsilon, usually."] = None
    mask_overlong: Annotated[bool, "Learn nothing from episodes that were cut."] = True
    resample: Annotated[int, "Times that groups without a difference are played anew."] = 0
    watch_every: Annotated[int, "Batches between looks at displaced likelihood; 0 never."] = 10
    control: Annotated[Control, "shuffled: rewards of other episodes, to see what is left."] = (
        "none"
    )
    lora_r: Annotated[int, "The rank of LoRA; 0 trains all weights.", "Weights"] = 16
    lora_alpha: Annotated[int, "LoRA's alpha."] = 32
    lora_dropout: Annotated[float, "LoRA's dropout."] = 0.05
    lora_target_modules: Annotated[str, "Modules by comma, or all-linear."] = (
        "q_proj,k_proj,v_proj,o_proj"
    )
    gradient_checkpointing: Annotated[bool, "Recompute activations: less memory, more time."] = True
    precision: Annotated[Precision, "auto, float32, bfloat16 or float16."] = "auto"
    seed: Annotated[int, "Of questions, samples, LoRA's weights and dropout."] = 0
    use_vllm: Annotated[bool, "Let vLLM write the episodes."] = False
    vllm_mode: Annotated[Engine, "colocate, or a server of `trl vllm-serve`."] = "colocate"
    eval_questions: Annotated[
        str, "What is played while training, if another set; 'none' plays none.", "Held-out play"
    ] = ""
    eval_split: Annotated[str, "Their split, which shares no question with training."] = "dev"
    contamination: Annotated[Contamination, CONTAMINATION] = "refuse"
    eval_episodes: Annotated[int, "How many are played at a time."] = 100
    eval_every: Annotated[int, "Steps between; the last is always played."] = 20
    eval_metric: Annotated[str, "What the best checkpoint is chosen by."] = "em"
    save_every: Annotated[int, "Steps between checkpoints.", "Checkpoints and the guard"] = 20
    save_total_limit: Annotated[int, "Checkpoints that are kept."] = 2
    guard: Annotated[
        bool | None,
        "Stop where training has collapsed, and keep the best; the control never, usually.",
    ] = None
    guard_set: Annotated[tuple[str, ...], "A bound of the guard, name=value; repeated."] = ()
    use_wandb: Annotated[bool, "Log to Weights & Biases.", "Elsewhere"] = False
    wandb_project: Annotated[str, "Its project."] = "r-search-training"
    wandb_run_name: Annotated[str | None, "The run's name there."] = None
    use_tensorboard: Annotated[bool, "Log to TensorBoard."] = False
    push_to_hub: Annotated[bool, "Push the trained model to the Hugging Face hub."] = False
    hub_model_id: Annotated[str | None, "Its name there, as user/name."] = None
    hub_private: Annotated[bool, "Make it private."] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in ("model_name", "data_path", "output_dir"):
            if not getattr(self, name):
                raise ConfigError(f"{name} is empty: give --{name}.")
        for name, words in _CHOICES.items():
            check_choice(name, getattr(self, name), get_args(words))
        for name in _FROM_ONE:
            at_least(name, getattr(self, name), 1)
        for name in _FROM_NONE:
            at_least(name, getattr(self, name), 0)
        for name in ("lr", "weight_decay", "max_grad_norm", "beta", "temperature"):
            check_number(name, getattr(self, name), 0.0)
        for name in ("epsilon", "top_p", "lora_dropout"):
            check_number(name, getattr(self, name), 0.0, 1.0, example=0.2)
        if not self.temperature or not self.top_p:
            raise ConfigError("temperature and top_p must be above 0: equal samples teach nothing.")
        self._check_groups()
        self._check_resume()
        self.guard_settings()
        if self.context:
            prompt_room(self.context, self.max_new_tokens)
        if self.resample and self.control == "shuffled":
            raise ConfigError("resample chooses by the rewards, which control=shuffled takes away.")
        if self.push_to_hub:
            check_name(self.hub_model_id)

    @property
    def played_batches(self) -> int:
        """How many batches are played at a time."""
        return self.steps_per_generation or self.gradient_accumulation_steps

    @property
    def steps_of_generation(self) -> int:
        """Optimiser steps that are made of what was played at a time, at least 1."""
        batches = self.played_batches * self.num_iterations
        return max(1, batches // self.gradient_accumulation_steps)

    @property
    def prompts(self) -> Prompts:
        """How the model is asked, once that is known.

        Raises:
            ConfigError: If it is not: the model has not been looked at.
        """
        if self.prompt == "auto":
            raise ConfigError("prompt=auto is settled by the model. Give plain or chat.")
        return Prompts(style=self.prompt, instructions=self.instructions)

    @property
    def guarded(self) -> bool:
        """Whether the guard may stop the run: not where rewards mean nothing, unless told."""
        return self.control == "none" if self.guard is None else self.guard

    def guard_settings(self, precision: str = "float32") -> GuardSettings:
        """Return the guard's bounds.

        Raises:
            ConfigError: If a bound is not allowed.
        """
        usual = {"broken_updates": 3} if precision == "float16" else {}
        return read_bounds(self.guard_set, **usual)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> GRPOSettings:
        """Return the settings of a preset, with changes.

        Raises:
            UnknownNameError: If there is none of that name.
        """
        usual = read_preset(PRESETS, name, "hopgym train grpo --help")
        return cls(**{**usual, **changes})

    def _check_groups(self) -> None:
        at_least("num_generations", self.num_generations, 2)
        batches, accumulated = self.played_batches, self.gradient_accumulation_steps
        if batches % accumulated and accumulated % batches:
            raise ConfigError(
                f"steps_per_generation is {batches} and gradient_accumulation_steps {accumulated}: "
                "one must be a multiple of the other."
            )
        episodes = self.batch_size * batches
        if episodes % self.num_generations:
            raise ConfigError(
                f"num_generations is {self.num_generations}, and {episodes} episodes are played at "
                f"a time (batch_size {self.batch_size} times {batches} batches). Give a multiple: "
                "more --gradient_accumulation_steps, or --steps_per_generation."
            )

    def _check_resume(self) -> None:
        """Refuse checkpoints in the middle of a generation: its episodes would be lost."""
        for name in ("save_every", "eval_every"):
            every = getattr(self, name)
            if every % self.steps_of_generation:
                raise ConfigError(
                    f"{name} is {every}, and what is played at a time is learnt from in "
                    f"{self.steps_of_generation} steps. Give a multiple of that."
                )


_FROM_ONE = (
    "max_steps", "batch_size", "gradient_accumulation_steps", "num_iterations", "max_new_tokens",
    "num_envs", "lora_alpha", "eval_episodes", "eval_every", "save_every", "save_total_limit",
)  # fmt: skip
_FROM_NONE = (
    "curriculum_steps", "steps_per_generation", "warmup_steps", "resample", "watch_every", "lora_r",
    "seed", "context",
)  # fmt: skip

_CHOICES: dict[str, Any] = {
    "prompt": Ask, "loss_type": Loss, "scale_rewards": Scale, "lr_scheduler": Scheduler,
    "precision": Precision, "control": Control, "vllm_mode": Engine,
    "contamination": Contamination,
}  # fmt: skip

FREE = frozenset(
    [
        "output_dir", "resume", "merge", "num_envs", "gradient_checkpointing", "watch_every",
        "save_every", "save_total_limit", "guard", "guard_set", "use_wandb", "wandb_project",
        "wandb_run_name", "use_tensorboard", "push_to_hub", "hub_model_id", "hub_private",
        "contamination",
    ]
)  # fmt: skip
"""What may differ where a run is resumed: it changes the place, the speed or the memory."""
