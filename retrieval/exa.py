"""The web, through Exa's search API and its own client.

    make_retriever("exa")
    make_retriever('exa?exclude_domains=["example.org"]&cache=runs/web')

Every query is one request that is paid for, so that answers can be kept (`cache`), equal queries
are asked once, and what was found is kept at once, whatever becomes of the other queries. A failure
is an error, never an empty row. The key comes from an environment variable and stands in no
message, pickle, fingerprint or file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ..core import Document
from ..errors import ConfigError, require
from ..files import fingerprint
from .base import Hits, Immutable, Retriever, check_k, check_number, check_queries
from .cached import CachedRetriever
from .exa_calls import URL, connected, translated
from .fan_out import FanOutRetriever
from .pages import Row, line, ranked
from .remote import Caller, PerProcess, check_numbers, check_url

if TYPE_CHECKING:
    from exa_py import Exa

MOST_HITS = 100
"""Exa gives no more results to a query."""
MOST_QUERY = 2000
"""How many characters of a query are sent."""


class ExaRetriever(Immutable):
    """Searches the web with Exa.

    A document's id is its address, its source is "Web", and its metadata hold its `url` and, where
    Exa knows them, `published` and `author`. Where Exa scores all results, their scores rank them;
    else the n-th of its ranking has the score 1/n. A blank query finds nothing and is not sent.

    Args:
        documents: Not looked at: the web is searched.
        type: How Exa searches: "auto", "fast", "neural" or another that its client knows.
        category: What kind of page to look for, such as "news" or "publication"; None for all.
        max_characters: How much text of a page is kept.
        include_domains: Search nowhere else.
        exclude_domains: Do not search there.
        start_published_date: Nothing that was published before, as "2024-12-31".
        end_published_date: Nothing that was published after.
        timeout: Seconds for connecting, for each part of a reply and for the whole of it.
        retries: How many times a failed request is repeated.
        rate: How many requests a second are sent by all that use this key in this process.
        concurrency: How many requests of one search are under way at once.
        cache: A folder to keep answers in; what is there is not asked again.
        base_url: Where to ask; None for what the environment variable `EXA_BASE_URL` names, or
            for Exa itself.
        api_key_env: The environment variable that holds the key. It is read when Exa is asked, so
            that kept answers are found without one.
        backoff: Seconds before the first repetition; then they double. A server may ask for more.
        failures: How many queries in a row may fail before Exa is left alone.
        pause: For how many seconds it then is.

    Raises:
        ConfigError: If an option is out of its range. `search` raises it if there is no key.
        MissingExtraError: If exa-py or pyrate-limiter is not installed.
    """

    def __init__(
        self,
        documents: Iterable[Document] = (),
        *,
        type: str = "auto",
        category: str | None = None,
        max_characters: int = 1000,
        include_domains: Sequence[str] | None = None,
        exclude_domains: Sequence[str] | None = None,
        start_published_date: str | None = None,
        end_published_date: str | None = None,
        timeout: float = 15.0,
        retries: int = 3,
        rate: float = 5.0,
        concurrency: int = 8,
        cache: str | Path | None = None,
        base_url: str | None = None,
        api_key_env: str = "EXA_API_KEY",
        backoff: float = 0.25,
        failures: int = 5,
        pause: float = 10.0,
    ) -> None:
        counts = {"max_characters": max_characters, "concurrency": concurrency}
        check_numbers(counts, {"timeout": timeout})
        check_number("rate", rate, least=0.001, most=1000, example=5)
        url = check_url(base_url or _usual_url(), URL).rstrip("/")
        self._wanted = {
            "type": _one_of("type", type, "SearchType"),
            "category": _one_of("category", category, "Category"),
            "include_domains": _domains("include_domains", include_domains),
            "exclude_domains": _domains("exclude_domains", exclude_domains),
            "start_published_date": _date("start_published_date", start_published_date),
            "end_published_date": _date("end_published_date", end_published_date),
        }
        call = Caller(
            f"Exa at {url}",
            partial(translated, url, timeout),
            retries=retries,
            backoff=backoff,
            failures=failures,
            pause=pause,
        )
        _check_variable(api_key_env)
        require("pyrate_limiter", "web")
        client = PerProcess(partial(connected, url, api_key_env, timeout, rate))
        web: Retriever = _Web(url, client, call, self._wanted, max_characters)
        kept = web if cache is None else CachedRetriever(base=web, folder=cache)
        self._source = FanOutRetriever(base=kept, concurrency=concurrency)
        self.fingerprint = web.fingerprint

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` pages for each query, and never more than `MOST_HITS`.

        Raises:
            ConfigError: If `k` is below 1, or the environment holds no key.
            RetrievalError: If Exa did not answer as it must.
        """
        return self._source.search(queries, k)

    def __repr__(self) -> str:
        wanted = {name: value for name, value in self._wanted.items() if value is not None}
        return f"ExaRetriever({', '.join(f'{name}={value!r}' for name, value in wanted.items())})"


class _Web(Immutable):
    """Asks Exa, one query after the other: what is kept, and what is sent out side by side."""

    def __init__(
        self,
        url: str,
        client: PerProcess[Exa],
        call: Caller,
        wanted: Mapping[str, Any],
        max_characters: int,
    ) -> None:
        self._client, self._call = client, call
        self._wanted, self._length = wanted, max_characters
        self.fingerprint = fingerprint(["exa", url, self._wanted, self._length])

    def search(self, queries: Sequence[str], k: int) -> Hits:
        check_k(k)
        check_queries(queries)
        rows = [self._row(query, min(int(k), MOST_HITS)) for query in queries]
        return Hits(
            [[document for document, _ in row] for row in rows],
            [[score for _, score in row] for row in rows],
        )

    def _row(self, query: str, k: int) -> Row:
        text = line(query, MOST_QUERY)
        return self._call(self._asked, text, k) if text else []

    def _asked(self, query: str, k: int) -> Row:
        contents: Any = {"text": {"max_characters": self._length}}
        reply = self._client.get().search(query, num_results=k, contents=contents, **self._wanted)
        return ranked(reply.results, self._length)[:k]


def _usual_url() -> str:
    """Return where Exa is, or what stands in for it by the environment."""
    return os.environ.get("EXA_BASE_URL", "").strip() or URL


def _one_of(name: str, value: str | None, names: str) -> str | None:
    """Refuse what the installed client does not know."""
    if value is None:
        return None
    known = get_args(getattr(require("exa_py.api", "web"), names))
    if value not in known:
        raise ConfigError(f"{name} is {value!r:.60}; it is one of: {', '.join(known)}.")
    return value


def _domains(name: str, value: Sequence[str] | None) -> list[str] | None:
    if value is None:
        return None
    texts = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
    if not value or not texts:
        raise ConfigError(
            f'{name} is {value!r:.60}; give a list of domains, such as ["example.org"].'
        )
    return sorted(set(value))


def _date(name: str, value: str | None) -> str | None:
    if value is not None:
        try:
            datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{name} is {value!r:.60}; give one such as 2024-12-31.") from error
    return value


def _check_variable(name: str) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise ConfigError(
            "api_key_env is no name of an environment variable; give that of the one that holds "
            "the key, such as EXA_API_KEY, and never the key itself."
        )
