"""A page for each environment, made of its docstring, its keywords and its spaces."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import hopgym
from hopgym.envs.pages import env_page, page_name


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages. One that `nav` lacks is a warning, and so is one that it has too many."""
    for env_id in hopgym.envs.ENVS:
        path = f"environments/{page_name(env_id)}.md"
        files.append(File.generated(config, path, content=env_page(env_id)))
    return files
