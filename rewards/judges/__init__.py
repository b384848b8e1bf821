"""Judges by name: answers in, verdicts out. `make_judge` takes a user's own as well.

To add one: a file with a class that has `name`, `fingerprint`, `outcome`, `semantic` and
`process`, one line below, and a test of the same name.
"""

from __future__ import annotations

import inspect
from typing import Any, cast

from ...errors import ConfigError, named, users_code
from ...registry import Registry
from ...retrieval.options import check_options, split_options
from .base import Claim, Judge, ProcessVerdict, StepClaim, SupportClaim, Verdict

JUDGES: Registry[Any] = Registry("judge", "hopgym judge list")
register = JUDGES.register

register("rule", "Deterministic rules, offline.", "hopgym.rewards.judges.rule:RuleJudge")
register(
    "openai",
    "A model behind any OpenAI-compatible URL.",
    "hopgym.rewards.judges.openai:OpenAIJudge",
)
register("gemini", "A Gemini model.", "hopgym.rewards.judges.gemini:GeminiJudge")

_TEXTS = ("name", "fingerprint")
_METHODS = ("outcome", "semantic", "process")

__all__ = [
    "JUDGES",
    "Claim",
    "Judge",
    "ProcessVerdict",
    "StepClaim",
    "SupportClaim",
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
        made = JUDGES.get(name)
        if isinstance(made, type) or not _has_any(made):
            made = _made(made, spec, name, options)
        elif options:
            raise ConfigError(
                f"{name!r} is a judge that is made already and takes no options "
                f"({', '.join(options)}); name its class, or a function that makes it."
            )
    with users_code("judge", spec):
        fault = _fault(made)
    if fault:
        raise ConfigError(
            f"{named(spec) if isinstance(spec, str) else repr(spec)[:100]} is no judge: {fault} "
            f"A judge has {_listed([*_TEXTS, *_METHODS])}; give one, or a name ({', '.join(JUDGES)})."
        )
    return cast("Judge", made)


def _made(factory: Any, spec: str, name: str, options: dict[str, Any]) -> Any:
    if isinstance(factory, type) and (needs := _by_position(factory)):
        raise ConfigError(
            f"The judge {name!r} is a class that cannot be made without {', '.join(needs)}. Make "
            "one in its file (`mine = Mine(...)`) and name that, as in 'my_judge.py:mine', or name "
            "a function without arguments that returns one. Options in a name reach keyword-only "
            "parameters alone: `def __init__(self, *, most=3)`."
        )
    check_options(factory, name, options, [])
    with users_code("judge factory", spec):
        return factory(**options)


def _by_position(factory: type) -> list[str]:
    """Return the parameters that a class needs and a name with options cannot give."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):  # some of Python's own do not tell
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in kinds and p.default is p.empty]


def _has_any(made: Any) -> bool:
    return any(hasattr(made, method) for method in _METHODS)


def _fault(made: Any) -> str:
    """Return what keeps something from being a judge, as a sentence; "" if nothing does."""
    if isinstance(made, type):
        return f"it is a class; give an instance, {made.__name__}(...)."
    missing = [part for part in (*_TEXTS, *_METHODS) if not hasattr(made, part)]
    if missing:
        return f"{type(made).__name__} has no {_listed(missing)}."
    for method in _METHODS:
        if not callable(getattr(made, method)):
            return f"{type(made).__name__}'s `{method}` is no method."
    for text in _TEXTS:
        if not isinstance(getattr(made, text), str):
            hint = " (write @property above it)" if callable(getattr(made, text)) else ""
            return (
                f"{type(made).__name__}'s `{text}` is {getattr(made, text)!r:.40}, no text{hint}."
            )
    return ""


def _listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
