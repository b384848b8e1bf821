"""A bad teacher: it says what it has just read before it has read enough.

What it teaches is a policy that can read and will not go on, which is what reinforcement learning
is to mend: see `hopgym.benchmarks.ppo_gain`.
"""

from __future__ import annotations

from typing import ClassVar

from ...seeding import rng_for
from ..transcript import Transcript
from .sentences import statement
from .teacher import TeacherAgent, lookups


class HastyTeacher(TeacherAgent):
    """Stops after the first of two searches, most of the time.

    Of a chain it answers with the name that stands in the middle, of a comparison with the first
    name. Which questions it is hasty at follows their ids.
    """

    name: ClassVar[str] = "hasty"
    share: ClassVar[float] = 0.8
    """How much of the time."""

    def play(self, view: Transcript) -> str:
        """Answer too early, or play as the good teacher does."""
        question = self.gold(view)
        plan = lookups(question)
        if len(plan) < 2 or len(view.queries) != 1 or not self._is_hasty(question.id):
            return super().play(view)
        fact = plan[0].facts[-1]
        given = fact.head if question.type == "comparison" else fact.tail
        return view.answer(" ".join(map(statement, plan[0].facts)), given)

    def _is_hasty(self, question_id: str) -> bool:
        return bool(rng_for(0, "hasty", question_id).random() < self.share)
