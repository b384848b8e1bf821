"""`compress`: asks the question itself, reads what is shown as vectors, expands some of it, answers.

It plays RAG-v0, where documents are shown at once, and SearchRead, where it asks for them first.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...errors import require
from ...files import fingerprint
from ...retrieval.base import check_number, check_whole
from ..base import Info
from ..games import DOCUMENTS
from ..transcript import Transcript

if TYPE_CHECKING:
    from .model import Answer, Compressor, Remembered


class CompressAgent:
    """Plays with a trained compressor, batched over all episodes that run side by side.

    Args:
        compressor: What reads and answers.
        expand: The share of chunks that is read as words; None as it was trained.
        cache: Vectors that were computed before.
        batch_size: Episodes that are answered at once, at most.
        name: What tables call it.
        fingerprint: What tells it from another model or other settings.
    """

    plays: ClassVar[str] = DOCUMENTS

    def __init__(
        self,
        compressor: Compressor,
        *,
        expand: float | None = None,
        cache: Remembered | None = None,
        batch_size: int = 16,
        name: str = "compress",
        fingerprint: str = "",
    ) -> None:
        self.compressor, self.cache = compressor, cache
        self.expand = compressor.shape.expand if expand is None else expand
        self.batch_size, self.name, self.fingerprint = batch_size, name, fingerprint

    def reset(self, seed: int | None = None) -> None:
        """Nothing to forget: the likeliest is taken of everything."""

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Return a query for each episode that shows nothing yet, and an answer for the others."""
        views = [Transcript(o, info) for o, info in zip(observations, infos, strict=True)]
        reading = [n for n, view in enumerate(views) if not _asks(view)]
        told = dict(zip(reading, self._read([views[n] for n in reading]), strict=True))
        return [
            view.answer(_said(told[n]), told[n].text)
            if n in told
            else view.ask("I search for the question itself.", view.question)
            for n, view in enumerate(views)
        ]

    def _read(self, views: Sequence[Transcript]) -> list[Answer]:
        asked = [(view.question, view.documents) for view in views]
        return [
            answer
            for start in range(0, len(asked), self.batch_size)
            for answer in self.compressor.answer(
                asked[start : start + self.batch_size], self.expand, self.cache
            )
        ]


def compress_agent(
    *,
    model: str,
    expand: float | None = None,
    cache: str | None = None,
    batch_size: int = 16,
    device: str | None = None,
    name: str | None = None,
    encoder: str | None = None,
) -> CompressAgent:
    """Return the agent of a folder that `hopgym train compress` wrote.

    Args:
        model: The folder.
        expand: The share of chunks that is read as words, from 0 to 1; 1 is plain reading. As it was
            trained, usually.
        cache: A folder with vectors that `cache.precompute` made.
        batch_size: Episodes at once, at most.
        device: Where it is computed; the best there is, usually.
        name: What to call it; the folder's name, usually.
        encoder: Its encoder, where that is code of your own (`file.py:NAME`); else the folder's.

    Raises:
        MissingExtraError: If a library is not installed.
        ConfigError: If the folder holds no compressor, an option is not allowed, or the cache is
            another model's.
    """
    require("torch", "llm")
    from .cache import ChunkCache
    from .saving import answers_fingerprint, load_compressor, read_shape, vectors_fingerprint

    shape = read_shape(model, encoder)
    check_whole("batch_size", batch_size)
    if expand is not None:
        check_number("expand", expand, 0.0, 1.0, example=0.25)
    vectors = vectors_fingerprint(model, encoder)
    told = [answers_fingerprint(model, encoder), expand, cache is not None]
    return CompressAgent(
        load_compressor(model, device, encoder=encoder),
        expand=expand,
        cache=None if cache is None else ChunkCache(cache, shape.k, vectors),
        batch_size=batch_size,
        name=name or Path(model).resolve().name,
        fingerprint=fingerprint(told),
    )


def _asks(view: Transcript) -> bool:
    """Return whether documents are to be asked for first."""
    if not view.may_answer:
        return True
    return not view.documents and not view.queries and view.may_search


def _said(answer: Answer) -> str:
    """Say how much was read.

    >>> from .model import Answer
    >>> _said(Answer("Lyon", 8, (1, 4), 60))
    'I read 8 chunks, 2 of them word by word.'
    """
    return f"I read {answer.chunks} chunks, {len(answer.expanded)} of them word by word."
