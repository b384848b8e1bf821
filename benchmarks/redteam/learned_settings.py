"""The settings of `hopgym redteam learn`: those of `hopgym train ppo`, and what is hidden from it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

from ...agents.ppo.settings import FREE, PPOSettings
from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number
from .published import by_short_name

_NOT_TOLD = frozenset({"eval_metric"})
"""Says nothing here: the last policy is what is looked at, and not the best."""


@dataclass(frozen=True, kw_only=True)
class LearnedSettings(PPOSettings):
    """Everything that `hopgym redteam learn` can be told.

    Raises:
        ConfigError: If a value is not allowed.
    """

    model_name: Annotated[str, "The policy: a folder, a name at the hub, or tiny.", "Attack"] = (
        "tiny"
    )
    reward: Annotated[
        str, "What it learns from: any reward, file.py:NAME, cover_em …; usually the environment's."
    ] = ""
    true: Annotated[
        str, "The score that it never sees: a metric or a reward; usually the answer's F1."
    ] = ""
    output_dir: Annotated[str, "Where the policy, the examinations and the picture go."] = (
        "runs/attacker"
    )
    updates: Annotated[int, "How many batches of episodes to learn from."] = 20
    eval_episodes: Annotated[int, "Held-out questions of an examination."] = 100
    eval_every: Annotated[int, "Updates between examinations."] = 4
    prime: Annotated[
        str, "Teach it exploits first: names and families, a,b; usually none.", "A seeded attacker"
    ] = ""
    prime_honest: Annotated[str, "Who plays honestly in what it is taught."] = "oracle"
    prime_share: Annotated[float, "The share of what it is taught that is exploits."] = 0.4
    prime_episodes: Annotated[int, "Episodes that it is taught."] = 480
    prime_epochs: Annotated[int, "Times through them."] = 2
    prime_batch: Annotated[int, "Episodes of a step."] = 16
    prime_lr: Annotated[float, "The learning rate of the lesson."] = 1e-3

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        super().__post_init__()
        check_number("prime_share", self.prime_share, 0.0, 1.0, example=0.4)
        check_number("prime_lr", self.prime_lr, 0.0, example=1e-3)
        for name in ("prime_episodes", "prime_epochs", "prime_batch"):
            at_least(name, getattr(self, name), 1)
        at_least("eval_episodes", self.eval_episodes, 2)
        if self.eval_questions == "none":
            raise ConfigError(
                "eval_questions is 'none': the truth is looked at on held-out questions. Leave "
                "it out, or give a question set."
            )
        if self.lr_scheduler != "constant":
            raise ConfigError(
                f"lr_scheduler is {self.lr_scheduler!r}: training stops for each examination and "
                "goes on, so that the rate must not depend on the end. Give constant."
            )

    @property
    def folder(self) -> Path:
        """Where all of it goes."""
        return Path(self.output_dir)

    @property
    def scored_reward(self) -> str:
        """The reward by its full name; empty for the environment's own."""
        return by_short_name(self.reward)

    def learner(self, model: str, updates: int) -> PPOSettings:
        """Return what the learner is told: nothing of the true score, nor of what is held out.

        Args:
            model: What it begins with.
            updates: How far it goes; a further call with more goes on from there.
        """
        own = {each.name: getattr(self, each.name) for each in fields(PPOSettings)}
        told = {
            **own, "model_name": model, "reward": self.scored_reward, "updates": updates,
            "output_dir": str(self.folder / "policy"), "eval_questions": "none", "eval_split": "dev",
            "resume": True, "guard": False,
        }  # fmt: skip
        return PPOSettings(**told)

    @property
    def conditions(self) -> dict[str, object]:
        """What must be equal where a run goes on."""
        free = (FREE | {"updates"} | _NOT_TOLD) - {"guard", "guard_set"}
        names = [each.name for each in fields(self) if each.name not in free]
        return {name: getattr(self, name) for name in names}
