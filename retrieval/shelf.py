"""Retrievers that are built once and shared: many environments, one index in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from .base import Retriever


class Shelf:
    """A bounded store of retrievers by key; the least lately used goes first.

    Two threads that ask for the same key get the same retriever, built by the first of them,
    while other keys are served meanwhile.

    Args:
        size: How many are kept.
    """

    def __init__(self, size: int = 8) -> None:
        self._size = size
        self._lock = Lock()
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()

    def __len__(self) -> int:
        return len(self._places)

    def get(self, key: Hashable, build: Callable[[], Retriever]) -> Retriever:
        """Return what stands under a key, building it if there is nothing.

        A build that fails leaves nothing behind, so that it can be tried again.
        """
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > self._size:
                self._places.popitem(last=False)
        with place.lock:
            if place.retriever is None:
                place.retriever = build()
            return place.retriever


class _Place:
    def __init__(self) -> None:
        self.lock = Lock()
        self.retriever: Retriever | None = None
