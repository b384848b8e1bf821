"""The learner of Stable-Baselines3 that the settings ask for, and what it writes into the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.logger import KVWriter, Logger
from stable_baselines3.common.vec_env import VecEnv

from ..training.journal import Journal
from .settings import SB3Settings
from .shape import Shape


def shape_of(settings: SB3Settings, env: VecEnv) -> Shape:
    """Return what the policy of a run is made of, as its environment has it."""
    seen: Any = env.observation_space
    kinds = seen["edge_type"]
    stage = env.get_attr("stage", 0)[0] if env.has_attr("stage") else None
    encoder = getattr(stage, "encoder", None)
    return Shape(
        head=settings.head,
        algorithm=settings.algorithm,
        mode="one_shot"
        if isinstance(env.action_space, gymnasium.spaces.MultiBinary)
        else "sequential",
        top_k=kinds.shape[0],
        dim=seen["question"].shape[0],
        edge_features=seen["edge_feat"].shape[1],
        node_features=seen["node_feat"].shape[1],
        relation_ids=int(kinds.high.max()) + 1,
        width=settings.width,
        layers=settings.layers,
        encoder=str(getattr(getattr(stage, "settings", None), "encoder", "")),
        encoder_fingerprint=str(getattr(encoder, "fingerprint", "")),
    )


def make_learner(
    settings: SB3Settings, shape: Shape, env: VecEnv, share: Callable[[], float]
) -> MaskablePPO | PPO:
    """Return the learner, with random weights by the seed.

    Args:
        settings: The algorithm's numbers.
        shape: The policy.
        env: Where it plays.
        share: Returns the share of all steps that is done.
    """

    def rate(progress: float) -> float:  # SB3 knows the progress of a stretch alone
        linear = settings.lr_scheduler == "linear" and bool(begun)
        return settings.learning_rate * (1 - share() if linear else 1.0)

    begun: list[bool] = []
    kind = MaskablePPO if settings.masked else PPO
    learner = kind(
        shape.policy,
        env,
        learning_rate=rate,
        n_steps=settings.n_steps,
        batch_size=settings.batch_size,
        n_epochs=settings.n_epochs,
        gamma=settings.gamma,
        gae_lambda=settings.gae_lambda,
        clip_range=settings.clip_range,
        ent_coef=settings.ent_coef,
        vf_coef=settings.vf_coef,
        max_grad_norm=settings.max_grad_norm,
        target_kl=settings.target_kl or None,
        policy_kwargs=shape.policy_kwargs,
        seed=settings.seed,
        device=settings.device,
    )
    begun.append(True)
    return learner


def log_to(learner: Any, journal: Journal) -> None:
    """Have a learner write its figures, update by update, into a journal and nowhere else."""
    learner.set_logger(Logger(None, [_Lines(journal)]))


_OF_A_STRETCH = ("time/iterations", "time/time_elapsed", "time/total_timesteps")
"""What SB3 counts from where its loop was called, or what the line has already."""


class _Lines(KVWriter):
    """SB3's figures as lines of a journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, Any], step: int = 0
    ) -> None:
        told = {n: v for n, v in key_values.items() if n not in _OF_A_STRETCH}
        self.journal.add(step, {n: float(v) for n, v in told.items() if not isinstance(v, str)})

    def close(self) -> None:
        """There is nothing to close."""
