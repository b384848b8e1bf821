"""Readers by name (being written)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...core import Document

Reader = Callable[[str, Sequence[tuple[Document, float]]], str]


def make_reader(spec: Any) -> Reader:
    """Return a reader."""
    if callable(spec):
        return spec
    from .span import SpanReader

    return SpanReader()
