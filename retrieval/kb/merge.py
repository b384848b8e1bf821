"""Making one knowledge base of several, of their passages as they are.

Nothing is read from the first inputs and nothing is cut again. A passage of a later base that an
earlier one has is left out; within a base nothing is, since it was sorted out by its own recipe.
Killed at any moment, the same call continues.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ... import __version__
from ...core import Document
from ...errors import ConfigError, DataError
from ..content import ContentHash
from ..foreign import check_foreign
from ..saved import verify_folder
from .build import Built, Progress, _dropped, _indexing
from .collect import PART, Collected
from .dedupe import Dropped, Seen
from .index import factory_of, make_index
from .manifest import KnowledgeBase, Recipe, describe, open_retriever, publish
from .staging import Part, Position, Staging, staging


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge is about; an interrupted one continues only under an equal plan."""

    merged: Sequence[str]
    """The content of each base."""
    recipe: Recipe
    made_by: str = __version__


def merge(
    folder: str | Path,
    bases: Sequence[str | Path],
    *,
    retriever: str | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Built:
    """Make a knowledge base of all passages of several, replacing one that stands there.

    Args:
        folder: Where; none of the bases.
        bases: The folders of two or more. The first one's recipe is the new one's, for what is
            added later too.
        retriever: What searches the new one; by itself, what searches the first.
        progress: Told how far it is.

    Raises:
        UnknownNameError: If there is no such retriever.
        ConfigError: If there are fewer than two bases, or the folder is one of them.
        DataError: If a base is none or damaged, or two passages share an id and say different
            things. What stood in the folder is as it was.
    """
    paths = _checked(folder, bases)
    abouts = [describe(path)[0] for path in paths]
    recipe = abouts[0].recipe
    if retriever is None:
        check_foreign(recipe.retriever, paths[0])
    else:
        recipe = replace(recipe, retriever=retriever)
    factory_of(recipe.retriever)
    for path in paths:
        verify_folder(path)  # what is damaged would be taken over, under a digest of its own
    with staging(Path(folder)) as place:
        place.begin(Plan([about.content for about in abouts], recipe))
        total = sum(about.passages for about in abouts)
        collected = _Merging(place, recipe, progress, total).of(paths)
        progress("indexing", 0, 1)
        if not place.has_index():
            told = _indexing(collected.passages, progress)
            make_index(recipe.retriever, place.documents(), place.index, told)
        about = _about(abouts, recipe, collected)
        publish(place.index, Path(folder), about, _dropped(place))
        place.remove()
        progress("indexing", 1, 1)
    return Built(about)


class _Merging:
    """Turns the passages of bases into parts, from where the last run stopped."""

    def __init__(self, place: Staging, recipe: Recipe, progress: Progress, total: int) -> None:
        self._place, self._progress, self._total = place, progress, total
        self._seen = Seen(recipe.dedupe, recipe.near_duplicates)
        self._kept = 0
        """Parts that later passages are compared with."""

    def of(self, paths: Sequence[Path]) -> Collected:
        """Return what all parts add up to."""
        collected = Collected(ContentHash())
        for part, stored in self._place.parts():
            collected.take(part, stored)
        for number, path in enumerate(paths):
            self._keep_before(number)
            done = collected.next.line if collected.next.file == number else 0
            if collected.next.file <= number:
                for part, passages in self._parts(number, path, done):
                    self._place.write(part, passages)
                    collected.take(part, passages)
                    self._progress("reading", collected.passages, self._total)
        return collected

    def _keep_before(self, number: int) -> None:
        """Take up the passages of the bases before one; not its own, which may be alike."""
        for part, passages in islice(self._place.parts(), self._kept, None):
            if part.next.file >= number:
                break
            self._seen.keep(list(passages))
            self._kept += 1

    def _parts(self, number: int, path: Path, done: int) -> Iterator[tuple[Part, list[Document]]]:
        passages = islice(open_retriever(path).documents, done, None)
        while batch := list(islice(passages, PART)):
            fresh: list[Document] = []
            dropped: list[Dropped] = []
            for passage in batch:
                new, old = self._seen.sort_out([passage])
                if self._seen.conflict(passage, new):
                    raise DataError(
                        f"{path}: its passage {passage.id!r} has the id of one of the knowledge "
                        "bases before it, which says something else. Ids name documents: export "
                        "the bases, give each its own, and build one of the files."
                    )
                fresh += new
                dropped += old
            done += len(batch)
            near = sum(one.near for one in dropped)
            counts = +Counter({"duplicates": len(dropped) - near, "near-duplicates": near})
            yield Part(Position(number, done), len(fresh), dict(counts), dropped), fresh


def _about(abouts: Sequence[KnowledgeBase], recipe: Recipe, collected: Collected) -> KnowledgeBase:
    counts = sum((Counter(about.counts) for about in abouts), Counter[str]())
    inputs: list[Any] = [file for about in abouts for file in about.inputs]
    return KnowledgeBase(
        content=collected.content.hexdigest(),
        passages=collected.content.count,
        recipe=recipe,
        counts=dict(counts + collected.counts),
        inputs=inputs,
        made_by=__version__,
    )


def _checked(folder: str | Path, bases: Sequence[str | Path]) -> list[Path]:
    if isinstance(bases, str | Path) or len(bases) < 2:
        raise ConfigError(f"bases are {bases!r:.100}; give a list of two knowledge bases or more.")
    paths = [Path(base) for base in bases]
    if Path(folder).resolve() in [path.resolve() for path in paths]:
        raise ConfigError(
            f"{folder}: is one of the knowledge bases to merge. Give another folder for the new "
            "one; to add documents to a base there is `hopgym kb add`."
        )
    return paths
