"""Support as a judge sees it: does one of these documents say what is claimed?

Any judge that has `support`: `rule` looks at words, `openai` and `gemini` are models behind an API,
with their cache and budget. What a judge could not tell stays untold and is never a number.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ConfigError, named
from . import verdicts
from .judges import make_judge
from .judges.base import Judge, SupportClaim, Verdict
from .support import Checkable, Support


class JudgeSupport:
    """A claim is supported if the judge's verdict is at least a half.

    Args:
        judge: A judge that has `support`, or its name with options.

    Raises:
        UnknownNameError: If no judge has that name.
        ConfigError: If it is no judge, or has no `support`.

    >>> JudgeSupport().check([Checkable("Ada made it.", ("Vel was made by Ada.",))])[0].supported
    True
    """

    name = "judge"

    def __init__(self, *, judge: str | Judge = "rule") -> None:
        self.judge = make_judge(judge)
        if not callable(getattr(self.judge, "support", None)):
            raise ConfigError(
                f"The judge {named(judge)} has no `support`, which says whether documents say what "
                "is claimed. Give one that has, such as 'rule' or 'openai?model=…'."
            )

    def check(self, items: Sequence[Checkable]) -> list[Support]:
        """Ask about all claims at once; one without a document has no support, unasked."""
        claims = [
            SupportClaim(item.claim, item.documents, item.question)
            for item in items
            if item.documents
        ]
        told = iter(verdicts.support(self.judge, claims))
        return [
            _support(next(told)) if item.documents else Support(False, reason="nothing shown")
            for item in items
        ]

    def __repr__(self) -> str:
        return f"JudgeSupport({self.judge!r})"


def _support(verdict: Verdict) -> Support:
    if verdict.unscored:
        reason = verdict.reason or "The judge gave no verdict."
        return Support(False, reason=reason, unscored=True)
    return Support(verdict.value >= 0.5, reason=verdict.reason)
