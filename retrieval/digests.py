"""Digests of files: what tells afterwards that a disk or a copy changed a byte.

A size tells of a file cut short, not of one whose middle was zeroed. Written when an index is
saved, compared when it is verified and never when it is opened: opening reads nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..files import fingerprint


def digest(file: Path) -> str:
    """Return the digest of a file's content, read piece by piece.

    Raises:
        OSError: If it cannot be read.
    """
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def damaged(folder: Path, digests: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the files of a folder, by the digests that they should have.

    Args:
        folder: Where the files lie.
        digests: The digest of each file, by its path in the folder.
    """
    for name, expected in digests.items():
        try:
            found = digest(folder / name)
        except OSError as error:
            yield f"{folder / name}: cannot be read ({error.strerror})"
            continue
        if found != expected:
            yield f"{folder / name}: is damaged, its content is not what was saved"


def seal(manifest: Mapping[str, Any]) -> str:
    """Return the digest of a manifest's values, but for the seal itself.

    >>> seal({"k1": 0.9, "seal": "x"}) == seal({"k1": 0.9}) != seal({"k1": 0.8})
    True
    """
    return fingerprint([{name: value for name, value in manifest.items() if name != "seal"}])


def refuse_damaged(folder: Path, digests: Mapping[str, str], cure: str) -> None:
    """Refuse files that are not what was saved.

    Raises:
        DataError: If any differs; the message names the first few.
    """
    found = list(damaged(folder, digests))
    if found:
        more = f" (and {len(found) - 3} files more)" if len(found) > 3 else ""
        raise DataError(f"{'; '.join(found[:3])}{more}. {cure}")
