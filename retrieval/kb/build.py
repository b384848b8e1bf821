"""Making knowledge bases: files in, a searchable folder out, all of it or nothing.

Two steps: the inputs become passages, part by part; then the passages become an index, which
replaces the old one at once. Killed at any moment, the same call continues and ends with the same
content. `add` does both for further documents and leaves alone what is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from ... import __version__
from ...core import to_json
from ...errors import ConfigError, DataError
from ..base import Retriever
from ..content import ContentHash
from ..foreign import check_foreign
from ..saved import verify_folder
from .collect import collect
from .index import Told, factory_of, grow_index, make_index, save_index
from .manifest import (
    DROPPED,
    KnowledgeBase,
    Recipe,
    describe,
    open_retriever,
    publish,
    with_documents,
)
from .staging import Staging, current, staging, stamp

Progress = Callable[[str, float, float], None]
"""Called with what is being done, how much of it is done and how much there is."""


@dataclass(frozen=True, slots=True)
class Built:
    """The outcome of a build."""

    about: KnowledgeBase
    problems: Sequence[str] = ()
    """Why records were skipped: the first messages."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build is about; an interrupted build continues only under an equal plan."""

    recipe: Recipe
    strict: bool
    inputs: Sequence[dict[str, Any]]
    base: str = ""
    """The index that documents are added to."""
    made_by: str = __version__


def build(
    folder: str | Path,
    inputs: Sequence[str | Path],
    recipe: Recipe | None = None,
    *,
    strict: bool = True,
    progress: Progress = lambda what, done, total: None,
) -> Built:
    """Make a knowledge base, replacing one that stands there.

    Args:
        folder: Where.
        inputs: JSON-lines files, or JSON lists, of `{id, title, text}` and the like, plain or
            `.gz` (see `read_documents`).
        recipe: How.
        strict: Whether a bad record is an error; else it is skipped and counted.
        progress: Told how far it is.

    Raises:
        UnknownNameError: If there is no such retriever.
        ConfigError: If it cannot be saved, or an option is not allowed.
        DataError: If an input cannot be used, two documents share an id, nothing is left to
            index, or the folder cannot be written. What stood there is as it was.
    """
    recipe = Recipe() if recipe is None else recipe
    if not isinstance(recipe, Recipe):
        given = f"Recipe({recipe!r})" if isinstance(recipe, str) else "Recipe(...)"
        raise ConfigError(f"recipe is {recipe!r:.100}; give a Recipe: {given}.")
    factory_of(recipe.retriever)
    plan = Plan(recipe, strict, _stamps(inputs))
    with staging(Path(folder)) as place:
        place.begin(plan)
        collected = collect(place, recipe, inputs, strict=strict, progress=_reading(plan, progress))
        if not collected.passages:
            raise DataError(f"No document is left to index: {collected}. Look at the input.")
        progress("indexing", 0, 1)
        if not place.has_index():
            told = _indexing(collected.passages, progress)
            make_index(recipe.retriever, place.documents(), place.index, told)
        about = KnowledgeBase(
            content=collected.content.hexdigest(),
            passages=collected.content.count,
            recipe=recipe,
            counts=dict(collected.counts),
            inputs=_named(plan.inputs),
            made_by=__version__,
        )
        publish(place.index, Path(folder), about, _dropped(place))
        place.remove()
        progress("indexing", 1, 1)
    return Built(about, collected.problems)


def add(
    folder: str | Path,
    inputs: Sequence[str | Path],
    *,
    strict: bool = True,
    progress: Progress = lambda what, done, total: None,
) -> Built:
    """Add documents to a knowledge base, by the recipe that it was made with.

    What it holds is neither read from its first inputs nor cut again. An index that can grow is
    extended; another is made anew of the old passages and the new. Either way the old one answers
    until the new one takes its place.

    Raises:
        DataError: As in `build`; also if a new document has the id of an old one and says
            something else, or a file of the knowledge base is damaged.
    """
    path = Path(folder)
    old, manifest = describe(path)
    check_foreign(old.recipe.retriever, path)
    plan = Plan(old.recipe, strict, _stamps(inputs), base=manifest.data)
    with staging(path) as place:
        if current(path) != plan.base:
            raise DataError(f"{folder}: was changed by another process meanwhile. Try again.")
        verify_folder(path)  # what is damaged would be taken over, under a digest of its own
        place.begin(plan)
        retriever = open_retriever(path)
        collected = collect(
            place,
            old.recipe,
            inputs,
            base=retriever.documents,
            strict=strict,
            progress=_reading(plan, progress),
        )
        if not collected.passages:
            place.remove()
            return Built(old, collected.problems)
        progress("indexing", 0, 1)
        if not place.has_index():
            told = _indexing(collected.passages, progress)
            grow_index(retriever, old.recipe.retriever, place.documents(), place.index, told)
        about = replace(
            old,
            content=collected.content.hexdigest(),
            passages=collected.content.count,
            counts=dict(Counter(old.counts) + collected.counts),
            inputs=[*old.inputs, *_named(plan.inputs)],
            made_by=__version__,
        )
        earlier = (path / manifest.data / DROPPED).read_bytes()
        publish(place.index, path, about, chain([earlier], _dropped(place)))
        place.remove()
        progress("indexing", 1, 1)
    return Built(about, collected.problems)


def keep(folder: str | Path, retriever: Retriever, about: KnowledgeBase | Recipe) -> KnowledgeBase:
    """Make a knowledge base of a retriever as it is, replacing one that stands there.

    Args:
        folder: Where.
        retriever: What holds the documents and searches them.
        about: What it was made of, or by which recipe.

    Raises:
        ConfigError: If the retriever cannot be saved.
        DataError: If the folder holds something else or cannot be written; what stood there is
            as it was.
    """
    path = Path(folder)
    if isinstance(about, Recipe):
        about = KnowledgeBase("", 0, about, made_by=__version__)
    content = ContentHash(with_documents(retriever).documents)
    about = replace(about, content=content.hexdigest(), passages=content.count)
    with staging(path) as place:
        place.begin({"saved": retriever.fingerprint, "made_by": __version__})
        if not place.has_index():
            save_index(retriever, about.recipe.retriever, place.index)
        publish(place.index, path, about, iter(()))
        place.remove()
    return describe(path)[0]


def _stamps(inputs: Sequence[str | Path]) -> list[dict[str, Any]]:
    if isinstance(inputs, str | Path):
        raise ConfigError(f"inputs is one path; give a list: [{str(inputs)!r}].")
    if not inputs:
        raise ConfigError("No input files were given. Give one or more.")
    return [stamp(path) for path in inputs]


def _named(stamps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the inputs as a manifest names them: the same on every machine."""
    return [{"name": Path(s["path"]).name, "bytes": s["bytes"]} for s in stamps]


def _reading(plan: Plan, progress: Progress) -> Callable[[int, int], None]:
    """Return what turns a place in one of the inputs into progress."""
    sizes = [stamp["bytes"] for stamp in plan.inputs]
    return lambda file, done: progress("reading", sum(sizes[:file]) + done, sum(sizes))


def _indexing(passages: int, progress: Progress) -> Told:
    return lambda what, done: progress(what, done, passages)


def _dropped(place: Staging) -> Iterator[bytes]:
    for part, _ in place.parts():
        yield from (to_json(dropped._asdict()) + b"\n" for dropped in part.dropped)
