"""One retriever for all actors: it searches in an actor of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import RetrievalError
from ...retrieval import make_retriever
from ...retrieval.base import Hits, Immutable

THREADS = 8
"""Searches that the actor runs side by side."""


class RetrieverHost:
    """The actor: holds the index, and searches for whoever asks."""

    def __init__(self, spec: Any, questions: Any) -> None:
        self._retriever = make_retriever(spec, questions.documents)

    def describe(self) -> str:
        """Return the retriever's fingerprint."""
        return self._retriever.fingerprint

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return the hits of each query."""
        return self._retriever.search(queries, k)


class SharedRetriever(Immutable):
    """What environments hold in its place: asks the actor.

    Args:
        actor: The actor's handle.
        fingerprint: That of the retriever that it holds.
        made_of: What it was made of: a spec and a question set's fingerprint.
    """

    def __init__(self, actor: Any, fingerprint: str, made_of: tuple[str, str]) -> None:
        self._actor = actor
        self.fingerprint = fingerprint
        self.made_of = made_of

    @classmethod
    def begin(
        cls, ray: Any, kwargs: Mapping[str, Any], held: SharedRetriever | None
    ) -> SharedRetriever:
        """Start the actor for an environment's keywords, unless the one that is held is alike."""
        spec = kwargs["retriever"]
        made_of = (repr(spec), kwargs["questions"].fingerprint)
        if held is not None and held.made_of == made_of:
            return held
        if held is not None:
            held.end(ray)
        remote = ray.remote(RetrieverHost).options(
            num_cpus=1, max_restarts=-1, max_task_retries=3, max_concurrency=THREADS
        )
        actor = remote.remote(spec, kwargs["questions"])
        return cls(actor, ray.get(actor.describe.remote()), made_of)

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return the hits of each query.

        Raises:
            RetrievalError: If the actor could not answer.
        """
        import ray

        try:
            found: Hits = ray.get(self._actor.search.remote(list(queries), k))
        except ray.exceptions.RayError as error:
            raise RetrievalError(f"The shared retriever failed ({error}).") from error
        return found

    def end(self, ray: Any) -> None:
        """End the actor."""
        ray.kill(self._actor)
