"""What judges and agents behind an API share: their settings, their key, and the session they hold.

The settings stay as they are. A copy, pickled or deep, is a fresh one of the same settings: it has
spent nothing, and reads the key anew. Used by `llm` and by `hopgym.agents.api`.
"""

from __future__ import annotations

import os
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, Self, TypeVar

from ...errors import ConfigError, require
from ...retrieval.base import check_number, check_whole
from ...retrieval.remote import check_url
from . import loop
from .budget import Budget, Usage
from .client import Client
from .keys import read_key
from .session import Manner, Session

S = TypeVar("S", bound=Session)


@dataclass(slots=True)
class _Life(Generic[S]):
    """What one is beside its settings."""

    budget: Budget
    session: S | None = None
    release: weakref.finalize[..., Any] | None = None
    """Closes the session when nobody holds its owner any more."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Asking(ABC, Generic[S]):
    """The settings of whatever asks a model behind an API; `S` is the kind of its sessions.

    Raises:
        ConfigError: If a setting is not allowed, or the key's variable is not set.
        MissingExtraError: If the client is not installed.
    """

    model: str = ""
    base_url: str | None = None
    """Where the API is; None for the provider's own."""
    api_key_env: str | None = None
    """The environment variable that holds the key; None for a server that wants none."""
    temperature: float | None = 0.0
    """None leaves it to the model: some allow no other than their own."""
    concurrency: int = 16
    """How many requests are under way at once, of all threads together."""
    timeout: float = 60.0
    """Seconds for one request, connecting included."""
    retries: int = 5
    """How often a request is repeated that failed (429, 5xx, a timeout, a broken connection)."""
    reasks: int = 2
    """How often it is asked again when an answer came that cannot be used."""
    backoff: float = 0.5
    """Seconds before the first retry, before jitter; then they double."""
    longest_wait: float = 60.0
    """No wait is longer; where a server asks for more, the claim is unscored, or the episode ends as
    an error."""
    max_calls: int | None = None
    """The most requests in its life; None for any number."""
    max_tokens: int | None = None
    """The most tokens in its life, of prompts and replies; None for any number."""

    url: str = field(init=False)
    """The URL that is asked."""
    _life: _Life[S] = field(init=False)

    packages: ClassVar[tuple[str, ...]]
    """What must be installed."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.base_url or self.usual_url())
        self._check()
        for package in (*self.packages, "anyio", "tenacity"):
            require(package, "judges")  # the extra that has the clients
        self.key()
        object.__setattr__(self, "_life", _Life(Budget(self.max_calls, self.max_tokens)))

    @abstractmethod
    def usual_url(self) -> str:
        """Return the URL that is asked if none is given."""

    @abstractmethod
    def connect(self) -> Client:
        """Return a client, made on the loop that will use it."""

    @abstractmethod
    def open(self) -> S:
        """Return a new session, made on the loop that will use it."""

    def how(self) -> list[Any]:
        """Return the settings that can change a reply."""
        return [self.model, self.temperature]

    @abstractmethod
    def who(self) -> tuple[str, str]:
        """Return what messages call it, and a provider's name, of which a variable's is made."""

    @property
    def usage(self) -> Usage:
        """What was asked and spent so far, in this process."""
        return self._life.budget.so_far()

    def other_key_variables(self) -> tuple[str, ...]:
        """Return where the key may be, if not in `api_key_env`."""
        return ()

    def key(self) -> str:
        """Read the key from the environment; nothing holds it but the client.

        Raises:
            ConfigError: If the variable holds none.
        """
        who, provider = self.who()
        example = f"{provider.upper()}_API_KEY"
        return read_key(who, example, self.api_key_env, self.other_key_variables())

    def manner(self, *, fenced: bool = False) -> Manner:
        """Return how its sessions ask; `fenced` is whether replies may stand in a Markdown fence."""
        return Manner(
            self.concurrency,
            self.timeout,
            self.retries,
            self.reasks,
            self.backoff,
            self.longest_wait,
            fenced,
        )

    def session(self) -> S:
        """Return the session of this process. On the loop's thread alone: two would open two."""
        life = self._life
        if life.session is not None and life.session.process == os.getpid():
            return life.session
        if life.session is not None:
            _abandoned.append(life.session)
        session = life.session = self.open()
        loop.close_at_end(session, session.close)
        if life.release is not None:
            life.release.detach()
        life.release = weakref.finalize(self, loop.close_now, session, wait=False)
        life.release.atexit = False  # the loop closes what is left then
        return session

    def close(self) -> None:
        """Let go of connections; the next request opens new ones. Not while another thread asks."""
        session, self._life.session = self._life.session, None
        if session is not None:
            loop.close_now(session, wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.model!r}, {self.url!r}, {self.usage})"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        settings = {one.name: getattr(self, one.name) for one in fields(self) if one.init}
        return _made, (type(self), settings)

    def _check(self) -> None:
        if not isinstance(self.model, str) or not self.model.strip():
            raise ConfigError(f"model is {self.model!r}; give the name of a model.")
        check_url(self.url, "http://127.0.0.1:8000/v1")
        if "?" in self.url or "#" in self.url:
            raise ConfigError("The base_url has a query or fragment; give it without.")
        check_whole("concurrency", self.concurrency)
        for name in ("retries", "reasks", "max_calls", "max_tokens"):
            if getattr(self, name) is not None or name in ("retries", "reasks"):
                check_whole(name, getattr(self, name), 0)
        check_number("timeout", self.timeout, 0.001, example=60.0)
        check_number("backoff", self.backoff)
        check_number("longest_wait", self.longest_wait, example=60.0)
        if self.temperature is not None:
            check_number("temperature", self.temperature, 0.0, 2.0, example=0.0)


_abandoned: list[Session] = []
"""What a fork inherited: not used in the child, nor closed, for it shares the parent's sockets."""


def _made(kind: type[Any], settings: dict[str, Any]) -> Any:
    return kind(**settings)
