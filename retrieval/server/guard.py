"""Who may ask: those with the token, and without one, only programs of this machine.

A page in a browser of this machine can send requests to 127.0.0.1 too, by a name of its own that
leads there (DNS rebinding): the `Host` header then has that name, and `Origin` the page's.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from ...errors import ConfigError

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
"""What this machine calls itself."""


class Refusal(NamedTuple):
    """What a request is refused with."""

    status: int
    detail: str
    headers: dict[str, str] | None = None


class Guard:
    """Lets requests in, or says why not.

    Args:
        token: The bearer token they must bring, if any.
        names: The names in `Host` and `Origin` by which the server may be asked; None for any.

    Raises:
        ConfigError: If the token cannot stand in a header.
    """

    def __init__(self, token: str | None = None, names: Collection[str] | None = None) -> None:
        if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
            raise ConfigError("The token is empty or has characters that no header can hold.")
        self._token = None if token is None else token.encode()
        self._names = names

    def refusal(self, headers: Mapping[str, str]) -> Refusal | None:
        """Return why a request with these headers (in lower case) is refused, or None."""
        if self._token is not None:
            return None if self._is_right(headers.get("authorization", "")) else _NO_TOKEN
        if self._names is None:
            return None
        origin = headers.get("origin")
        asked = [f"//{headers.get('host', '')}", *([] if origin is None else [origin])]
        return None if all(_name(each) in self._names for each in asked) else _OTHER_NAME

    def _is_right(self, header: str) -> bool:
        kind, _, given = header.partition(" ")
        right = hmac.compare_digest(given.strip().encode(), self._token or b"")
        return right and kind.lower() == "bearer"


_NO_TOKEN = Refusal(
    401,
    "This server wants its token: send 'Authorization: Bearer ...'.",
    {"WWW-Authenticate": "Bearer"},
)
_OTHER_NAME = Refusal(
    403,
    "This server answers programs of its own machine alone: ask it as 127.0.0.1 or localhost. To "
    "let others in, start it with --token-env.",
)


def is_this_machine(host: str) -> bool:
    """Return whether an address to listen on can be reached from this machine alone.

    >>> is_this_machine("127.0.0.1"), is_this_machine("localhost"), is_this_machine("0.0.0.0")
    (True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_open(host: str, token: str | None, anyone: bool) -> None:
    """Refuse to listen to other machines without a token, unless that is wanted.

    Raises:
        ConfigError: If it is not.
    """
    if token is None and not anyone and not is_this_machine(host):
        raise ConfigError(
            f"The host {host!r} lets other machines in, and there is no token: anyone could search. "
            "Put one into an environment variable and name it (--token-env), or say that anyone may "
            "(--anyone)."
        )


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
