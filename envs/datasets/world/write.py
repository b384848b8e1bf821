"""A world as files: documents, questions and the graph, which `QuestionFolder` loads back."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ....errors import ConfigError
from ....files import atomic_write, write_jsonl
from ....retrieval.corpus import write_documents
from .config import SPLITS
from .relations import RELATIONS
from .world import VERSION, World

MANIFEST = "world.json"


def write_world(world: World, out: str | Path, *, overwrite: bool = False) -> dict[str, int]:
    """Write a world into a folder that appears whole or not at all.

    Written are `documents.jsonl`, `questions/{split}.jsonl`, `graph.tsv` (head, relation and tail,
    tab-separated) and `world.json` (dials, version, fingerprint, counts).

    Args:
        world: The world.
        out: The folder; it must not exist, be empty, or be a world that may be overwritten.
        overwrite: Whether a world that stands there may be replaced.

    Returns:
        How many documents, questions and facts were written.

    Raises:
        ConfigError: If something else stands there.
    """
    target = Path(out).resolve()  # through links, and "." has a name and a parent
    _check_free(target, overwrite)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        counts = _write_into(world, temporary)
        temporary.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        os.replace(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return counts


def _write_into(world: World, folder: Path) -> dict[str, int]:
    counts = {"documents": write_documents(folder / "documents.jsonl", world.iter_documents())}
    for split in SPLITS:
        if world.config.size(split):
            file = folder / "questions" / f"{split}.jsonl"
            counts[split] = write_jsonl(file, world.iter_questions(split))
    counts["facts"] = _write_graph(world, folder / "graph.tsv")
    manifest = {
        "version": VERSION,
        "fingerprint": world.fingerprint,
        "dials": asdict(world.config),
        "counts": counts,
    }
    write_jsonl(folder / MANIFEST, [manifest])
    return counts


def _write_graph(world: World, path: Path) -> int:
    count = 0
    with atomic_write(path) as stream:
        for head, relation, tail in iter_graph(world):
            stream.write(f"{head}\t{relation}\t{tail}\n".encode())
            count += 1
    return count


def iter_graph(world: World) -> Iterator[tuple[str, str, str]]:
    """Yield every fact of a world as head, relation, tail."""
    universe = world.universe
    for relation in RELATIONS:
        for head in universe.entities(relation.head):
            tail: Any = universe.tail(relation.name, head)
            yield universe.names[head], relation.name, universe.text(relation, tail)


def _check_free(target: Path, overwrite: bool) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    is_world = (target / MANIFEST).is_file()
    foreign = _foreign(target) if is_world else []
    if overwrite and is_world and not foreign:
        return
    if foreign:
        told = f"files that are no part of a world ({', '.join(foreign[:3])}); move them away"
    else:
        told = "something; " + ("pass overwrite (--overwrite)" if is_world else "choose another")
    raise ConfigError(f"{target} exists already and holds {told}.")


def _foreign(target: Path) -> list[str]:
    """Return what stands in a world's folder and was not written by `write_world`."""
    ours = {MANIFEST, "documents.jsonl", "graph.tsv", *(f"questions/{s}.jsonl" for s in SPLITS)}
    files = (path for path in target.rglob("*") if not path.is_dir() or path.is_symlink())
    return sorted({path.relative_to(target).as_posix() for path in files} - ours)
