"""`hopgym datasets`."""

from __future__ import annotations

import inspect

import typer

from ...listing import print_registry
from . import DATASETS


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("datasets")(list_datasets)


def list_datasets() -> None:
    """List the question sets, with what each needs."""
    print_registry(
        DATASETS,
        "What it is",
        more={"Needs": needs, "Example": example},
        own=(
            "Also: a questions file, a folder of `hopgym world`, or file.py:attribute of your own. "
            "Where the files are to be had: docs/real_sets.md"
        ),
    )


def needs(name: str) -> str:
    """Say what a question set needs, as its loader's parameter `path` tells.

    >>> needs("world"), needs("plain"), needs("hotpotqa")
    ('nothing', 'a file', 'a file, or the network')
    """
    path = _path(name)
    if path is None:
        return "nothing"
    return "a file" if path.default is path.empty else "a file, or the network"


def example(name: str) -> str:
    """Return a specification of the set, as `--questions` takes it.

    >>> example("musique")
    'musique?path=FILE'
    """
    return name if _path(name) is None else f"{name}?path=FILE"


def _path(name: str) -> inspect.Parameter | None:
    loader = DATASETS.get(name)
    return inspect.signature(loader).parameters.get("path") if callable(loader) else None
