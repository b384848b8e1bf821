"""Sources for tests of plans: they wait, fail or count as they are told."""

import threading
import time

from hopgym.core import Document
from hopgym.errors import RetrievalError
from hopgym.retrieval.base import Hits


class Source:
    """Answers each query with one document of its own; waits first, fails where it must."""

    def __init__(self, name="source", *, seconds=0.0, fails_on=(), error=None):
        self.name = name
        self.fingerprint = f"test:{name}"
        self.seconds = seconds
        self.fails_on = set(fails_on)
        self.error = error or RetrievalError("the line is dead")
        self.calls = []
        self.threads = set()

    def search(self, queries, k):
        self.calls.append(list(queries))
        self.threads.add(threading.get_ident())
        time.sleep(self.seconds)
        if self.fails_on.intersection(queries) or "*" in self.fails_on:
            raise self.error
        documents = [
            [Document(f"{self.name}:{query}", f"About {query}", f"{query} is told by {self.name}.")]
            for query in queries
        ]
        return Hits(documents, [[1.0] for _ in queries])


def three_sources(**changes):
    """General, News and Academy, each a `Source`."""
    return {name: Source(name, **changes) for name in ("General", "News", "Academy")}
