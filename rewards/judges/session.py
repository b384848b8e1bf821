"""A session: the asynchronous half of a judge, in one process and on one loop.

It holds the client's connections, lets so many requests go at once, asks the same thing once,
tries again what may succeed, and keeps what was good. Everything here runs on the loop's thread,
so that nothing needs a lock. Used by `llm`; it knows no provider.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, cast

import msgspec

from ...errors import HopgymError, require
from ...retrieval.backoff import Backoff
from .budget import Budget
from .cache import Replies
from .client import Answer, Client
from .failures import BadReplyError, SetupError, TemporaryError, UnjudgedError, Why
from .prompts import Request, V
from .replies import Record, read

if TYPE_CHECKING:
    import anyio
    from anyio.abc import TaskGroup

_CHARS_PER_TOKEN = 4  # where a server does not say what it took


@dataclass(frozen=True, slots=True)
class Manner:
    """How a session asks."""

    concurrency: int
    timeout: float
    retries: int
    reasks: int
    backoff: float
    longest_wait: float
    fenced: bool
    """Whether replies may stand in a fence."""


@dataclass(slots=True)
class _Flight(Generic[V]):
    """A request that is under way, and its verdict when it has landed."""

    landed: anyio.Event
    verdict: V | None = None


@dataclass(eq=False)
class Session:
    """See the module."""

    client: Client
    manner: Manner
    budget: Budget
    cache: Replies | None
    judge: str
    """The judge's fingerprint."""
    process: int = field(default_factory=os.getpid)

    def __post_init__(self) -> None:
        self._anyio: Any = require("anyio", "judges")
        self._tenacity: Any = require("tenacity", "judges")
        self._slots = self._anyio.CapacityLimiter(self.manner.concurrency)
        self._one_at_a_time = self._anyio.CapacityLimiter(1)
        self._waits = Backoff(first=self.manner.backoff, longest=self.manner.longest_wait)
        self._flights: dict[bytes, _Flight[Any]] = {}
        self._proven = False  # whether a request has ever succeeded

    async def close(self) -> None:
        """Let go of connections and files."""
        await self.client.close()
        if self.cache is not None:
            self.cache.close()

    async def judge_all(self, requests: Sequence[Request[V]]) -> list[V]:
        """Return the verdicts, in order; equal requests are asked once.

        Raises:
            SetupError: If the server refuses what every request needs; the others are given up.
            RewardError: If the cache fails.
        """
        keys = [request.key(self.judge) for request in requests]
        asked = dict(zip(keys, requests, strict=True))
        verdicts = await self._known(asked)
        fresh = [key for key in asked if key not in verdicts]
        followed: list[bytes] = []
        errors: list[Exception] = []
        group: TaskGroup = self._anyio.create_task_group()

        async def one(key: bytes) -> None:
            try:
                verdicts[key], flown = await self._once(key, asked[key])
            except Exception as error:  # told below, as it is: not in a group of one
                errors.append(error)
                group.cancel_scope.cancel()
            else:
                followed.extend([] if flown else [key])

        async with group:
            for key in fresh:
                group.start_soon(one, key)
        if errors:
            raise errors[0]
        result = [verdicts[key] for key in keys]
        paid = len(fresh) - len(followed)
        self.budget.claims(
            len(keys), cached=len(keys) - paid, unscored=sum(v.unscored for v in result)
        )
        return result

    async def _known(self, asked: Mapping[bytes, Request[V]]) -> dict[bytes, V]:
        if self.cache is None:
            return {}
        found = await self._in_thread(self.cache.get, list(asked))
        known: dict[bytes, V] = {}
        for key, text in found.items():
            try:
                known[key] = _verdict(asked[key], read(text, asked[key].task.record))
            except BadReplyError:
                continue  # damaged: it is asked again
        return known

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Use the cache, which may have to wait for another process, and not on this thread."""
        return await self._anyio.to_thread.run_sync(
            function, *arguments, limiter=self._one_at_a_time
        )

    async def _once(self, key: bytes, request: Request[V]) -> tuple[V, bool]:
        """Return a verdict and whether it was asked for here, not by another who wants it too."""
        while (flight := self._flights.get(key)) is not None:
            await flight.landed.wait()
            if flight.verdict is not None:
                return flight.verdict, False
        flight = self._flights[key] = _Flight(self._anyio.Event())
        try:
            verdict = flight.verdict = await self._judged(key, request)
            return verdict, True
        finally:  # cancelled, too: whoever waits asks for itself then
            del self._flights[key]
            flight.landed.set()

    async def _judged(self, key: bytes, request: Request[V]) -> V:
        try:
            async with self._slots:
                record = await self._record(request)
        except UnjudgedError as error:
            return request.task.unscored(str(error))
        if self.cache is not None:
            reply = msgspec.json.encode(record).decode()
            await self._in_thread(self.cache.put, key, reply)
        return _verdict(request, record)

    async def _record(self, request: Request[Any]) -> Record:
        """Ask until a reply can be used."""
        for ask in range(self.manner.reasks + 1):
            answer = await self._answer(request, again=ask > 0)
            try:
                if answer.spoilt is not None:
                    raise BadReplyError(*answer.spoilt)
                return read(answer.text, request.task.record, fenced=self.manner.fenced)
            except BadReplyError as error:
                failure = error
        raise UnjudgedError(failure.why, f"{failure.detail} ({_times(ask + 1, 'reply')})")

    async def _answer(self, request: Request[Any], *, again: bool) -> Answer:
        """Ask until a reply comes: a slot is kept while waiting, so that a busy server gets less."""
        tenacity = self._tenacity
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TemporaryError),
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(self.manner.retries + 1), self._asks_too_long
            ),
            wait=self._wait,
            sleep=self._anyio.sleep,
            reraise=True,
        )
        tries = 0
        try:
            async for attempt in attempts:
                with attempt:
                    tries += 1
                    return await self._call(request, again=again or tries > 1)
        except TemporaryError as error:
            longest = self.manner.longest_wait
            waits = f", asks to wait longer than {longest:g} s" if self._too_long(error) else ""
            failure = UnjudgedError(error.why, f"{error.detail} ({_times(tries, 'try')}{waits})")
        raise failure

    async def _call(self, request: Request[Any], *, again: bool) -> Answer:
        self.budget.call(again=again)
        try:
            with self._anyio.fail_after(self.manner.timeout):
                answer = await self.client.ask(request)
        except TimeoutError:
            detail = f"no reply within {self.manner.timeout:g} s"
            raise TemporaryError(Why.TIMEOUT, detail) from None
        except (HopgymError, TemporaryError, UnjudgedError) as error:
            if (
                isinstance(error, SetupError) and error.maybe_claim and self._proven
            ):  # others were judged, so it is this claim
                raise UnjudgedError(Why.REFUSED, str(error)) from None
            raise
        except (UnicodeError, RecursionError, AssertionError) as error:  # a body past its reader
            detail = f"the reply cannot be read ({type(error).__name__})"
            raise TemporaryError(Why.MALFORMED, detail) from None
        self._proven = True
        self._count(request, answer)
        return answer

    def _count(self, request: Request[Any], answer: Answer) -> None:
        prompt, completion = answer.prompt_tokens, answer.completion_tokens
        if prompt is None:
            prompt = _estimated(request.task.system + request.data)
        self.budget.tokens(prompt, _estimated(answer.text) if completion is None else completion)

    def _wait(self, state: Any) -> float:
        error = state.outcome.exception()
        return self._waits.wait(state.attempt_number - 1, error.after) or 0.0

    def _asks_too_long(self, state: Any) -> bool:
        return self._too_long(state.outcome.exception())

    def _too_long(self, error: TemporaryError) -> bool:
        return self._waits.wait(0, error.after) is None


def _verdict(request: Request[V], record: Record) -> V:
    return cast("V", record.verdict())  # a task's record has verdicts of its kind


def _estimated(text: str) -> int:
    return -(-len(text) // _CHARS_PER_TOKEN)


def _times(count: int, what: str) -> str:
    """Count, as in "3 tries".

    >>> _times(1, "try"), _times(2, "reply")
    ('1 try', '2 replies')
    """
    return f"{count} {what}" if count == 1 else f"{count} {what[:-1]}ies"
