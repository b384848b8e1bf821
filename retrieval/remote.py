"""What retrievers share that ask other machines: secrets, connections, calls that may fail.

Knows no protocol. Used by the HTTP client and by the adapters to search engines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from ..errors import ConfigError, HopgymError, RetrievalError
from .backoff import Backoff
from .breaker import Breaker

T = TypeVar("T")

_SHORTEST = 0.001  # seconds; a timeout of 0 would be none or never


class Secret:
    """A token in an environment variable: read when it is needed and held nowhere.

    So it stands in no pickle, repr or fingerprint.

    Args:
        variable: The variable's name; None stands for no token.
        option: What the user calls it, for messages.

    Raises:
        ConfigError: If the variable is not set, or holds what no header can.
    """

    def __init__(self, variable: str | None, option: str = "token_env") -> None:
        self._variable, self._option = variable, option
        self.read()

    def read(self) -> str | None:
        """Return the token, or None if none is wanted."""
        if self._variable is None:
            return None
        token = os.environ.get(str(self._variable), "").strip()
        if not token or not token.isascii() or not token.isprintable():
            raise ConfigError(
                f"The environment variable {self._variable!r} holds no token; set it, or leave "
                f"{self._option} out."
            )
        return token


class PerProcess(Generic[T]):
    """Something with connections, made anew in every process: a fork must not share them.

    Args:
        make: Makes it; picklable, if the holder is to be.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: tuple[int, T] | None = None

    def get(self) -> T:
        """Return this process's."""
        made = self._made
        if made is not None and made[0] == os.getpid():
            return made[1]
        with self._lock:
            if self._made is None or self._made[0] != os.getpid():
                self._made = (os.getpid(), self._make())
            return self._made[1]

    def __reduce__(self) -> tuple[Any, ...]:
        return PerProcess, (self._make,)


class Caller:
    """Makes calls that may fail: with retries, a breaker, and errors that say what to do.

    Args:
        name: What is called, for messages.
        translate: Turns a library's error into ours; a `TemporaryError` is tried again.
        retries: How many times.
        backoff: Seconds before the first repetition; then they double.
        failures: How many calls in a row may fail before it is left alone.
        pause: For how many seconds it then is.
    """

    def __init__(
        self,
        name: str,
        translate: Callable[[Exception], RetrievalError],
        *,
        retries: int,
        backoff: float,
        failures: int,
        pause: float,
    ) -> None:
        check_numbers({"failures": failures}, {"backoff": backoff, "pause": pause})
        self._translate = translate
        self._backoff = Backoff(retries, backoff)
        self._breaker = Breaker(name, failures, pause)

    def __call__(self, function: Callable[..., T], *arguments: Any, **keywords: Any) -> T:
        """Call a function and return its value.

        Raises:
            RetrievalError: If it failed for good.
        """
        call = partial(function, *arguments, **keywords)
        with self._breaker.guard():
            return self._backoff.run(lambda: self._tried(call))

    def _tried(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except HopgymError:
            raise
        except Exception as error:
            raise self._translate(error) from error


def is_local(url: str) -> bool:
    """Whether a URL leads to this machine, where no proxy can lead.

    >>> is_local("http://127.0.0.1:8000"), is_local("https://example.org")
    (True, False)
    """
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def check_url(url: object, example: str) -> str:
    """Return a URL of HTTP without a name or password in it.

    Raises:
        ConfigError: If it is none.
    """
    cure = f"give one such as {example}"
    try:
        parts = urlsplit(str(url))
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"url is {url!r} ({error}); {cure}.") from error
    if parts.username or parts.password:
        raise ConfigError("The url holds a name or password; put a token into a variable instead.")
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise ConfigError(f"url is {url!r}; {cure}.")
    return str(url)


def check_numbers(whole: Mapping[str, object], seconds: Mapping[str, object]) -> None:
    """Refuse counts below 1 and times that are negative or endless.

    Raises:
        ConfigError: If there is one; the message names it.
    """
    for name, number in whole.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise ConfigError(f"{name} is {number!r}; give a whole number from 1.")
    for name, number in seconds.items():
        least = _SHORTEST if name == "timeout" else 0
        if not isinstance(number, int | float) or not least <= number < float("inf"):
            raise ConfigError(f"{name} is {number!r}; give seconds from {least}.")
