"""Going on: the steps that a trainer of transformers has left, from the start or from a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import require

STATE = "trainer_state.json"


def make_steps(
    trainer: Any, checkpoint: Path | None, over: Callable[[Any], bool] = lambda state: False
) -> None:
    """Let a trainer make the steps that are left; where none is left, take what was trained.

    A trainer that is resumed at its last step makes one more, since it asks only after a step
    whether it should end: a run that was killed between its last checkpoint and its end would not
    end as it would have. Not tried where the weights are sharded (FSDP, DeepSpeed).

    Args:
        trainer: Of transformers or TRL.
        checkpoint: The folder to go on from; None for the start.
        over: Tells by the checkpoint's `TrainerState` whether training ended before its last step.
    """
    if checkpoint is None:
        trainer.train()
        return
    state = require("transformers", "llm").TrainerState.load_from_json(str(checkpoint / STATE))
    asked = trainer.args.max_steps
    last = asked if asked > 0 else state.max_steps
    if state.global_step < last and not over(state):
        trainer.train(resume_from_checkpoint=str(checkpoint))
        return
    trainer._load_from_checkpoint(str(checkpoint))  # as `train` does
    trainer.state = state
