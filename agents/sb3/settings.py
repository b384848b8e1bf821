"""The settings of `hopgym train sb3`: plain fields, which are also its flags, and what each is.

Those of the algorithm have the names that Stable-Baselines3 gives them.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number
from ...retrieval.options import split_options
from ...rewards import REWARDS
from ..flags import read_preset
from ..training.choices import CONTAMINATION, Contamination
from .presets import PRESETS

Algorithm = Literal["maskable_ppo", "ppo"]
Head = Literal["pointer", "stock"]
Mode = Literal["sequential", "one_shot"]
Scheduler = Literal["constant", "linear"]
Device = Literal["cpu", "cuda", "auto"]

_CHOICES: dict[str, Any] = {
    "algorithm": Algorithm,
    "head": Head,
    "mode": Mode,
    "lr_scheduler": Scheduler,
    "device": Device,
    "contamination": Contamination,
}


@dataclass(frozen=True, kw_only=True)
class SB3Settings:
    """Everything that `hopgym train sb3` can be told.

    Raises:
        ConfigError: If a value is not allowed.
    """

    output_dir: Annotated[str, "Where the trained policy goes.", "Files"] = "output"
    resume: Annotated[bool, "Go on from the last checkpoint in the output folder."] = False
    env_id: Annotated[str, "Where it plays.", "Episodes"] = "hopgym/KGSubgraph-v0"
    env_set: Annotated[tuple[str, ...], "The environment's keywords, name=value; repeated."] = ()
    questions: Annotated[str, "What it plays."] = "world?hops=2"
    split: Annotated[str, "Their split."] = "train"
    mode: Annotated[Mode, "sequential: fact by fact; one_shot: all facts at once."] = "sequential"
    top_k: Annotated[int, "Facts that are offered at most."] = 64
    reward: Annotated[str, "What pays; its gamma is set to the learner's."] = "kg"
    total_timesteps: Annotated[int, "Steps of all lanes together, in whole updates."] = 200_000
    num_envs: Annotated[int, "Episodes side by side."] = 64
    head: Annotated[Head, "pointer, or stock: SB3's MultiInputPolicy as it is.", "Policy"] = (
        "pointer"
    )
    width: Annotated[int, "Of the pointer's hidden layers."] = 32
    layers: Annotated[int, "The pointer's rounds of messages."] = 2
    algorithm: Annotated[Algorithm, "maskable_ppo or ppo.", "Algorithm"] = "maskable_ppo"
    learning_rate: Annotated[float, "Adam's."] = 1e-3
    lr_scheduler: Annotated[Scheduler, "constant, or linear: down to 0 at the end."] = "linear"
    n_steps: Annotated[int, "Steps of a lane in an update."] = 16
    batch_size: Annotated[int, "Steps of a minibatch."] = 256
    n_epochs: Annotated[int, "Times through the steps of an update."] = 4
    gamma: Annotated[float, "Discount; the reward is told the same."] = 1.0
    gae_lambda: Annotated[float, "GAE's lambda."] = 0.95
    clip_range: Annotated[float, "How far a ratio may leave 1."] = 0.2
    ent_coef: Annotated[float, "The weight of the entropy."] = 0.01
    vf_coef: Annotated[float, "The weight of the value's error."] = 0.5
    max_grad_norm: Annotated[float, "Gradients are clipped to this length."] = 0.5
    target_kl: Annotated[float, "An update ends early beyond 1.5 times this; 0 never."] = 0.0
    seed: Annotated[int, "Of questions, samples, weights and minibatches."] = 0
    device: Annotated[Device, "cpu, cuda, or auto: what there is."] = "cpu"
    eval_questions: Annotated[
        str, "What is played while training, if another set; 'none' plays none.", "Held-out play"
    ] = ""
    eval_split: Annotated[str, "Their split, which shares no question with training."] = "dev"
    contamination: Annotated[Contamination, CONTAMINATION] = "refuse"
    eval_episodes: Annotated[int, "How many are played at a time."] = 200
    eval_every: Annotated[int, "Steps between, in whole updates; each saves a checkpoint."] = 40_000
    eval_metric: Annotated[str, "What the best is chosen by: reward, or a metric."] = "reward"
    patience: Annotated[int, "Stop after so many that were no better; 0 never."] = 0
    use_wandb: Annotated[bool, "Log to Weights & Biases.", "Elsewhere"] = False
    wandb_project: Annotated[str, "Its project."] = "hopgym-sb3"
    wandb_run_name: Annotated[str | None, "The run's name there."] = None
    use_tensorboard: Annotated[bool, "Log to TensorBoard."] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name, kind in _CHOICES.items():
            if getattr(self, name) not in get_args(kind):
                allowed = ", ".join(get_args(kind))
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it may be {allowed}.")
        if not self.output_dir:
            raise ConfigError("output_dir is missing: give --output_dir.")
        for name in ("top_k", "total_timesteps", "num_envs", "width", "layers", "n_steps",
                     "n_epochs", "eval_episodes", "eval_every"):  # fmt: skip
            at_least(name, getattr(self, name), 1)
        for name in ("seed", "patience"):
            at_least(name, getattr(self, name), 0)
        at_least("batch_size", self.batch_size, 2)  # advantages are normalised over it
        if self.update_steps % self.batch_size:
            raise ConfigError(
                f"batch_size is {self.batch_size}, and an update has {self.update_steps} steps "
                "(num_envs * n_steps). Give one that divides it."
            )
        for name in ("learning_rate", "ent_coef", "vf_coef", "max_grad_norm", "target_kl"):
            check_number(name, getattr(self, name), 0.0)
        for name in ("gae_lambda", "clip_range"):
            check_number(name, getattr(self, name), 0.0, 1.0, example=0.95)
        _ = self.reward_spec

    @property
    def update_steps(self) -> int:
        """Steps of all lanes in an update."""
        return self.num_envs * self.n_steps

    @property
    def masked(self) -> bool:
        """Whether actions that are not possible are left out."""
        return self.algorithm == "maskable_ppo"

    @property
    def reward_spec(self) -> str:
        """The reward with the learner's discount, where it takes one.

        Potential shaping leaves the optimum where it was under the learner's own gamma alone.

        Raises:
            ConfigError: If it is given another discount.
        """
        return with_gamma(self.reward, self.gamma)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> SB3Settings:
        """Return the settings of a preset, with changes.

        Raises:
            UnknownNameError: If there is none of that name.
        """
        usual = read_preset(PRESETS, name, "hopgym train sb3 --help")
        return cls(**{**usual, **changes})


def with_gamma(reward: str, gamma: float) -> str:
    """Return a reward's name with a discount, where the reward takes one.

    >>> with_gamma("kg?size=0.02", 0.5), with_gamma("em", 0.5)
    ('kg?size=0.02&gamma=0.5', 'em')

    Raises:
        ConfigError: If gamma is no discount, or the reward has another.
    """
    check_number("gamma", gamma, 0.0, 1.0, example=0.99)
    if not gamma:
        raise ConfigError("gamma is 0: nothing that comes later would count. Give 0.99, say.")
    name, options = split_options(reward)
    if "gamma" not in _options_of(REWARDS.get(name)):
        return reward
    if options.get("gamma", gamma) != gamma:
        raise ConfigError(
            f"The learner's gamma is {gamma}, and the reward {reward!r} has another: its shaping "
            "would change what is best. Give --gamma alone."
        )
    if "gamma" in options:
        return reward
    return f"{reward}{'&' if '?' in reward else '?'}gamma={gamma}"


def _options_of(reward: Any) -> set[str]:
    try:
        return set(inspect.signature(reward).parameters)
    except (TypeError, ValueError):
        return set()


FREE = frozenset(
    ["output_dir", "resume", "device", "patience", "use_wandb", "wandb_project", "wandb_run_name",
     "use_tensorboard", "contamination"]
)  # fmt: skip
"""What may differ where a run is resumed: it changes the place or the speed."""
