"""Judges by name: answers in, verdicts out. `make_judge` takes a user's own as well.

To add one: a file with a class that has `name`, `fingerprint`, `outcome`, `semantic` and
`process`, one line below, and a test of the same name.
"""

from __future__ import annotations

from typing import Any, cast

from ...errors import ConfigError, users_code
from ...registry import Registry
from ...retrieval.options import check_options, split_options
from .base import Claim, Judge, ProcessVerdict, StepClaim, Verdict

JUDGES: Registry[Any] = Registry("judge", "hopgym judge list")
register = JUDGES.register

register("rule", "Deterministic rules, offline.", "hopgym.rewards.judges.rule:RuleJudge")
register(
    "openai",
    "A model behind any OpenAI-compatible URL.",
    "hopgym.rewards.judges.openai:OpenAIJudge",
)
register("gemini", "A Gemini model.", "hopgym.rewards.judges.gemini:GeminiJudge")

__all__ = [
    "JUDGES",
    "Claim",
    "Judge",
    "ProcessVerdict",
    "StepClaim",
    "Verdict",
    "make_judge",
    "register",
]


def make_judge(spec: str | Judge) -> Judge:
    """Return a judge by name with options, by `module:attribute`, or as it is.

    What a name stands for is a class or factory whose keywords are its options, as in
    `"openai?model=gpt-4o-mini&base_url=http://127.0.0.1:8000/v1"`.

    >>> make_judge("rule").outcome([Claim("Who?", "Ada.", ("Ada",))])[0].value
    1.0

    Raises:
        UnknownNameError: If no judge has that name.
        ConfigError: If it is no judge, or an option is unknown.
    """
    made: Any = spec
    if isinstance(spec, str):
        name, options = split_options(spec)
        factory = JUDGES.get(name)
        if not isinstance(factory, type) and isinstance(factory, Judge):
            return cast("Judge", factory)
        check_options(factory, name, options, [])
        with users_code("judge factory", spec):
            made = factory(**options)
    if not isinstance(made, Judge) or isinstance(made, type):
        raise ConfigError(
            f"{spec!r:.100} is no judge: it needs `name`, `fingerprint`, `outcome`, `semantic` and "
            f"`process`. Give one that has them, or a name ({', '.join(JUDGES)})."
        )
    return made
