"""The reference: a page for each public module, written by mkdocstrings from the docstrings.

Public is what the docs and the examples import, and what each package hands out. The sources are
read and not run: those that are needed are copied to a folder of their own, since the root of the
repository, which is the package, holds environments and results, too.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
IMPORT = re.compile(r"^ *(?:from|import) (hopgym(?:\.\w+)*)", re.M)
NAMED = re.compile(r"\]\[(hopgym(?:\.[a-z_]+)+)\]")
"""How a docstring leads to another module."""
QUICK = "HOPGYM_DOCS_QUICK"
"""Set, this variable leaves out all modules but the foundation: a build in a third of the time."""

_staged: list[Path] = []


@cache
def public_modules() -> list[str]:
    """Return what is public: packages that hand something out, and what others import or name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]
    shown = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.py"), ROOT / "README.md"]
    found = {name for name in packages if "__all__" in text_of(name)}
    found |= {f"hopgym.{path.stem}" for path in ROOT.glob("[a-z]*.py")}
    if os.environ.get(QUICK):
        return sorted(found & {f"hopgym.{path.stem}" for path in ROOT.glob("[a-z]*.py")})
    found |= {name for path in shown for name in IMPORT.findall(path.read_text(encoding="utf-8"))}
    named = found
    while named:
        told = (name for module in named for name in NAMED.findall(text_of(module)))
        named = {module_of(name) for name in told} - found
        found |= named
    return sorted(found)


def module_of(name: str) -> str:
    """Return the module of something in it, and a module as it is."""
    return name if source_of(name).is_file() else name.rpartition(".")[0]


def text_of(module: str) -> str:
    """Return the source of a module."""
    return source_of(module).read_text(encoding="utf-8")


def source_of(module: str) -> Path:
    """Return the file of a module."""
    path = ROOT.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@event_priority(100)  # before mkdocstrings asks where the sources are
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Copy the sources, and put the modules into the navigation."""
    folder = Path(tempfile.mkdtemp(prefix="hopgym-docs-"))
    _staged.append(folder)
    for source in sources():
        target = folder / "hopgym" / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    config.plugins["mkdocstrings"].config.handlers["python"]["paths"] = [str(folder)]
    (part,) = (part["Reference"] for part in config.nav or [] if "Reference" in part)
    part.extend(navigation())
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for module in public_modules():
        content = f"---\ntitle: {module}\n---\n\n::: {module}\n"
        files.append(File.generated(config, f"api/{module}.md", content=content))
    return files


def on_post_build(config: MkDocsConfig) -> None:
    """Remove the copies."""
    while _staged:
        shutil.rmtree(_staged.pop())


def navigation() -> Iterator[dict[str, Any]]:
    """Return the modules by the folder they stand in."""
    parts: dict[str, list[dict[str, str]]] = {}
    for module in public_modules():
        layer = (
            module.split(".")[1] if module.count(".") and source_of(module).parent != ROOT else ""
        )
        name = f"hopgym.{layer}".rstrip(".")
        parts.setdefault(name, []).append({module: f"api/{module}.md"})
    return ({name: pages} for name, pages in sorted(parts.items()))


def sources() -> set[Path]:
    """Return the files of the public modules, and of those that they import things from."""
    wanted = set(public_modules())
    wanted |= {name for module in wanted for name in _imports(module)}
    parents = {
        name.rsplit(".", depth)[0] for name in wanted for depth in range(name.count(".") + 1)
    }
    return {path for path in map(source_of, wanted | parents) if path.is_file()}


def _imports(module: str) -> Iterator[str]:
    """Return the modules from which a module imports by relative names."""
    package = module if source_of(module).stem == "__init__" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(text_of(module))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package.rsplit(".", node.level - 1)[0]
            yield f"{base}.{node.module}" if node.module else base
