"""What a training shows of its way: a bar on a terminal, and how well the model plays."""

from __future__ import annotations

from ..bar import Bar
from .examination import Mark, Marks


class Display(Bar):
    """A bar on a terminal, and a line for each examination. Use it in a `with` statement."""

    def examined(self, mark: Mark, metric: str, marks: Marks) -> None:
        """Show how well it plays."""
        if not self.is_open:
            return
        best = "the best so far" if marks.best is mark else f"best {100 * marks.best.score:.1f}"
        self.say(f"step {mark.step}  {metric} {100 * mark.score:.1f} ({best})")
        self.note(f"{metric} {100 * mark.score:.1f}")
