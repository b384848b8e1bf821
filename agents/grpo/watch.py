"""A watch over likelihood displacement: does an update make the better episodes less likely?

GRPO is to raise the likelihood of what was paid more. In multi-turn search it often falls with that
of all else, slowly and unseen by the reward, until the policy collapses: lazy likelihood
displacement (LLDS, arXiv 2512.04220). So the better episodes of a batch are read before the update
and, when the next batch begins, again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...envs.settings import at_least
from ...errors import require
from ..llm.model_facts import playing
from .rows import Row

MOST_ROWS = 16
"""Episodes that are read, at most."""


class Watch:
    """Reads the better episodes of some batches before and after their update.

    Args:
        every: Batches between two looks; 0 never.
    """

    def __init__(self, every: int) -> None:
        at_least("watch_every", every, 0)
        self.every = every
        self._batches = 0
        self._rows: list[Row] = []
        self._before: list[float] = []

    def before(self, trainer: Any, rows: Sequence[Row], advantages: Sequence[float]) -> None:
        """Read a batch's better episodes, if it is one to look at."""
        due = self.every and self._batches % self.every == 0
        self._batches += 1
        if due:
            better = [r for r, a in zip(rows, advantages, strict=True) if a > 0 and any(r.env_mask)]
            self._rows = better[:MOST_ROWS]
            self._before = mean_logprobs(trainer, self._rows)

    def after(self, trainer: Any) -> dict[str, float]:
        """Read them again, once the model was updated.

        Returns:
            `likelihood_shift`, the mean change of their log-probability, in nats a token; and
            `displaced_share`, the share of them that became less likely. Nothing where nothing was
            read before.
        """
        rows, before = self._rows, self._before
        self._rows = []
        if not rows:
            return {}
        now = mean_logprobs(trainer, rows)
        shifts = [after - first for after, first in zip(now, before, strict=True)]
        return {
            "likelihood_shift": math.fsum(shifts) / len(shifts),
            "displaced_share": sum(shift < 0 for shift in shifts) / len(shifts),
        }


def mean_logprobs(trainer: Any, rows: Sequence[Row]) -> list[float]:
    """Return the mean log-probability of the agent's tokens in each row, as TRL computes it."""
    torch = require("torch", "llm")
    found = []
    model = trainer.model
    with playing(model):
        for row in rows:  # one at a time: a look costs little, and memory must not run out for it
            ids = torch.tensor(
                [row.prompt_ids + row.completion_ids], device=trainer.accelerator.device
            )
            mask = torch.tensor(row.env_mask, device=ids.device, dtype=torch.float32)
            logprobs, _, _ = trainer._get_per_token_logps_and_entropies(
                trainer.model_wrapped, ids, torch.ones_like(ids), len(row.completion_ids)
            )
            found.append(float((logprobs[0].float() * mask).sum() / mask.sum()))
    return found
