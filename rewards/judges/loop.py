"""The event loop that judges run on: one thread in the background, one for each process.

It is made when first needed and ends with the process. Callers are plain threads, also such as
run a loop of their own (Jupyter), and forked processes, which get their own. Used by judges.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import require

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

T = TypeVar("T")

_GOODBYE = 2.0  # seconds that closing may take when the process ends


class _Loop:
    """A running loop and what is to be closed before it ends."""

    def __init__(self) -> None:
        self.closers: dict[int, Callable[[], Awaitable[None]]] = {}
        self._anyio: Any = require("anyio", "judges")
        self._portals: Any = require("anyio.from_thread", "judges")
        ready: Future[BlockingPortal] = Future()
        # A thread of ours, not anyio's `start_blocking_portal`: what that leaves on this thread's
        # side cannot be forgotten quietly in a forked process.
        self._thread = Thread(
            target=self._anyio.run, args=(self._serve, ready), name="hopgym-judges", daemon=True
        )
        self._thread.start()
        self.portal = ready.result()

    async def _serve(self, ready: Future[BlockingPortal]) -> None:
        async with self._portals.BlockingPortal() as portal:
            ready.set_result(portal)
            await portal.sleep_until_stopped()

    def stop(self) -> None:
        with suppress(RuntimeError):  # it has ended by itself
            self.portal.call(self._close_all)
            self.portal.start_task_soon(self.portal.stop, True)  # what is under way ends here
        self._thread.join()

    async def _close_all(self) -> None:
        with self._anyio.move_on_after(_GOODBYE):
            for number in list(self.closers):
                await _close(self.closers, number)


_lock = Lock()
_loop: _Loop | None = None


def run(function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    """Run an asynchronous function on the loop and wait for what it returns.

    If the wait is interrupted (Ctrl-C), so is the function.
    """
    future = _running().portal.start_task_soon(function, *arguments)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def close_at_end(resource: object, close: Callable[[], Awaitable[None]]) -> None:
    """Have something closed before the loop ends, unless `close_now` does it before."""
    _running().closers[id(resource)] = close


def close_now(resource: object, *, wait: bool) -> None:
    """Close what `close_at_end` was told of; nothing happens if it is closed already.

    Args:
        resource: It.
        wait: Whether to come back only when it is closed. A finaliser must not wait: it may run
            on the loop itself.
    """
    loop = _loop
    if loop is None or id(resource) not in loop.closers:
        return
    with suppress(RuntimeError):
        future = loop.portal.start_task_soon(_close, loop.closers, id(resource))
        if wait:
            future.result()


async def _close(closers: dict[int, Callable[[], Awaitable[None]]], number: int) -> None:
    close = closers.pop(number, None)
    if close is not None:
        await close()


def _running() -> _Loop:
    global _loop
    with _lock:
        if _loop is None:
            _loop = _Loop()
        return _loop


@atexit.register
def _stop() -> None:
    global _loop
    with _lock:
        loop, _loop = _loop, None
    if loop is not None:
        loop.stop()


def _forget() -> None:
    """Start anew in a forked process: the thread was not forked, and a lock may have been held."""
    global _lock, _loop, _forgotten
    _lock = Lock()
    _forgotten, _loop = _loop, None  # kept: closing it here would touch the parent's connections


_forgotten: _Loop | None = None

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
