"""The index of passages while the encoder that made it is trained: fresh at times, else a bit stale.

Every so many steps all passages are encoded again, as REALM (arXiv 2002.08909, section 3.3) and
Siriwardhana et al. (arXiv 2210.02627) do. Training waits for that, so that a run is the same at
every time; in the background a copy of the encoder is at work meanwhile, and its vectors take the
place of the old ones when they are ready.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from ...core import Document
from ...errors import DataError
from ...files import atomic_write, fingerprint
from ...retrieval.corpus import Corpus
from ...retrieval.encoders.base import Vectors
from ..ppo.team import Team
from .index import PassageIndex
from .settings import RagSettings
from .towers import Towers

VECTORS = "vectors.npy"
CHUNK = 4096
"""Passages that one process encodes at a time; the same for any number of processes."""


class FreshIndex:
    """All passages, searched by vectors that are renewed while the towers learn.

    Args:
        towers: What encodes; they are trained meanwhile.
        documents: The corpus.
        settings: When passages are encoded again.
        team: Who shares that work.
        folder: A checkpoint to take vectors from; None encodes them.
    """

    def __init__(
        self,
        towers: Towers,
        documents: Sequence[Document],
        settings: RagSettings,
        team: Team,
        folder: Path | None = None,
    ) -> None:
        self.towers, self.documents, self.settings, self.team = towers, documents, settings, team
        self.encoded_at = 0
        """The step whose weights made the vectors."""
        vectors = self._first() if folder is None else _array(folder / VECTORS, len(documents))
        if not towers.train_context:
            towers.know(documents, vectors)  # to the bit what a resumed run will know
        self._index = PassageIndex(vectors, kind=settings.index)
        self._waiting: tuple[int, Future[Vectors]] | None = None

    def retrieve(
        self, questions: Sequence[str], index: PassageIndex | None = None
    ) -> list[list[Document]]:
        """Return the passages that are read for each question, the best first.

        Args:
            questions: Encoded by the question tower as it is now.
            index: What `fresh` returned; None for the one that training goes on with.
        """
        vectors = self.towers.encode_questions(questions)
        _, places = (index or self._index).search(vectors, self.settings.n_docs)
        return [[self.documents[place] for place in row] for row in places.tolist()]

    def fresh(self, step: int) -> PassageIndex:
        """Return an index by the towers as they are now; training goes on with its own."""
        if not self.settings.trains_passages or self.encoded_at == step:
            return self._index
        return PassageIndex(self._encoded(self.towers), kind=self.settings.index)

    def advance(self, step: int) -> bool:
        """Renew the vectors where that is due before a step, or ready; return whether they are new."""
        if self._waiting is not None:
            return self._taken()
        if not self.settings.refreshes or step - self.encoded_at < self.settings.reindex_every:
            return False
        if not self.settings.async_reindex:
            self._renew(self._encoded(self.towers), step)
            return True
        towers = copy.deepcopy(self.towers)
        pool = ThreadPoolExecutor(1, thread_name_prefix="reindex")
        self._waiting = (step, pool.submit(self._encoded, towers))
        pool.shutdown(wait=False)
        return False

    def finish(self) -> None:
        """Wait for what is encoded in the background."""
        if self._waiting is not None:
            self._waiting[1].result()

    def save(self, folder: Path) -> None:
        """Write the vectors as they are: a resumed run retrieves by the same."""
        if self.settings.trains_passages:
            with atomic_write(folder / VECTORS) as stream:
                np.save(stream, self._index.vectors, allow_pickle=False)

    def _taken(self) -> bool:
        assert self._waiting is not None
        step, vectors = self._waiting
        if not vectors.done():
            return False
        self._waiting = None
        self._renew(vectors.result(), step)
        return True

    def _renew(self, vectors: Vectors, step: int) -> None:
        self.encoded_at = step
        self._index.refresh(vectors)

    def _encoded(self, towers: Towers) -> Vectors:
        """Encode all passages, a share in each process."""
        starts = range(0, len(self.documents), CHUNK)

        def mine() -> list[Vectors]:
            shares = self.team.mine(starts)
            return [towers.encode_passages(self.documents[n : n + CHUNK]) for n in shares]

        return np.concatenate(self.team.everyones(mine))

    def _first(self) -> Vectors:
        """Encode all passages, or read them from the cache where their encoder stays as it is."""
        cache = self.settings.retrieval_cache
        if not cache:
            return self._encoded(self.towers)
        name = fingerprint([Corpus.of(self.documents).fingerprint, _weights(self.towers)])
        file = Path(cache) / f"{name}.npy"
        if self.team.first(file.is_file):
            return _array(file, len(self.documents))
        vectors = self._encoded(self.towers)
        if self.team.leads:
            with atomic_write(file) as stream:
                np.save(stream, vectors, allow_pickle=False)
        return vectors


def _weights(towers: Towers) -> str:
    """Name the context tower by its weights and by how much it reads."""
    digest = hashlib.sha256(repr(getattr(towers.context, "max_tokens", None)).encode())
    for name, value in sorted(towers.context.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _array(file: Path, count: int) -> Vectors:
    try:
        vectors: Vectors = np.load(file, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{file} holds no vectors ({error}). Remove it, and they are made again."
        ) from error
    if vectors.ndim != 2 or len(vectors) != count:
        raise DataError(
            f"{file} holds vectors of shape {vectors.shape} for {count} passages. Remove it."
        )
    return vectors
