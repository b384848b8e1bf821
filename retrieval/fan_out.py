"""One query at a time, many at once: for a source that answers single queries and waits.

    make_retriever("fan_out?base=my_file.py:MyApi&concurrency=8")

Asked for a batch, most retrievers here are faster than many threads. What only waits for another
machine is not: its queries go out side by side. `in_threads` is what does it; Exa and the sources
of an environment use it too. It knows nothing of what is asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any, ClassVar, TypeVar

from ..core import Document
from .base import Hits, Immutable, Retriever, check_k, check_queries, check_whole
from .children import Spec, ask, held_by, make_child
from .corpus import Corpus

T = TypeVar("T")


class FanOutRetriever(Immutable):
    """Asks another retriever for each query of a batch alone, several at once.

    The hits are the base's, and so is the fingerprint. Equal queries are asked once. The
    first failure is raised at once, and no other query is begun.

    Args:
        documents: What the base searches.
        base: The retriever to ask: a spec of one, or one. It must be safe to call from several
            threads, as every retriever is.
        concurrency: How many queries of one search are under way at once.

    Raises:
        ConfigError: If `concurrency` is no whole number from 1.

    >>> ada, bob = Document("a", "Ada", "A mathematician."), Document("b", "Bob", "A chemist.")
    >>> FanOutRetriever([ada, bob], base="bm25").search(["chemist", "mathematician"], k=1).ids
    [['b'], ['a']]
    """

    in_process: ClassVar[bool] = (
        False  # whatever the base: whoever fans out has something to wait for
    )

    def __init__(
        self, documents: Iterable[Document] = (), *, base: Spec, concurrency: int = 8
    ) -> None:
        check_whole("concurrency", concurrency)
        self.base: Retriever = make_child(base, Corpus.of(documents))
        """The retriever that is asked."""
        self.documents: Sequence[Document] = held_by(self.base)
        """What is searched, in the order of the ids; empty if the base does not show it."""
        self.concurrency = int(concurrency)
        self.fingerprint = self.base.fingerprint
        """The base's: the hits are the same."""

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return the base's hits, row by row.

        Raises:
            RetrievalError: If the base fails for any query.
        """
        check_k(k)
        check_queries(queries)
        asked = list(dict.fromkeys(queries))
        calls = [partial(ask, self.base, "base", [query], k) for query in asked]
        with _running(calls, self.concurrency) as futures:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            failed = [future for future in futures if future in done and future.exception()]
            found = [future.result() for future in failed or futures]  # the first of them raises
        rows = dict(zip(asked, found, strict=True))
        return _joined([rows[query] for query in queries])

    def __repr__(self) -> str:
        return f"FanOutRetriever({self.base!r}, concurrency={self.concurrency})"


def in_threads(
    calls: Sequence[Callable[[], T]],
    *,
    concurrency: int | None = None,
    timeout: float | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> list[T | Exception]:
    """Make calls side by side, and never wait for one that hangs longer than is allowed.

    Its threads are daemons: one that hangs keeps no process from ending.

    Args:
        calls: What to call.
        concurrency: How many at once; None stands for all.
        timeout: Seconds for all of them together; None waits.
        meanwhile: Called in this thread while they run.

    Returns:
        What each returned or raised, in their order; a `TimeoutError` for one that was not done.

    >>> in_threads([lambda: "found", lambda: 1 // 0])
    ['found', ZeroDivisionError('integer division or modulo by zero')]
    """
    with _running(calls, concurrency or len(calls)) as futures:
        if meanwhile is not None:
            meanwhile()
        wait(futures, timeout)
        return [_outcome(future, timeout) for future in futures]


@contextmanager
def _running(calls: Sequence[Callable[[], T]], concurrency: int) -> Iterator[list[Future[T]]]:
    """Start calls, and let go of those that were not begun when it is left."""
    futures: list[Future[T]] = [Future() for _ in calls]
    jobs = deque(zip(futures, calls, strict=True))
    for _ in range(min(concurrency, len(calls))):
        Thread(target=_work, args=(jobs,), daemon=True, name="hopgym-fan-out").start()
    try:
        yield futures
    finally:
        for future in futures:
            future.cancel()


def _work(jobs: deque[tuple[Future[Any], Callable[[], Any]]]) -> None:
    while True:
        try:
            future, call = jobs.popleft()
        except IndexError:
            return
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(call())
        except BaseException as error:  # whoever waits for it is to have it, and not this thread
            future.set_exception(error)


def _outcome(future: Future[Any], timeout: float | None) -> Any:
    if not future.done():
        return TimeoutError(f"It did not answer within {timeout} s.")
    error = future.exception()
    return error if isinstance(error, Exception) else future.result()


def _joined(found: Sequence[Hits]) -> Hits:
    documents = [hits.documents[0] for hits in found]
    scores = [hits.scores[0] for hits in found]
    if all(hits.components is None for hits in found):
        return Hits(documents, scores)
    parts = [
        hits.components[0] if hits.components else [{}] * len(hits.scores[0]) for hits in found
    ]
    return Hits(documents, scores, parts)
