"""Which files a piece of a user's code is written in: its own, and what it imports from beside it.

Imports are read from the text and never from what happens to be loaded, so that the answer is the
same before and after playing. It knows nothing of agents, environments or hashes
([`fingerprints`][hopgym.benchmarks.fingerprints]).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

OWN = __name__.partition(".")[0]
"""This package's name; its version tells its files apart."""

_INSTALLED = frozenset({"site-packages", "dist-packages"})


def with_helpers(file: Path) -> list[Path]:
    """Return a file and the files of its own folder that it imports, directly or by another.

    An imported package that lies in the folder counts whole. What is installed, Python's own
    library and hopgym do not count.

    Args:
        file: A Python file. One that is installed is returned alone.

    Returns:
        The file first, the others by their paths.
    """
    file = file.resolve()
    if _INSTALLED & set(file.parts):
        return [file]
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(_beside(each, file.parent))
    return [file, *sorted(found - {file})]


def _beside(file: Path, folder: Path) -> Iterator[Path]:
    """Yield what a file imports from a folder."""
    package = _package(folder)
    for name in _imports(file):
        if name.startswith("."):  # relative: within a package below, that package counts anyway
            plain = name[1:] if file.parent == folder else ""
        else:
            plain = name.removeprefix(package) if package else name
            if plain == name and name.partition(".")[0] in sys.stdlib_module_names | {OWN}:
                continue
        if plain:
            yield from _files(folder, plain.partition(".")[0])


def _files(folder: Path, name: str) -> list[Path]:
    module, package = folder / f"{name}.py", folder / name
    if package.is_dir():
        return sorted(each.resolve() for each in package.rglob("*.py") if each.is_file())
    return [module.resolve()] if module.is_file() else []


def _package(folder: Path) -> str:
    """Return what modules of a folder are called before their own names, such as `mine.agents.`."""
    names = []
    while (folder / "__init__.py").is_file():
        names.append(folder.name)
        folder = folder.parent
    return "".join(f"{name}." for name in reversed(names))


def _imports(file: Path) -> Iterator[str]:
    """Yield the names that a file imports; one dot before those of its own folder."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # edited since it was imported, or no Python at all
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level < 2:
            before = "." * node.level + (node.module or "")
            join = "" if before in ("", ".") else "."
            yield from (f"{before}{join}{alias.name}" for alias in node.names)
