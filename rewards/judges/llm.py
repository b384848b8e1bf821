"""A judge that is a language model behind an API: all that OpenAI's and Gemini's share.

Claims are asked concurrently, on a loop in the background, behind a plain synchronous face. What
cannot be judged comes back `unscored` with a typed reason (see `failures.Why`), never as a 0 that
means it; a wrong key or model raises. Used by `openai` and `gemini`, which add the client.
"""

from __future__ import annotations

import os
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from ...errors import ConfigError, require
from ...files import fingerprint
from ...retrieval.base import check_number, check_whole
from ...retrieval.remote import check_url
from . import loop
from .base import Claim, ProcessVerdict, StepClaim, SupportClaim, Verdict, check_claims
from .budget import Budget, Usage
from .cache import Replies
from .client import Client
from .failures import NO_GOLDS
from .keys import read_key
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
from .session import Manner, Session
from .text import cleaned

_NOTHING_SAID = "There is no answer."


@dataclass(slots=True)
class _Life:
    """What a judge is beside its settings."""

    url: str
    budget: Budget
    session: Session | None = None
    release: weakref.finalize[..., LLMJudge] | None = None
    """Closes the session when nobody holds the judge any more."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LLMJudge(ABC):
    """The settings that every judge behind an API has; they stay as they are.

    A copy, pickled or deep, is a fresh judge of the same settings: it has spent nothing, and reads
    the key anew.

    Raises:
        ConfigError: If a setting is not allowed, or the key's variable is not set.
        DataError: If the cache cannot be used.
        MissingExtraError: If the client is not installed.
    """

    model: str
    base_url: str | None = None
    """Where the API is; None for the provider's own."""
    api_key_env: str | None = None
    """The environment variable that holds the key; None for a server that wants none."""
    temperature: float | None = 0.0
    """None leaves it to the model: some allow no other than their own."""
    reply_tokens: int = 512
    """The most tokens of one reply."""
    concurrency: int = 16
    """How many claims are asked about at once, by all threads together."""
    timeout: float = 60.0
    """Seconds for one request, connecting included."""
    retries: int = 5
    """How often a request is repeated that failed (429, 5xx, a timeout, a broken connection)."""
    reasks: int = 2
    """How often it is asked again when a reply came but cannot be used."""
    backoff: float = 0.5
    """Seconds before the first retry, before jitter; then they double."""
    longest_wait: float = 60.0
    """No wait is longer; where a server asks for more, the claim is unscored."""
    cache: str | None = None
    """A folder where good verdicts are kept; None keeps none."""
    max_calls: int | None = None
    """The most requests in the judge's life; None for any number."""
    max_tokens: int | None = None
    """The most tokens in the judge's life, of prompts and replies; None for any number."""

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    """What must be installed."""
    _life: _Life = field(init=False)

    def __post_init__(self) -> None:
        url = self.base_url or self.usual_url()
        self._check(url)
        for package in (*self.packages, "anyio", "tenacity"):
            require(package, "judges")
        self.key()
        if self.cache is not None:
            Replies(self.cache).close()
        budget = Budget(self.max_calls, self.max_tokens)
        object.__setattr__(self, "_life", _Life(url, budget))

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
    def usage(self) -> Usage:
        """What was asked and spent so far, in this process."""
        return self._life.budget.so_far()

    @property
    def url(self) -> str:
        """The URL that is asked."""
        return self._life.url

    @property
    def fenced(self) -> bool:
        """Whether replies may stand in a Markdown fence."""
        return False

    def how(self) -> list[Any]:
        """Return the settings that can change a verdict."""
        return [self.model, self.temperature, self.reply_tokens]

    @abstractmethod
    def usual_url(self) -> str:
        """Return the URL that is asked if none is given."""

    @abstractmethod
    def connect(self) -> Client:
        """Return a client, made on the loop that will use it."""

    def key(self) -> str:
        """Read the key from the environment; nothing holds it but the client.

        Raises:
            ConfigError: If the variable holds none.
        """
        who, example = f"The judge {self.name!r}", f"{self.name.upper()}_API_KEY"
        return read_key(who, example, self.api_key_env, self.other_key_variables())

    def other_key_variables(self) -> tuple[str, ...]:
        """Return where the key may be, if not in `api_key_env`."""
        return ()

    def close(self) -> None:
        """Let go of connections; the next claim opens new ones. Not while another thread judges."""
        session, self._life.session = self._life.session, None
        if session is not None:
            loop.close_now(session, wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _all(self, asks: Sequence[Request[V] | V]) -> list[V]:
        """Ask what is to be asked, and put the verdicts in their places."""
        requests = [ask for ask in asks if isinstance(ask, Request)]
        verdicts = iter(loop.run(self._judge, requests) if requests else [])
        return [next(verdicts) if isinstance(ask, Request) else ask for ask in asks]

    async def _judge(self, requests: Sequence[Request[V]]) -> list[V]:
        """On the loop's thread alone, so that two threads cannot open two sessions."""
        session = self._life.session
        if session is None or session.process != os.getpid():
            if session is not None:
                _abandoned.append(session)
            session = self._life.session = self._opened()
        return await session.judge_all(requests)

    def _opened(self) -> Session:
        manner = Manner(
            self.concurrency,
            self.timeout,
            self.retries,
            self.reasks,
            self.backoff,
            self.longest_wait,
            self.fenced,
        )
        cache = None if self.cache is None else Replies(self.cache)
        session = Session(self.connect(), manner, self._life.budget, cache, self.fingerprint)
        loop.close_at_end(session, session.close)
        if self._life.release is not None:
            self._life.release.detach()
        self._life.release = weakref.finalize(self, loop.close_now, session, wait=False)
        self._life.release.atexit = False  # the loop closes what is left then
        return session

    def _check(self, url: str) -> None:
        if not isinstance(self.model, str) or not self.model.strip():
            raise ConfigError(f"model is {self.model!r}; give the name of a model.")
        check_url(url, "http://127.0.0.1:8000/v1")
        if "?" in url or "#" in url:
            raise ConfigError("The base_url has a query or fragment; give it without.")
        for name in ("reply_tokens", "concurrency"):
            check_whole(name, getattr(self, name))
        for name in ("retries", "reasks"):
            check_whole(name, getattr(self, name), 0)
        for name in ("max_calls", "max_tokens"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), 0)
        check_number("timeout", self.timeout, 0.001, example=60.0)
        check_number("backoff", self.backoff)
        check_number("longest_wait", self.longest_wait, example=60.0)
        if self.temperature is not None:
            check_number("temperature", self.temperature, 0.0, 2.0, example=0.0)

    def _settings(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self) if one.init}

    def __reduce__(self) -> tuple[Callable[..., LLMJudge], tuple[Any, ...]]:
        return _made, (type(self), self._settings())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.model!r}, {self.url!r}, {self.usage})"


_abandoned: list[Session] = []
"""What a fork inherited: not used in the child, nor closed, for it shares the parent's sockets."""


def _made(kind: type[LLMJudge], settings: dict[str, Any]) -> LLMJudge:
    return kind(**settings)


def _about(task: Task[Verdict], claim: Claim) -> Request[Verdict] | Verdict:
    """Ask about an answer, or say what needs no asking."""
    if not any(cleaned(gold, MAX_ANSWER) for gold in claim.golds):
        return task.unscored(NO_GOLDS)
    if not cleaned(claim.answer, MAX_ANSWER):
        return Verdict(0.0, _NOTHING_SAID)
    return about_answer(task, claim)
