"""Pages of files that stand elsewhere in the repository: the changelog, the rules, the examples."""

from __future__ import annotations

import ast
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
ALSO = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
"""Pages of the site, and the files that they are."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and those of the examples below `Your own`."""
    for page, name in ALSO.items():
        content = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=content))
    for script in sorted((ROOT / "examples").glob("*.py")):
        page = f"examples/{script.stem}.md"
        files.append(File.generated(config, page, content=example_page(script)))
    return files


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the examples into the navigation."""
    pages = [f"examples/{path.stem}.md" for path in sorted((ROOT / "examples").glob("*.py"))]
    (own,) = (part["Your own"] for part in config.nav or [] if "Your own" in part)
    own.append({"Examples": pages})
    return config


def example_page(source: Path) -> str:
    """Write the page of a script: its docstring's first line, and all of it."""
    code = source.read_text(encoding="utf-8")
    about = (ast.get_docstring(ast.parse(code)) or "").partition("\n")[0]
    return f'# {source.name}\n\n{about}\n\n```python title="examples/{source.name}"\n{code}```\n'
