"""Phase 2: the generator's loss reaches the retriever (D-RAG, EMNLP 2025), or a cascade beside it.

    L = L_gen + lambda * L_ret

Facts are drawn by their probabilities, and z * MLP_proj(F) stands before each that was drawn, so that
the straight-through gradient of the generator's loss says of each whether it helped (`st`). It says
nothing of facts that were not drawn: `rloo` draws several subgraphs of a question, and raises the
probability of those whose answers were likelier than the others' (REINFORCE with the leave-one-out
mean as its baseline, Kool et al. 2019); it is unbiased for all facts. `st+rloo` adds the two.

`lambda` is `ret_loss_weight`, or by `gradnorm` rho' |grad L_gen| / |grad L_ret|, both in the
retriever's weights, smoothed over steps and kept within [0.001, 10], since it swings.

The cascades are the paper's baselines: the generator reads what a retriever takes, as text, and
nothing flows back. `static`: the retriever of phase 1 stays as it is. `dynamic`: it goes on
learning by L_ret alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from ...envs.subgraph.case import Case
from ...errors import AgentError
from .generator import Generator
from .judging import prompts_of
from .losses import retrieval_loss
from .parts import chosen_facts, in_order
from .phase import Phase
from .sampler import Sample, sample
from .scorer import Scored

_SMOOTH, _LEAST, _MOST = 0.9, 1e-3, 10.0


class Joint(Phase):
    """Trains the generator, and with it the retriever and the projector."""

    metric: ClassVar[str] = "f1_one_to_one"

    @property
    def generator(self) -> Generator:
        """What reads.

        Raises:
            AgentError: If the parts have none.
        """
        if self.parts.generator is None:
            raise AgentError("Phase 2 trains a generator, and there is none.")
        return self.parts.generator

    def groups(self) -> list[dict[str, Any]]:
        """Return the weights that are trained, each part at its own rate."""
        settings, parts = self.settings, self.parts
        groups = [{"params": self.generator.trainable(), "lr": settings.generator_lr}]
        if settings.cascade != "static":
            groups.append({"params": list(parts.retriever.parameters()), "lr": settings.lr})
        if parts.projector is not None:
            rate = settings.projector_lr or settings.lr
            groups.append({"params": list(parts.projector.parameters()), "lr": rate})
        return groups

    def train_mode(self) -> None:
        """Train what is trained."""
        self.parts.retriever.train(self.settings.cascade != "static")
        self.generator.train()

    def losses(self, cases: Sequence[Case], noise: torch.Generator) -> dict[str, Tensor]:
        """Return the losses of a batch."""
        batch = self.parts.batch(cases)
        static = self.settings.cascade == "static"
        with torch.set_grad_enabled(not static):
            scored = self.parts.forward(batch, noise)
        if self.settings.cascade != "none":
            told = {"generation": self._read(cases, scored)}
        else:
            told = self._drawn(cases, scored, noise)
        loss = told["generation"] + told.get("rloo", 0.0)
        if static:
            return {"loss": loss, **told}
        told["retrieval"] = self._retrieval(scored, noise)
        weight = self._lambda(loss, told["retrieval"])
        told["lambda"] = loss.new_tensor(weight)
        return {"loss": loss + weight * told["retrieval"], **told}

    def _read(self, cases: Sequence[Case], scored: Scored) -> Tensor:
        """Return the generator's loss by what is taken without chance, as text."""
        with torch.no_grad():
            chosen = chosen_facts(scored, self.settings.k_facts, self.settings.threshold)
        prompts = prompts_of(self.parts, cases, scored, chosen)
        loss: Tensor = self.generator.loss(prompts, _answers(cases)).mean()
        return loss

    def _drawn(
        self, cases: Sequence[Case], scored: Scored, noise: torch.Generator
    ) -> dict[str, Tensor]:
        """Return the generator's loss by what was drawn, and that of how it was drawn."""
        settings = self.settings
        draws = [
            sample(
                scored.logits,
                scored.batch.owners,
                tau=settings.tau,
                cap=settings.k_facts,
                generator=noise,
                count=len(cases),
            )
            for _ in range(settings.samples)
        ]
        through = "st" in settings.estimator.split("+")
        prompts = [
            prompt for draw in draws for prompt in self._prompts(cases, scored, draw, through)
        ]
        losses = self.generator.loss(prompts, _answers(cases) * len(draws))
        told = {"generation": losses.mean()}
        if "rloo" in settings.estimator:
            told["rloo"] = leave_one_out(losses.view(len(draws), -1), draws)
        told["drawn"] = torch.stack([draw.hard.sum() for draw in draws]).float().mean() / len(cases)
        return told

    def _prompts(
        self, cases: Sequence[Case], scored: Scored, draw: Sample, through: bool
    ) -> list[Any]:
        z = draw.z if through else draw.z.detach()
        return prompts_of(self.parts, cases, scored, in_order(scored, draw.hard), z)

    def _retrieval(self, scored: Scored, noise: torch.Generator) -> Tensor:
        settings, batch = self.settings, scored.batch
        return retrieval_loss(
            scored.logits,
            batch.labels,
            batch.owners,
            rho=settings.rho,
            margin=settings.margin,
            pos_weight=settings.pos_weight,
            generator=noise,
        )

    def _lambda(self, generation: Tensor, retrieval: Tensor) -> float:
        settings = self.settings
        if settings.ret_weighting == "static":
            return settings.ret_loss_weight
        weights = list(self.parts.retriever.parameters())
        norms = [_norm(loss, weights) for loss in (generation, retrieval)]
        now = settings.rho_prime * norms[0] / max(norms[1], 1e-12)
        smooth = _SMOOTH * self.memory.get("lambda", now) + (1 - _SMOOTH) * now
        self.memory["lambda"] = min(max(smooth, _LEAST), _MOST)
        return self.memory["lambda"]


def leave_one_out(losses: Tensor, draws: Sequence[Sample]) -> Tensor:
    """Return the loss whose gradient raises the probability of draws better than the others.

    Args:
        losses: `[draws, questions]`, of the generator; its log-likelihood is the reward.
        draws: Two or more.
    """
    rewards = -losses.detach()
    others = (rewards.sum(0, keepdim=True) - rewards) / (len(draws) - 1)
    chances = torch.stack([draw.log_prob for draw in draws])
    return -((rewards - others) * chances).mean()


def _answers(cases: Sequence[Case]) -> list[tuple[str, ...]]:
    return [case.gold_answers for case in cases]


def _norm(loss: Tensor, weights: list[Any]) -> float:
    if not loss.requires_grad:
        return 0.0
    found = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    squares = [gradient.pow(2).sum() for gradient in found if gradient is not None]
    return float(torch.stack(squares).sum().sqrt()) if squares else 0.0
