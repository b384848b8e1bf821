"""Checkpoints: whole or not there, and known to be what was written.

A folder is written beside its place and takes its name at the end, so that a full disk or a kill
leaves the one before. The file `complete` comes last and holds the digest of every other file:
neither torch nor safetensors sees a changed byte among the numbers, and a run would go on with it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ...errors import DataError, HopgymError, is_out_of_memory, require
from ...files import atomic_write, parse_json, read_text
from ...retrieval.digests import digest, refuse_damaged

COMPLETE = "complete"
"""The file that says of a checkpoint that all of it was written, and what."""

_NUMBERED = re.compile(r"checkpoint-(\d+)")


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Give a folder to write into, which takes the place of another when all of it is there.

    On an exception the old one stays as it was and nothing is left behind.
    """
    recover(folder)
    part = part_of(folder)
    part.mkdir(parents=True)
    try:
        yield part
        if folder.exists():
            folder.rename(_old(folder))
        part.rename(folder)
    finally:
        recover(folder)


def recover(folder: Path) -> None:
    """Put in order what a run left that ended while it replaced a folder."""
    old = _old(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)  # it ended between the two names
    for other in (old, part_of(folder)):
        shutil.rmtree(other, ignore_errors=True)


@contextmanager
def written(folder: Path) -> Iterator[Path]:
    """Give a folder to write a checkpoint into; it is sealed and takes its name at the end."""
    with replaced(folder) as part:
        yield part
        seal(part)


def numbered(folder: Path) -> dict[int, Path]:
    """Return a folder's checkpoints by their steps, the last one last."""
    found = {_NUMBERED.fullmatch(path.name): path for path in folder.glob("checkpoint-*")}
    return dict(sorted((int(match[1]), path) for match, path in found.items() if match))


def rotate(folder: Path, keep: int) -> None:
    """Remove a folder's checkpoints but for the last ones.

    Each loses its name first: half of one would still hold the file that says that it is whole.
    """
    for old in list(numbered(folder).values())[:-keep]:
        part = part_of(old)
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old.rename(part))


def part_of(folder: Path) -> Path:
    """Return where a folder is written before it takes its name."""
    return folder.with_name(f"{folder.name}.part")


def _old(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.old")


def seal(folder: Path) -> None:
    """Say of a checkpoint that it is whole, and what its files are."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != COMPLETE)
    digests = {file.relative_to(folder).as_posix(): digest(file) for file in files}
    with atomic_write(folder / COMPLETE) as stream:
        stream.write(msgspec.json.encode(digests))


def check(folder: Path, cure: str) -> None:
    """Refuse a checkpoint whose files are not what was written.

    One of an earlier hopgym has no digests; what cannot be read of it is told when it is read.

    Args:
        folder: The checkpoint.
        cure: What to do.

    Raises:
        DataError: If a file is missing or changed; the message names it.
    """
    text = read_text(folder / COMPLETE)
    if not text:
        return
    try:
        digests = msgspec.convert(parse_json(text, str(folder / COMPLETE)), dict[str, str])
    except (DataError, msgspec.ValidationError) as error:
        raise DataError(f"{folder / COMPLETE}: is damaged ({error}). {cure}") from error
    refuse_damaged(folder, digests, cure)


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """Say of a file of a checkpoint that it cannot be read, whatever a library calls that.

    Raises:
        DataError: If it cannot.
    """
    try:
        yield
    except HopgymError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise unreadable(file, error) from error


def unreadable(file: Path, error: Exception) -> DataError:
    """Return the error for a file of a checkpoint that cannot be read."""
    why = " ".join(str(error).split())[:200] or type(error).__name__
    return DataError(
        f"{file} cannot be read ({why}). The checkpoint is damaged: remove its folder, and --resume "
        "goes on from the one before, if there is one, or begins anew."
    )


def load_state(file: Path, device: Any = "cpu") -> Any:
    """Read what `torch.save` wrote: tensors and plain values alone, no code.

    Raises:
        DataError: If it cannot be read.
    """
    torch = require("torch", "llm")
    with readable(file):
        return torch.load(file, map_location=device, weights_only=True)


def save_state(value: Mapping[str, Any], file: Path) -> None:
    """Write tensors and plain values."""
    with atomic_write(file) as stream:
        require("torch", "llm").save(value, stream)
