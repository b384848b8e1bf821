"""Links that lead out of the docs: to another page of the site where there is one, else to the sources.

On GitHub they stay as they are written.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")
ORIGINS = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
"""Pages of files that stand elsewhere."""
HOME = {"README.md": "index.md", **{origin: page for page, origin in ORIGINS.items()}}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name headings as GitHub does, so that links into a page hold in both."""
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")
    return config


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn the links of a page."""
    origin = ORIGINS.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def turned(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), match[1]))
        target = page_of(path)
        if path == "README.md" and markdown.startswith("#", match.end()):
            return f"{config.extra['sources']}/{path}"  # the home page has other headings
        if files.get_file_from_path(target):
            return posixpath.relpath(target, posixpath.dirname(page.file.src_uri) or ".")
        return match[1] if path.startswith("docs/") else f"{config.extra['sources']}/{path}"

    return LINK.sub(turned, markdown)


def page_of(path: str) -> str:
    """Return where a file of the repository would stand in the site."""
    if path in HOME:
        return HOME[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    pure = PurePosixPath(path)
    if pure.suffix == ".py" and pure.parts[0] != "examples":
        parts = pure.with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        return "api/" + ".".join(("hopgym", *parts)) + ".md"
    return str(pure.with_suffix(".md"))
