"""Composition by name: one small registry for each kind of part.

A registry maps a name to a factory. Built-in factories are written `"module:attribute"` and
imported when first asked for, so that listing costs nothing. Wherever a name is taken, a user's
own `module:attribute` or `file.py:attribute` works too.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar, overload

from .errors import ConfigError, unknown_name, users_code

T = TypeVar("T")
Factory = Callable[..., T]
F = TypeVar("F", bound=Callable[..., Any])


class Registry(Generic[T]):
    """The parts of one kind, by name.

    Args:
        noun: What one part is called, for messages.
        listing: The command that lists the parts.

    >>> tools = Registry("tool", "hopgym tools")
    >>> @tools.register("hammer", "Drives nails.")
    ... def hammer(): return "bang"
    >>> tools.get("hammer")()
    'bang'
    >>> list(tools)
    ['hammer']
    """

    def __init__(self, noun: str, listing: str) -> None:
        self.noun = noun
        self.listing = listing
        self._factories: dict[str, str | Factory[T]] = {}
        self._summaries: dict[str, str] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._factories))

    def __contains__(self, name: object) -> bool:
        return name in self._factories

    @overload
    def register(self, name: str, summary: str = "") -> Callable[[F], F]: ...
    @overload
    def register(self, name: str, summary: str, factory: str | Factory[T]) -> None: ...
    def register(
        self, name: str, summary: str = "", factory: str | Factory[T] | None = None
    ) -> Callable[[F], F] | None:
        """Add a part, as a call or as a decorator. Registering a name again replaces it.

        Args:
            name: How users will ask for it.
            summary: One line for listings; the factory's first docstring line if empty.
            factory: A callable, or `"module:attribute"` to import late.
        """
        if not name or ":" in name or "?" in name:
            raise ConfigError(
                f"{name!r} cannot name a {self.noun}: use a plain name without ':' or '?'."
            )
        if factory is not None:
            self._factories[name] = factory
            self._summaries[name] = summary
            return None

        def decorate(function: F) -> F:
            self._factories[name] = function
            self._summaries[name] = summary or _first_line(function)
            return function

        return decorate

    def summary(self, name: str) -> str:
        """Return the one line that describes a part."""
        return self._summaries[name]

    def get(self, name: str) -> Factory[T]:
        """Return the factory of a name, `module:attribute` or `file.py:attribute`.

        Raises:
            UnknownNameError: If there is none; the message names the nearest.
        """
        factory = self._factories.get(name)
        if factory is None and ":" in name:
            factory = name
        if factory is None:
            raise unknown_name(self.noun, name, self._factories, self.listing, own=True)
        if isinstance(factory, str):
            factory = load_attribute(factory)
        return factory


def load_attribute(path: str) -> Any:
    """Import `module:attribute` or `file.py:attribute`.

    Raises:
        ConfigError: If the module, file or attribute does not exist.
    """
    source, _, attribute = path.rpartition(":")
    relative = source.startswith(".") and not source.endswith(
        ".py"
    )  # a module may not be, a file may
    if not attribute.isidentifier() or not source or relative:
        raise ConfigError(
            f"{path!r} names nothing. Write 'module:attribute' or 'file.py:attribute'."
        )
    module = load_module(source, path)
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise ConfigError(
            f"{source!r} has no attribute {attribute!r} (asked for {path!r})."
        ) from None


def load_module(source: str, path: str) -> ModuleType:
    """Import a module by its name, or a Python file.

    Modules and files beside it may be imported too: the current folder, and the file's, are
    searched as `python -m` and `python file.py` would.

    Args:
        source: `module` or `file.py`.
        path: What the user asked for, for messages.

    Raises:
        ConfigError: If there is none, or it cannot be loaded: the message says in which line.
    """
    folder = Path(source).resolve().parent if source.endswith(".py") else Path.cwd()
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # last: nothing installed is hidden by it
    is_file = source.endswith(".py")
    with users_code("file" if is_file else "module", source, did="cannot be loaded:"):
        return _load_file(source) if is_file else _load_module(source, path)


def _load_module(name: str, path: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # the module exists; something that it imports does not
        raise ConfigError(
            f"No module {name!r} (asked for {path!r}). Write 'module:attribute' or 'file.py:attribute'."
        ) from None


def _load_file(source: str) -> ModuleType:
    file = Path(source).resolve()
    if not file.is_file():
        raise ConfigError(f"No file {source!r}. Write 'file.py:attribute'.")
    name = f"hopgym_user_{hashlib.sha256(str(file).encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{source!r} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _first_line(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0]
