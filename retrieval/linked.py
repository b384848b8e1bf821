"""Second names for files that never change: copies that cost nothing.

The files of a saved index are written once, so that two folders may share them. Where the file
system knows no hard links, or the folders lie on two disks, they are copied.
"""

from __future__ import annotations

import shutil
from pathlib import Path


def link_folder(source: Path, target: Path) -> None:
    """Give all files of a folder, but lock files, second names in another one that exists."""
    ignored = shutil.ignore_patterns("*.lock")
    shutil.copytree(source, target, copy_function=_link, ignore=ignored, dirs_exist_ok=True)


def _link(source: str, target: str) -> None:
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
