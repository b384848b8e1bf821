"""What supervised fine-tuning shows of its way."""

from __future__ import annotations

import math
from typing import Any

from ..training.display import Display
from ..training.listeners import Listener


class SFTDisplay(Display, Listener):
    """A bar, and a line for each entry of the trainer's log. Use it in a `with` statement."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Open the bar."""
        if state.is_world_process_zero:
            self.open("sft", state.max_steps, state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Move the bar, and have the last steps logged, however few they are."""
        self.move(state.global_step)
        if state.global_step >= state.max_steps:
            control.should_log = True

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """Show how the loss stands."""
        if not self.is_open or not logs or "loss" not in logs:
            return
        told = [f"loss {float(logs['loss']):.4f}"]
        if "mean_token_accuracy" in logs:
            told.append(f"tokens right {100 * float(logs['mean_token_accuracy']):.1f}")
        told.append(f"lr {float(logs.get('learning_rate', math.nan)):.1e}")
        self.say(f"step {state.global_step}/{state.max_steps}  {'  '.join(told)}")
        self.note(told[0])
