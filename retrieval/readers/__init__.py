"""A query and what it found in, a short answer out.

`hopgym/DagSearch-v0` hands it from a search to those that build on it: in "the mentor of {A}" it
takes the place of `{A}`. A reader is made by name, or is a function of one's own:

    make_reader("span")
    make_reader("my_module:my_function")
    make_reader(lambda query, row: row[0][0].title)

To add one: a file with a class that has what `Reader` asks for, one line below, and a test of
the same name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, cast

from ...errors import ConfigError
from ...registry import Registry
from ..options import check_options, split_options
from .base import Reader, Row

__all__ = ["READERS", "Reader", "Row", "make_reader", "register"]

READERS: Registry[Reader] = Registry("reader", "hopgym retrievers")
"""Name to factory; a factory takes keywords."""

register = READERS.register

_HERE = "hopgym.retrieval.readers"

register("span", "The name, number or day that answers, by rules.", f"{_HERE}.span:SpanReader")
register("title", "The best hit's title.", f"{_HERE}.title:TitleReader")

_NEEDS = "it must be a function of (query, row) that returns a text"


def make_reader(spec: str | Reader) -> Reader:
    """Return the reader that a user asked for.

    Args:
        spec: A registered name, or `module:attribute` or `file.py:attribute` of a function of
            (query, row), or of a class or function that makes one, each with options if any; or a
            reader, which is returned as it is.

    Raises:
        UnknownNameError: If no reader has this name.
        ConfigError: If the spec, or what its factory returns, is no reader, or an option is
            unknown or missing.

    >>> make_reader("title")
    TitleReader()
    """
    if not isinstance(spec, str):
        return _checked(spec)
    name, options = split_options(spec)
    factory: Callable[..., Any] = READERS.get(name)
    if name not in READERS and not inspect.isclass(factory) and _takes_row(factory):
        check_options(factory, name, options, ["the query", "the row"])
        return _checked(functools.partial(factory, **options) if options else factory)
    check_options(factory, name, options, [])
    made = factory(**options)
    if not callable(made) or not _takes_row(made):
        raise ConfigError(
            f"The factory {name!r} returned a {type(made).__name__}, which is no reader: {_NEEDS}."
        )
    return cast(Reader, made)


def _checked(reader: Any) -> Reader:
    if inspect.isclass(reader) or not callable(reader) or not _takes_row(reader):
        raise ConfigError(
            f'{reader!r:.100} is no reader: {_NEEDS}. Give one, or a name such as "span".'
        )
    return cast(Reader, reader)


def _takes_row(function: Callable[..., Any]) -> bool:
    """Return whether something may be called with a query and a row."""
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind("query", ())
    except TypeError:
        return False
    except ValueError:
        return True  # some of Python's own do not tell
    return True
