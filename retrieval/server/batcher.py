"""Micro-batching: the queries of many clients become few searches.

A batch is what has gathered while the last one was searched, and under load an idle worker waits a
few milliseconds for more, or for a little of what the last search took: those who were answered
just now ask again at once. Each search runs in a worker thread, has one `k`, and asks each
different query once. One client's failing query fails no other's. It knows nothing of HTTP; one
event loop owns it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, repeat
from time import perf_counter

from ...core import Document
from ...errors import HopgymError, RetrievalError
from ..base import Hits, Retriever, check_hits
from .limits import Limits
from .metrics import Metrics

_PATIENCE = 0.05  # of the last search's time
_MISTAKEN = (StopIteration, concurrent.futures.CancelledError)


class OverloadedError(HopgymError):
    """The queue is full; come back in a moment."""


@dataclass(slots=True, eq=False)
class _Piece:
    """Queries of one request that are searched together."""

    queries: tuple[str, ...]
    k: int
    reply: asyncio.Future[list[_Row]]
    arrived: float


class Batcher:
    """Searches for many at once.

    Args:
        retriever: What is searched; several workers call it at the same time.
        limits: How large batches and the queue may be.
        metrics: Told of every batch.
    """

    def __init__(self, retriever: Retriever, limits: Limits, metrics: Metrics) -> None:
        self._retriever, self._limits, self._metrics = retriever, limits, metrics
        self._pieces: deque[_Piece] = deque()
        self._waiting = 0
        self._some = asyncio.Event()
        self._enough = asyncio.Event()
        self._crowded = False  # whether the last batch served more than one request
        self._patience = 0.0  # until when a wait costs little beside what the last search took
        self._pool = ThreadPoolExecutor(limits.workers, thread_name_prefix="hopgym-search")
        self._workers: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> int:
        """How many queries are in the queue."""
        return self._waiting

    def start(self) -> None:
        """Begin to search; call it in the event loop."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._limits.workers)]

    async def close(self) -> None:
        """Stop; whoever still waits is told so."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        _refuse(self._pieces)
        self._pieces.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return the hits of one request.

        Raises:
            OverloadedError: If the queue is full.
            RetrievalError: If the retriever could not answer.
        """
        if self._waiting + len(queries) > self._limits.max_waiting:
            raise OverloadedError(
                f"{self._waiting} queries are waiting; this server holds {self._limits.max_waiting}."
            )
        pieces = self._queue(queries, k)
        try:
            parts = await asyncio.gather(*(piece.reply for piece in pieces))
        finally:
            for piece in pieces:
                piece.reply.cancel()  # of use only if another failed or the client has gone
        return _hits(chain.from_iterable(parts))

    def _queue(self, queries: Sequence[str], k: int) -> list[_Piece]:
        loop, now = asyncio.get_running_loop(), perf_counter()
        size = self._limits.max_batch
        parts = (tuple(queries[start : start + size]) for start in range(0, len(queries), size))
        pieces = [_Piece(part, k, loop.create_future(), now) for part in parts]
        self._pieces.extend(pieces)
        self._waiting += len(queries)
        if pieces:
            self._some.set()
        if self._waiting >= size:
            self._enough.set()
        return pieces

    async def _work(self) -> None:
        while True:
            await self._some.wait()
            if self._crowded:
                await self._gather_more()
            if batch := self._take():
                self._crowded = len(batch) > 1
                await self._answer(batch)

    async def _gather_more(self) -> None:
        """Wait for a full batch, or until the oldest query has waited long enough."""
        full = self._waiting >= self._limits.max_batch
        if full or not self._pieces or not self._limits.wait_ms:
            return
        until = max(self._pieces[0].arrived + self._limits.wait_ms / 1000, self._patience)
        left = until - perf_counter()
        if left > 0:
            self._enough.clear()
            try:
                async with asyncio.timeout(left):
                    await self._enough.wait()
            except TimeoutError:
                pass

    def _take(self) -> list[_Piece]:
        """Take the oldest piece and all that fit to it, leaving the others in their order."""
        batch: list[_Piece] = []
        others: list[_Piece] = []
        room = self._limits.max_batch
        while self._pieces and room > 0:
            piece = self._pieces.popleft()
            if piece.reply.done():  # its client has gone
                self._waiting -= len(piece.queries)
            elif batch and (piece.k != batch[0].k or len(piece.queries) > room):
                others.append(piece)
            else:
                batch.append(piece)
                room -= len(piece.queries)
                self._waiting -= len(piece.queries)
        self._pieces.extendleft(reversed(others))
        if not self._pieces:
            self._some.clear()
        return batch

    async def _answer(self, batch: Sequence[_Piece]) -> None:
        try:
            rows = await self._searched(batch)
        except asyncio.CancelledError:
            _refuse(batch)
            raise
        except Exception as error:
            await self._answer_failed(batch, error)
            return
        for piece in batch:
            if not piece.reply.done():
                piece.reply.set_result([rows[query] for query in piece.queries])

    async def _answer_failed(self, batch: Sequence[_Piece], error: Exception) -> None:
        """Search again piece by piece, so that only those fail that must."""
        if len(batch) == 1:
            if not batch[0].reply.done():
                batch[0].reply.set_exception(error)
            return
        for piece in batch:
            await self._answer([piece])

    async def _searched(self, batch: Sequence[_Piece]) -> dict[str, _Row]:
        unique = list(dict.fromkeys(chain.from_iterable(piece.queries for piece in batch)))
        start = perf_counter()
        loop = asyncio.get_running_loop()
        hits = await loop.run_in_executor(self._pool, self._found, unique, batch[0].k)
        asked, end = sum(len(piece.queries) for piece in batch), perf_counter()
        self._patience = end + _PATIENCE * (end - start)
        self._metrics.batch(asked, end - start)
        return dict(zip(unique, _rows(hits), strict=True))

    def _found(self, queries: list[str], k: int) -> Hits:
        """Search, and let nothing out that asyncio would take for its own.

        A future cannot hold a StopIteration, and any CancelledError would end the worker as
        `close` does: either would leave a server that says it is well and answers nobody.
        """
        try:
            hits = self._retriever.search(queries, k)
            check_hits(hits, queries, k, type(self._retriever).__name__)
            return hits
        except (SystemExit, KeyboardInterrupt):
            raise  # ends the process, as it should
        except BaseException as error:
            if isinstance(error, Exception) and not isinstance(error, _MISTAKEN):
                raise
            raise RetrievalError(
                f"{type(self._retriever).__name__} raised {type(error).__name__} instead of "
                "returning hits; a retriever that cannot answer raises RetrievalError."
            ) from error


def _refuse(pieces: Iterable[_Piece]) -> None:
    for piece in pieces:
        if not piece.reply.done():
            piece.reply.set_exception(OverloadedError("The server is stopping."))


_Row = tuple[Sequence[Document], Sequence[float], Sequence[Mapping[str, float]] | None]
"""A query's documents, scores and what the scores are made of."""


def _rows(hits: Hits) -> Iterable[_Row]:
    components = repeat(None, len(hits)) if hits.components is None else hits.components
    return zip(hits.documents, hits.scores, components, strict=True)


def _hits(rows: Iterable[_Row]) -> Hits:
    documents: list[Sequence[Document]] = []
    scores: list[Sequence[float]] = []
    components: list[Sequence[Mapping[str, float]]] = []
    plain = True  # parts of a long request may come with components and without
    for row, row_scores, row_components in rows:
        documents.append(row)
        scores.append(row_scores)
        plain = plain and row_components is None
        components.append([{}] * len(row) if row_components is None else row_components)
    return Hits(documents, scores, None if plain else components)
