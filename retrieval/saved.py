"""Saved indexes: a folder that changes as a whole or not at all.

    index/manifest.json    what it is, and which data folder is the valid one
    index/data-x1y2z3/     the data, never changed once the manifest names it

Saving writes a new data folder and then replaces the manifest, which is one step for the file
system: a process killed at any moment leaves the old index or the new one. Used by every
retriever that can be saved; it knows nothing of what is in the data folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from ..core import to_json
from ..errors import DataError
from ..files import atomic_write, parse_json, read_text
from .digests import digest, refuse_damaged, seal

FORMAT = 1
MANIFEST = "manifest.json"
CURE = "Build the index again and save it to a new folder."
_DATA = "data-"
_ABANDONED = 24 * 3600  # seconds; a younger data folder may belong to a save under way


class SaveError(DataError, OSError):
    """An index that the system did not let us write."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a saved index is."""

    retriever: str
    """The registered name of its retriever."""
    fingerprint: str
    """The retriever's."""
    documents: int
    """How many it holds."""
    settings: Mapping[str, Any]
    """Whatever the retriever needs to come back as it was."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """The libraries that wrote it."""
    data: str = ""
    """The valid data folder."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """The data files, by their path in the data folder, with their sizes in bytes."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """The digests of the same files; none in an index of an earlier hopgym."""
    seal: str = ""
    """The digest of the manifest itself."""
    format: int = FORMAT


def save_folder(folder: str | Path, manifest: Manifest, write: Callable[[Path], None]) -> None:
    """Write a saved index; the old one stays valid until the last moment.

    Args:
        folder: Where; made if absent.
        manifest: What it is; `data`, `sizes`, `digests` and `seal` are filled in here.
        write: Writes the data files into the folder that it is given.

    Raises:
        DataError: If the folder holds something else.
        SaveError: If it cannot be written, such as on a full disk.
    """
    check_path(folder)
    try:
        _save(Path(folder), manifest, write)
    except OSError as error:
        reason = error.__cause__ if isinstance(error, SaveError) else error  # of an index in it
        raise SaveError(
            f"{folder}: could not be written ({reason}). An index that stood there is as it was. "
            "Mend the cause (such as a full disk) and save again."
        ) from reason


def check_path(folder: str | Path) -> None:
    """Refuse a name that no file system takes.

    Raises:
        DataError: If it holds a NUL or half of a character.
    """
    try:
        possible = b"\0" not in os.fsencode(folder)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise DataError(f"{str(folder)!r}: is no path. Give the name of a folder.")


def _save(folder: Path, manifest: Manifest, write: Callable[[Path], None]) -> None:
    _refuse_foreign(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix=_DATA, dir=folder))
    try:
        write(data)
        manifest = replace(manifest, data=data.name, sizes=_sizes(data), seal="")
        manifest = replace(manifest, digests={n: digest(data / n) for n in manifest.sizes})
        data.chmod(0o755)
        old = read_manifest(folder).data if (folder / MANIFEST).exists() else ""
        with atomic_write(folder / MANIFEST) as stream:
            stream.write(_sealed(manifest) + b"\n")
    except BaseException:
        shutil.rmtree(data, ignore_errors=True)
        raise
    _sweep(folder, keep=data.name, old=old)


def open_folder(folder: str | Path, retriever: str) -> tuple[Manifest, Path]:
    """Return the manifest of a saved index and its data folder, all files present and whole.

    Args:
        folder: The folder that was saved to.
        retriever: The registered name of the retriever that wants to open it.

    Raises:
        DataError: If it is no saved index of this retriever, or files are missing or cut short.
    """
    manifest = read_manifest(folder)
    if manifest.retriever != retriever:
        raise DataError(
            f"{folder}: is an index of the retriever {manifest.retriever!r}, not {retriever!r}; "
            f"open it as {manifest.retriever!r}."
        )
    data = Path(folder) / manifest.data
    for name, size in manifest.sizes.items():
        file = data / name
        found = file.stat().st_size if file.is_file() else None
        if found != size:
            state = "is missing" if found is None else f"has {found} bytes, not {size}"
            raise DataError(f"{file}: {state}. {CURE}")
    return manifest, data


def verify_folder(folder: str | Path) -> Manifest:
    """Read all files of a saved index and compare them with what was saved.

    The files of the indexes that it consists of are among them. An index of an earlier hopgym has
    no digests (`Manifest.digests` is empty): of it, only the sizes are compared.

    Args:
        folder: The folder that a retriever's `save(folder)` or `kb build` wrote.

    Returns:
        Its manifest.

    Raises:
        DataError: If it is no saved index, or a file is missing or not what was saved; the
            message names the file.
    """
    manifest = read_manifest(folder)
    path = Path(folder) / MANIFEST
    if manifest.seal and seal(read_json(path)) != manifest.seal:
        raise DataError(f"{path}: is damaged, its content is not what was saved. {CURE}")
    _, data = open_folder(folder, manifest.retriever)
    refuse_damaged(data, manifest.digests, CURE)
    return manifest


def read_manifest(folder: str | Path) -> Manifest:
    """Read what a folder says that it is.

    Raises:
        DataError: If it is no saved index, or one of a format that this hopgym does not read.
    """
    path = Path(folder) / MANIFEST
    if not os.path.isfile(path):  # which no name is too long for, unlike for Path
        raise DataError(
            f"{folder}: is no saved index (it has no {MANIFEST}). "
            "Give the folder that a retriever's `save(folder)` wrote."
        )
    content = read_json(path)
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise DataError(
            f"{path}: is of format {found!r}; this hopgym reads format {FORMAT}. {CURE}"
        )
    try:
        manifest = msgspec.convert(content, Manifest)
    except msgspec.ValidationError as error:
        raise DataError(f"{path}: is damaged ({error}). {CURE}") from error
    inside = Path(manifest.data).name == manifest.data and manifest.data.startswith(_DATA)
    if not inside or any(map(_leads_outside, [*manifest.sizes, *manifest.digests])):
        raise DataError(f"{path}: names files outside of its folder. {CURE}")
    return manifest


def read_json(path: Path) -> Any:
    """Read a file that belongs to a saved index.

    Raises:
        DataError: If it is not JSON: nobody is to mend by hand what a retriever wrote.
    """
    try:
        return parse_json(read_text(path), str(path))
    except DataError as error:
        raise DataError(f"{path}: is damaged ({error.__cause__ or error}). {CURE}") from error


def _sealed(manifest: Manifest) -> bytes:
    return to_json(replace(manifest, seal=seal(msgspec.json.decode(to_json(manifest)))))


def _sizes(data: Path) -> dict[str, int]:
    """Return the sizes of the files, those in folders too: an index may consist of others."""
    files = sorted(file for file in data.rglob("*") if file.is_file())
    return {file.relative_to(data).as_posix(): file.stat().st_size for file in files}


def _leads_outside(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or "\\" in name or path.as_posix() != name


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder with other files in it; remains of a killed save are ours."""
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: is a file. Give a new folder.")
    if (folder / MANIFEST).is_file():
        read_manifest(folder)
    elif folder.is_dir():
        for file in sorted(folder.iterdir()):
            if not file.name.startswith((_DATA, f".{MANIFEST}.")):
                raise DataError(
                    f"{folder}: is no saved index and holds {file.name!r}. Give a new folder."
                )


def _sweep(folder: Path, keep: str, old: str) -> None:
    """Remove the replaced data and what killed saves left behind."""
    before = time.time() - _ABANDONED
    for path in [*folder.glob(f"{_DATA}*"), *folder.glob(f".{MANIFEST}.*")]:
        if path.name == old or (path.name != keep and path.stat().st_mtime < before):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
