"""A judge that is a language model behind an API: all that OpenAI's and Gemini's share.

Claims are asked concurrently, on a loop in the background, behind a plain synchronous face. What
cannot be judged comes back `unscored` with a typed reason (see `failures.Why`), never as a 0 that
means it; a wrong key or model raises. Used by `openai` and `gemini`, which add the client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ...files import fingerprint
from ...retrieval.base import check_whole
from . import loop
from .asking import Asking
from .base import Claim, ProcessVerdict, StepClaim, SupportClaim, Verdict, check_claims
from .cache import Replies
from .failures import NO_GOLDS
from .prompts import (
    MAX_ANSWER,
    OUTCOME,
    VERSION,
    Request,
    Task,
    V,
    about_answer,
    about_step,
    about_support,
    semantic,
)
from .session import Session
from .text import cleaned

_NOTHING_SAID = "There is no answer."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LLMJudge(Asking[Session]):
    """What every judge behind an API has; for the other settings see `Asking`.

    Raises:
        ConfigError: If a setting is not allowed, or the key's variable is not set.
        DataError: If the cache cannot be used.
        MissingExtraError: If the client is not installed.
    """

    reply_tokens: int = 512
    """The most tokens of one reply."""
    cache: str | None = None
    """A folder where good verdicts are kept; None keeps none."""

    name: ClassVar[str]

    def __post_init__(self) -> None:
        check_whole("reply_tokens", self.reply_tokens)
        super().__post_init__()
        if self.cache is not None:
            Replies(self.cache).close()

    def outcome(self, claims: Sequence[Claim]) -> list[Verdict]:
        """Say whether each answer is right: 1 or 0.

        Raises:
            ConfigError: If it is no list of claims.
            SetupError: If the server refuses the key, the model or an option.
            RewardError: If the cache fails.
        """
        claims = check_claims(claims, Claim, "outcome")
        return self._all([_about(OUTCOME, claim) for claim in claims])

    def semantic(self, claims: Sequence[Claim]) -> list[Verdict]:
        """Say how right each answer is: quarters; of a set of options, the micro-F1.

        Raises:
            ConfigError: If it is no list of claims.
            SetupError: If the server refuses the key, the model or an option.
            RewardError: If the cache fails.
        """
        claims = check_claims(claims, Claim, "semantic")
        return self._all([_about(semantic(claim), claim) for claim in claims])

    def process(self, claims: Sequence[StepClaim]) -> list[ProcessVerdict]:
        """Say how sound each step is.

        Raises:
            ConfigError: If it is no list of claims about steps.
            SetupError: If the server refuses the key, the model or an option.
            RewardError: If the cache fails.
        """
        return self._all([about_step(c) for c in check_claims(claims, StepClaim, "process")])

    def support(self, claims: Sequence[SupportClaim]) -> list[Verdict]:
        """Say whether one of the documents says what is claimed: 1 or 0.

        Raises:
            ConfigError: If it is no list of claims about documents.
            SetupError: If the server refuses the key, the model or an option.
            RewardError: If the cache fails.
        """
        return self._all([about_support(c) for c in check_claims(claims, SupportClaim, "support")])

    @property
    def fingerprint(self) -> str:
        """Who judges and how: another prompt, model or setting that can change a verdict."""
        return f"{self.name}:{self.model}:{fingerprint([VERSION, self.url, *self.how()])}"

    @property
    def fenced(self) -> bool:
        """Whether replies may stand in a Markdown fence."""
        return False

    def how(self) -> list[Any]:
        """Return the settings that can change a verdict."""
        return [*super().how(), self.reply_tokens]

    def who(self) -> tuple[str, str]:
        """Return what messages call it, and its provider."""
        return f"The judge {self.name!r}", self.name

    def open(self) -> Session:
        """Return a new session, made on the loop that will use it."""
        cache = None if self.cache is None else Replies(self.cache)
        manner = self.manner(fenced=self.fenced)
        return Session(self.connect(), manner, self._life.budget, cache, self.fingerprint)

    def _all(self, asks: Sequence[Request[V] | V]) -> list[V]:
        """Ask what is to be asked, and put the verdicts in their places."""
        requests = [ask for ask in asks if isinstance(ask, Request)]
        verdicts = iter(loop.run(self._judge, requests) if requests else [])
        return [next(verdicts) if isinstance(ask, Request) else ask for ask in asks]

    async def _judge(self, requests: Sequence[Request[V]]) -> list[V]:
        return await self.session().judge_all(requests)


def _about(task: Task[Verdict], claim: Claim) -> Request[Verdict] | Verdict:
    """Ask about an answer, or say what needs no asking."""
    if not any(cleaned(gold, MAX_ANSWER) for gold in claim.golds):
        return task.unscored(NO_GOLDS)
    if not cleaned(claim.answer, MAX_ANSWER):
        return Verdict(0.0, _NOTHING_SAID)
    return about_answer(task, claim)
