"""Saved towers as an encoder of dense retrieval, with each side's own weights.

For towers of sentence-transformers, of which retrieval's own encoder reads one folder for both
sides; `hopgym.agents.rag.making.encoder_spec` says which encoder a folder of towers needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ...core import Document
from ...retrieval.encoders.base import Vectors, settings_fingerprint
from ...retrieval.encoders.models import LateModel, files_fingerprint
from .making import load_towers
from .towers import Towers


class TowersEncoder:
    """Encodes with towers that `save_towers` wrote.

    Args:
        folder: Where they are.
        batch_size: How many texts are encoded at once.
        device: Where, such as "cpu" or "cuda".
    """

    def __init__(self, *, folder: str, batch_size: int = 64, device: str = "cpu") -> None:
        self._folder = Path(folder).resolve()
        self._batch_size, self._device = batch_size, device
        self._towers: LateModel[Towers] = LateModel(self._load)

    @cached_property
    def dim(self) -> int:
        """How long the vectors are."""
        with self._towers.use() as towers:
            return towers.dim

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The towers, and what their files hold."""
        return {
            "encoder": "hopgym.agents.rag.encoder:TowersEncoder",
            "model": str(self._folder),
            "content": files_fingerprint(self._folder),
            "dim": self.dim,
        }

    @cached_property
    def fingerprint(self) -> str:
        """A name of the settings."""
        return settings_fingerprint(self.settings)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return the question tower's vector for each query."""
        with self._towers.use() as towers:
            return towers.encode_questions(queries, self._batch_size)

    def encode_documents(self, documents: Sequence[Document]) -> Vectors:
        """Return the context tower's vector for each document."""
        with self._towers.use() as towers:
            return towers.encode_passages(documents, self._batch_size)

    def _load(self) -> Towers:
        return load_towers(self._folder, self._device).eval()

    def __repr__(self) -> str:
        return f"TowersEncoder({self._folder.name!r})"
