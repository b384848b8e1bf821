"""A page for each notebook: its texts, its code, and what the code printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages. The notebooks themselves are copied, to be downloaded."""
    for path in sorted(Path(config.docs_dir, "notebooks").glob("*.ipynb")):
        content = notebook_page(path.name, json.loads(path.read_text(encoding="utf-8")))
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=content))
    return files


def notebook_page(name: str, notebook: dict[str, Any]) -> str:
    """Write a notebook as Markdown."""
    parts = [part for cell in notebook["cells"] for part in _cell(cell)]
    parts.insert(1, f"[Download this notebook]({name})")
    return "\n\n".join(parts) + "\n"


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield text
        return
    yield f"```python\n{text}\n```"
    said = "".join(_said(output) for output in cell["outputs"])
    if said:
        yield f"```text\n{said.rstrip()}\n```"


def _said(output: dict[str, Any]) -> str:
    """Return what an output shows as text."""
    shown = output.get("text") or output.get("data", {}).get("text/plain", "")
    return "".join(shown) + ("" if "text" in output else "\n")
