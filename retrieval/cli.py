"""`hopgym retrievers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import typer

from ..listing import print_registry, print_table
from ..registry import Registry
from . import RETRIEVERS

_OWN = "Also: module:attribute or file.py:attribute of your own"


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("retrievers")(list_retrievers)


def list_retrievers() -> None:
    """List the retrievers, and what some of them are made of."""
    from .analyzer import ANALYZERS
    from .encoders import ENCODERS
    from .fusion import SCALES
    from .generators import GENERATORS
    from .readers import READERS
    from .rerankers import RERANKERS

    _print(RETRIEVERS, ", or a saved index's folder.")
    _print(ENCODERS, ", or a model's folder or its name at the hub.")
    _print(RERANKERS, ", or a model's folder or its name at the hub.")
    _print(GENERATORS, ".")
    _print(READERS, ": a function of (query, hits).")
    print_table(("Fusion", "What it does"), [(name, _first(SCALES[name])) for name in SCALES])
    print_table(("Analyzer", "Its settings"), [(n, _settings(ANALYZERS[n])) for n in ANALYZERS])


def _print(registry: Registry[Any], also: str) -> None:
    print_registry(registry, "What it does", own=f"{_OWN}{also}")


def _first(function: Callable[..., object]) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0]


def _settings(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items()) or "hopgym's own"
