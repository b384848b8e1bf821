"""The learner: one update of a policy from a batch of episodes.

It values the episodes, credits their actions, and makes the objective small over some epochs of
minibatches. A minibatch is read in parts that fit the memory; its loss is the mean over its actions
however it is cut, so that eight rows at once and eight times one give the same gradient, and two
processes that read half of it each the same as one. Episodes may come from anywhere: it knows
neither environments nor files.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import AgentError, require
from ...seeding import rng_for
from .actor import Actor, split
from .credit import credit
from .objective import Tensor, kl_k3, policy_loss, value_loss
from .optimizer import Optimizer
from .samples import Floats, Sample
from .settings import LearnSettings
from .team import Team


class Learner:
    """Trains an actor.

    Args:
        actor: What is trained.
        settings: How.
        updates: How many there will be, which the learning rate follows.
        team: Who else trains the same model; each has an actor and a learner of its own.
    """

    def __init__(
        self, actor: Actor, settings: LearnSettings, updates: int, team: Team | None = None
    ) -> None:
        self.actor = actor
        self.settings = settings
        self.team = team or Team()
        self.optimizer = Optimizer(actor, settings, updates, self.team)

    def learn(self, samples: Sequence[Sample], update: int) -> dict[str, float]:
        """Make an update.

        Args:
            samples: The episodes: the same in all processes of a team.
            update: Its number, from 0: it decides the order of the samples and the learning rate.

        Returns:
            Its figures: `loss`, `policy_loss`, `value_loss`, `kl` (to the reference, by action),
            `entropy`, `clip_fraction`, `policy_kl` (how far the update went), `grad_norm`,
            `value_error` (the share of the returns' variance that the values do not explain), `lr`.

        Raises:
            AgentError: If there is nothing to learn from.
        """
        if not samples:
            raise AgentError("No episode could be played to its end: there is nothing to learn.")
        self._value(samples)
        settings = self.settings
        credit(
            samples, settings.algorithm, settings.discount, kl_coef=settings.kl_coef,
            normalise=settings.normalise_advantages,
        )  # fmt: skip
        figures = self._before(samples)
        steps = [
            step for epoch in range(settings.epochs) for step in self._epoch(samples, update, epoch)
        ]
        return {**figures, **_means(steps), "lr": self.optimizer.rate(update)}

    def _value(self, samples: Sequence[Sample]) -> None:
        """Fill in what was expected before each action, and how likely the reference finds it."""
        ordered = longest_first(samples)
        read = self.team.everyones(lambda: self._read(self.team.mine(ordered)))
        for sample, numbers in zip(ordered, read, strict=True):
            sample.logprobs, sample.values, sample.reference = numbers

    def _read(self, samples: Sequence[Sample]) -> list[tuple[Floats, Floats, Floats]]:
        """Return the old log-probabilities of each sample, its values and its reference's."""
        torch = require("torch", "llm")
        for part in self._parts(samples):
            with torch.no_grad():
                if self.actor.head is not None or self.settings.reread:
                    read = self.actor.read(part)
                    for sample, values in split(part, read.values):
                        sample.values = values
                    if self.settings.reread:
                        for sample, logprobs in split(part, read.logprobs):
                            sample.logprobs = logprobs
                if self.actor.has_reference:
                    for sample, logprobs in split(part, self.actor.reference_logprobs(part)):
                        sample.reference = logprobs
        return [(sample.logprobs, sample.values, sample.reference) for sample in samples]

    def _before(self, samples: Sequence[Sample]) -> dict[str, float]:
        """Return the figures of the policy that played."""
        figures = {}
        if self.actor.has_reference:
            apart = np.concatenate([sample.reference - sample.logprobs for sample in samples])
            figures["kl"] = float((np.exp(apart) - apart - 1.0).mean())  # k3, as in objective.py
        if self.settings.algorithm == "ppo":
            returns = np.concatenate([sample.returns for sample in samples])
            wrong = returns - np.concatenate([sample.values for sample in samples])
            figures["value_error"] = float(wrong.var() / max(float(returns.var()), 1e-8))
        return figures

    def _epoch(
        self, samples: Sequence[Sample], update: int, epoch: int
    ) -> Iterator[dict[str, float]]:
        rng = rng_for(self.settings.seed, "minibatches", update, epoch)
        order = rng.permutation(len(samples))
        count = min(self.settings.minibatches, len(samples))
        for chosen in np.array_split(order, count):
            yield self._step([samples[n] for n in chosen.tolist()], update)

    def _step(self, samples: Sequence[Sample], update: int) -> dict[str, float]:
        """Take one step of the optimizer; each process reads its share of the samples."""
        actions = sum(map(len, samples))
        mine = self.team.mine(longest_first(samples))
        sums: dict[str, float] = defaultdict(float)
        for part in self.team.everyones(lambda: [self._backward(mine, actions)]):
            for name, value in part.items():
                sums[name] += value
        figures = {name: value / actions for name, value in sums.items()}
        return {**figures, "grad_norm": self.optimizer.step(update)}

    def _backward(self, samples: Sequence[Sample], actions: int) -> dict[str, float]:
        """Add the gradients of samples to those of so many actions; return sums of figures."""
        sums: dict[str, float] = defaultdict(float)
        for part in self._parts(samples):
            loss, figures = self._loss(part)
            self.optimizer.backward(loss / actions)
            for name, value in figures.items():
                sums[name] += value
        return sums

    def _loss(self, samples: Sequence[Sample]) -> tuple[Tensor, dict[str, float]]:
        """Return the sum of the objective over the actions, and sums of figures."""
        settings = self.settings
        read = self.actor.read(samples, entropy_gradient=settings.entropy_coef > 0)
        old, advantages, returns, values = (
            self._tensor([getattr(sample, name) for sample in samples])
            for name in ("logprobs", "advantages", "returns", "values")
        )
        policy = policy_loss(read.logprobs, old, advantages, settings.clip_low, settings.clip_high)
        loss = policy.losses.sum()
        figures = {
            "policy_loss": float(loss.detach()),
            "clip_fraction": float(policy.clipped.sum()),
            "policy_kl": float(kl_k3(read.logprobs.detach(), old).sum()),
            "entropy": float(read.entropies.detach().sum()),
        }
        if self.actor.head is not None:
            error = value_loss(read.values, values, returns, settings.value_clip).losses.sum()
            figures["value_loss"] = float(error.detach())
            loss = loss + settings.value_coef * error
        if settings.entropy_coef:
            loss = loss - settings.entropy_coef * read.entropies.sum()
        figures["loss"] = float(loss.detach())
        return loss, figures

    def _tensor(self, arrays: Sequence[np.ndarray[Any, Any]]) -> Tensor:
        torch = require("torch", "llm")
        numbers = np.concatenate(arrays).astype(np.float32)
        return torch.as_tensor(numbers, device=self.actor.device)

    def _parts(self, samples: Sequence[Sample]) -> list[list[Sample]]:
        return parts(samples, self.settings.batch_tokens)


def parts(samples: Sequence[Sample], tokens: int) -> list[list[Sample]]:
    """Cut samples into parts of like length, each of so many tokens at most, padding included.

    A single row may have more.
    """
    made: list[list[Sample]] = []
    for sample in longest_first(samples):
        if made and len(made[-1][0].ids) * (len(made[-1]) + 1) <= tokens:
            made[-1].append(sample)
        else:
            made.append([sample])
    return made


def longest_first(samples: Sequence[Sample]) -> list[Sample]:
    """Return samples by the length of their rows: dealt out in turn, they are fair shares."""
    return sorted(samples, key=lambda sample: -len(sample.ids))


def _means(steps: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each figure; what is no number anywhere is none."""
    return {name: math.fsum(step[name] for step in steps) / len(steps) for name in steps[0]}
