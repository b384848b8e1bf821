"""What every agent behind an API takes, checked; and its key, which is read and never held.

The names are those of the judges behind an API (`hopgym.rewards.judges.llm`), where these have
them. Used by `agent`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from ...errors import ConfigError, require
from ...retrieval.base import check_number, check_whole
from ...retrieval.remote import check_url
from ...rewards.judges.keys import read_key


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class APISettings(ABC):
    """The settings, which stay as they are. A copy, pickled or deep, reads the key anew.

    Raises:
        ConfigError: If a setting is not allowed, or the key's variable is not set.
        MissingExtraError: If the client is not installed.
    """

    model: str = ""
    base_url: str | None = None
    """Where the API is; None for the provider's own."""
    api_key_env: str | None = None
    """The environment variable that holds the key; None for a server that wants none."""
    system: str | None = None
    """The system message; None for the instructions of the grammar that is played."""
    temperature: float | None = 0.0
    """None leaves it to the model: some allow no other than their own."""
    max_new_tokens: int = 1024
    """The most tokens of one action."""
    stop: bool = True
    """Whether stop strings are sent; some models refuse them. Actions are cut there anyway."""
    concurrency: int = 16
    """How many episodes are asked about at once."""
    timeout: float = 60.0
    """Seconds for one request, connecting included."""
    retries: int = 5
    """How often a request is repeated that failed (429, 5xx, a timeout, a broken connection)."""
    reasks: int = 2
    """How often it is asked again when an answer came that holds no reply."""
    backoff: float = 0.5
    """Seconds before the first retry, before jitter; then they double."""
    longest_wait: float = 60.0
    """No wait is longer; where a server asks for more, the episode ends as an error."""
    max_calls: int | None = None
    """The most requests in the agent's life; None for any number."""
    max_tokens: int | None = None
    """The most tokens in the agent's life, of prompts and replies; None for any number."""
    name: str = field(default_factory=str)  # so that the class has none: its agents' names differ
    """What tables call it; the model's name, usually."""

    url: str = field(init=False)
    """The URL that is asked."""

    provider: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    """What must be installed."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.base_url or self.usual_url())
        self._check()
        object.__setattr__(self, "name", self.name or self.model.rpartition("/")[2])
        for package in (*self.packages, "anyio", "tenacity"):
            require(package, "judges")  # the extra that has the clients
        self.key()

    @abstractmethod
    def usual_url(self) -> str:
        """Return the URL that is asked if none is given."""

    def how(self) -> list[Any]:
        """Return the settings that can change an action."""
        return [self.model, self.system, self.temperature, self.max_new_tokens, self.stop]

    def other_key_variables(self) -> tuple[str, ...]:
        """Return where the key may be, if not in `api_key_env`."""
        return ()

    def key(self) -> str:
        """Read the key from the environment; nothing holds it but the client.

        Raises:
            ConfigError: If the variable holds none.
        """
        who, example = f"The agent {self.provider!r}", f"{self.provider.upper()}_API_KEY"
        return read_key(who, example, self.api_key_env, self.other_key_variables())

    def _check(self) -> None:
        for name in ("model", "system"):
            given = getattr(self, name)
            if given is not None and (not isinstance(given, str) or not given.strip()):
                raise ConfigError(f"{name} is {given!r}; give {_WANTED[name]}.")
        check_url(self.url, "http://127.0.0.1:8000/v1")
        if "?" in self.url or "#" in self.url:
            raise ConfigError("The base_url has a query or fragment; give it without.")
        for name in ("max_new_tokens", "concurrency"):
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

    def __reduce__(self) -> tuple[Callable[..., APISettings], tuple[Any, ...]]:
        return _made, (type(self), self._settings())


_WANTED = {
    "model": "the name of a model",
    "system": "the text of a system message, or leave it out for the grammar's instructions",
}


def _made(kind: type[APISettings], settings: dict[str, Any]) -> APISettings:
    return kind(**settings)
