"""What listens to a trainer: the examiner, who may end the training, and checkpoints.

They have the methods of `transformers.TrainerCallback` that they need, and pass by all others, so
that this module needs no library that trains.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .checkpoint import COMPLETE, replaced, rotate, seal
from .display import Display
from .examination import Examination, Mark, Marks
from .policy import save_policy, settle

__all__ = ["COMPLETE", "Checkpoints", "Examiner", "Listener"]


class Listener:
    """Hears every event of a trainer, and does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("on_"):
            return _nothing
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")


class Checkpoints(Listener):
    """Says when a checkpoint is due, and of each that is whole that it is.

    With each goes a line of the log: what is gathered for the next one is in no checkpoint, and would
    be missing from it where a run goes on.

    Args:
        every: Optimiser steps between two; 0 for the end of each epoch.
        keep: How many are kept. The trainer itself must keep all: it would remove the last whole one
            before the next is known to be whole.
    """

    def __init__(self, every: int, keep: int = 2) -> None:
        self.every = every
        self.keep = keep

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Ask for one every so many steps."""
        if self.every and state.global_step % self.every == 0:
            control.should_save = True
        if control.should_save:
            control.should_log = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Ask for one at the end of an epoch."""
        if not self.every:
            control.should_save = control.should_log = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Note that it is whole, and remove what is too old."""
        if state.is_world_process_zero:
            folder = Path(args.output_dir)
            saved = folder / f"checkpoint-{state.global_step}"
            settle(saved)
            # TRL's card of a folder that is no model: empty, its tags in the order of a set.
            (folder / "README.md").unlink(missing_ok=True)
            seal(saved)
            rotate(folder, self.keep)


class Examiner(Listener):
    """Lets the model play every so many steps, and keeps the one that plays best.

    Args:
        examination: What is played.
        marks: Where the scores are kept.
        best: The folder of the best model so far.
        every: Optimiser steps between two examinations; each comes with a checkpoint.
        patience: After so many that were no better, and one epoch, training ends; 0 never.
        display: Is told of each.
        agree: Returns what the first of several processes has, which alone plays.
        at_start: Whether the model is examined before it is trained, too.
    """

    def __init__(
        self,
        examination: Examination,
        marks: Marks,
        best: Path,
        *,
        every: int,
        patience: int,
        display: Display,
        agree: Callable[[Any], Any] = lambda value: value,
        at_start: bool = False,
    ) -> None:
        self.examination = examination
        self.marks = marks
        self.best = best
        self.every = every
        self.patience = patience
        self.display = display
        self.agree = agree
        self.at_start = at_start
        self.stopped = False

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Examine the model that training begins with, if that is wanted."""
        if self.at_start and not state.global_step:
            self._examine(state, kwargs["model"], kwargs["processing_class"])

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Examine where it is due, and at the last step."""
        step = int(state.global_step)
        if step % self.every == 0 or step >= state.max_steps:
            self._examine(state, kwargs["model"], kwargs["processing_class"])
            control.should_save = True
            if self.is_over(state):
                control.should_training_stop = True

    def is_over(self, state: Any) -> bool:
        """Note, after an examination, whether training ends: it has played no better for so long."""
        examined = bool(self.marks.all) and self.marks.all[-1].step == state.global_step
        stale = bool(self.patience) and self.marks.stale >= self.patience
        self.stopped = examined and stale and state.epoch >= 1
        return self.stopped

    def _examine(self, state: Any, model: Any, tokenizer: Any) -> None:
        means: dict[str, float] = {}
        if state.is_world_process_zero:
            means = self.examination.play(model, tokenizer)
        means = self.agree(means)  # all processes must stop, or go on, together
        score = means[self.examination.metric]
        mark = Mark(step=state.global_step, epoch=state.epoch or 0.0, score=score, metrics=means)
        if self.marks.add(mark) and state.is_world_process_zero:
            with replaced(self.best) as part:
                save_policy(model, tokenizer, part)
        self.display.examined(mark, self.examination.metric, self.marks)


def _nothing(*args: Any, **kwargs: Any) -> None:
    pass
