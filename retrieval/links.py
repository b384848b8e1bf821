"""Links between documents: whose title is mentioned in whose text.

Encyclopaedia passages name each other by their titles. Titles are found as the longest run of up
to 8 words, whatever the case; a final "(...)" is dropped ("Vel (film)" is called Vel), a title of
one word needs more than 4 letters, and a title that many documents mention says nothing. Used by
link_hop; it knows nothing of retrieval.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..core import Document
from ..errors import DataError
from .saved import CURE

LONGEST = 8
"""The most words of a title that is looked for."""
SHORTEST = 5
"""The fewest letters of a title that is one word."""

_WORD = re.compile(r"\w+")
_DISAMBIGUATION = re.compile(r"\s*\([^()]*\)\s*$")


class Titles:
    """Finds mentions of titles in a text.

    Args:
        titles: The titles, by position; several may read the same.

    >>> Titles(["Ada Orm", "Vel (film)", "Tessa", "Tessa Town"]).mentioned("Tessa Town and ADA ORM")
    [3, 0]
    """

    def __init__(self, titles: Iterator[str] | Sequence[str]) -> None:
        self._positions: dict[str, list[int]] = {}
        self._longest: dict[str, int] = {}  # first word to the most words of such a title
        for position, title in enumerate(titles):
            words = _words(bare_title(title))
            if _can_be_found(words):
                self._positions.setdefault(" ".join(words), []).append(position)
                longest = self._longest.get(words[0], 0)
                self._longest[words[0]] = max(longest, len(words))

    def mentioned(self, text: str) -> list[int]:
        """Return the positions of the titles in a text, each once, in the order of mention."""
        found = (self._positions[title] for title in self._runs(_words(text)))
        return list(dict.fromkeys(position for positions in found for position in positions))

    def _runs(self, words: list[str]) -> Iterator[str]:
        start = 0
        while start < len(words):
            for length in range(self._longest.get(words[start], 0), 0, -1):
                run = " ".join(words[start : start + length])
                if run in self._positions:
                    yield run
                    start += length
                    break
            else:
                start += 1


class Links:
    """Which documents each document mentions, by position.

    Args:
        pointers: Where each document's part of `targets` begins, and the end.
        targets: The positions of the mentioned documents, document after document.
    """

    def __init__(self, pointers: NDArray[np.int64], targets: NDArray[np.int32]) -> None:
        self._pointers = pointers
        self._targets = targets

    @classmethod
    def between(cls, documents: Sequence[Document], most_mentions: int = 50) -> Links:
        """Find the links of documents.

        Args:
            documents: The documents.
            most_mentions: A title that more documents mention than these is no link.
        """
        titles = Titles([document.title for document in documents])
        mentioned = [titles.mentioned(document.text) for document in documents]
        counts = np.bincount(
            np.fromiter((t for row in mentioned for t in row), dtype=np.int64),
            minlength=len(documents),
        )
        rows = [
            [t for t in row if t != source and counts[t] <= most_mentions]
            for source, row in enumerate(mentioned)
        ]
        pointers = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        return cls(pointers, np.fromiter((t for row in rows for t in row), dtype=np.int32))

    def __len__(self) -> int:
        return len(self._targets)

    def __getitem__(self, document: int) -> list[int]:
        targets = self._targets[self._pointers[document] : self._pointers[document + 1]]
        return [int(target) for target in targets]

    def save(self, folder: Path) -> None:
        """Write two arrays into a folder."""
        np.save(folder / "pointers.npy", self._pointers, allow_pickle=False)
        np.save(folder / "targets.npy", self._targets, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, documents: int) -> Links:
        """Map what `save` wrote.

        Raises:
            DataError: If it is damaged or not of so many documents.
        """
        try:
            pointers, targets = (
                np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
                for name in ("pointers", "targets")
            )
            fits = len(pointers) == documents + 1 and pointers[-1] == len(targets)
            fits = fits and (not len(targets) or 0 <= targets.min() <= targets.max() < documents)
        except (OSError, ValueError, EOFError, IndexError, TypeError) as error:
            raise DataError(f"{folder}: the links are damaged ({error}). {CURE}") from error
        if not fits:
            raise DataError(f"{folder}: the links do not fit the documents. {CURE}")
        return cls(pointers, targets)


def bare_title(title: str) -> str:
    """Return a title as texts mention it.

    >>> bare_title("Vel (1997 film)"), bare_title("(I Can't See Myself) Leaving You")
    ('Vel', "(I Can't See Myself) Leaving You")
    """
    return _DISAMBIGUATION.sub("", title) or title


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _can_be_found(words: list[str]) -> bool:
    return 1 < len(words) <= LONGEST or (len(words) == 1 and len(words[0]) >= SHORTEST)
