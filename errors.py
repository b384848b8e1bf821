"""Every exception that hopgym raises on purpose, one class for each boundary.

A message says what was given, what is allowed and what to do. An unreadable *action* is no
exception: it is a typed parse error inside the episode (see `hopgym.envs.grammars`). A failure of
infrastructure (a retriever, a judge) is always an exception, never a reward or an observation.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import traceback
from contextlib import contextmanager
from difflib import get_close_matches
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class HopgymError(Exception):
    """The root of all of hopgym's own exceptions."""


class ConfigError(HopgymError, ValueError):
    """A keyword, option or value that is not allowed."""


class UnknownNameError(HopgymError, LookupError):
    """A name that no registry knows."""


class MissingExtraError(HopgymError, ImportError):
    """A feature whose optional packages are not installed."""


class DataError(HopgymError, ValueError):
    """A file or record that does not hold what it should."""


class RetrievalError(HopgymError, RuntimeError):
    """A retriever that could not answer. Never scored and never shown to an agent."""


class RewardError(HopgymError, RuntimeError):
    """A reward or judge that could not give a verdict."""


class AgentError(HopgymError, RuntimeError):
    """An agent that broke its contract, such as returning too few actions."""


class EnvError(HopgymError, RuntimeError):
    """An environment that broke down in an episode. The episode is lost, and no other."""


class EpisodeError(HopgymError, RuntimeError):
    """A call that the episode's state does not allow, such as a step after its end."""


class ResultsError(HopgymError, RuntimeError):
    """A results file that cannot be continued or read."""


def unknown_name(
    noun: str, given: str, known: Iterable[str], listing: str, *, own: bool = False
) -> UnknownNameError:
    """Build the error for a name that is not registered.

    Args:
        noun: What was asked for.
        given: The name that was given.
        known: The names that there are.
        listing: The command that lists them.
        own: Whether a user's own may be named by its module or file.

    >>> str(unknown_name("retriever", "bm52", ["bm25", "empty"], "hopgym retrievers"))
    "Unknown retriever 'bm52'. Did you mean 'bm25'? Known: bm25, empty (list: `hopgym retrievers`)."
    """
    names = sorted(known)
    close = get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    yours = " Your own: file.py:NAME or module:NAME." if own else ""
    return UnknownNameError(
        f"Unknown {noun} {given!r}.{hint} Known: {', '.join(names)} (list: `{listing}`).{yours}"
    )


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module.

    Args:
        module: The module's full name.
        extra: The extra of hopgym that installs it.

    Raises:
        MissingExtraError: If it is not installed; the message is the command that mends it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        missing = error.name or module
        if not f"{module}.".startswith(f"{missing}."):
            raise MissingExtraError(
                f"`{module}` is installed, but `{missing}`, which it needs, is not "
                f'({error}). Run: pip install "hopgym[{extra}]"'
            ) from error
        raise MissingExtraError(
            f'`{module}` is not installed. Run: pip install "hopgym[{extra}]"'
        ) from error


@contextmanager
def users_code(
    noun: str, part: Any, error: type[HopgymError] = ConfigError, did: str = "raised"
) -> Iterator[None]:
    """Turn whatever a user's part raises into one error that says whose it is, and where.

    Our own errors pass unchanged.

    Args:
        noun: What it is, such as `"agent factory"`.
        part: What was asked for: a specification, or the thing itself.
        error: What to raise instead.
        did: What the part did, for the message.

    >>> try:
    ...     with users_code("agent factory", "my.py:Mine"):
    ...         raise OSError("no disk")
    ... except ConfigError as error:
    ...     print(str(error).partition(" (line")[0])
    The agent factory 'my.py:Mine' raised OSError: no disk
    """
    try:
        yield
    except HopgymError:
        raise
    except (Exception, SystemExit) as raised:  # a file that calls sys.exit() must not end us
        raise error(f"The {noun} {named(part)} {did} {told(raised)}.") from raised


def broken_env(name: str, error: Exception) -> EnvError:
    """Return the error of an environment that broke down by a mistake in its code."""
    made = EnvError(f"The environment {name} raised {told(error)}.")
    made.__cause__ = error
    return made


def named(part: Any) -> str:
    """Name a part for a message: a specification in quotes, a function or class by its name.

    >>> named("my.py:Mine"), named(len), named(ValueError("x"))
    ("'my.py:Mine'", 'len', 'ValueError')
    """
    if isinstance(part, str | os.PathLike):
        return f"{os.fspath(part)!r:.200}"
    return str(getattr(part, "__qualname__", type(part).__qualname__))


def told(error: BaseException) -> str:
    """Say what was raised and, where it can be known, in which line of whose file."""
    what = type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        return f"{what}: {error.msg} (line {error.lineno} of {_short(error.filename)})"
    said = f"{what}: {error}" if str(error) else what
    place = users_place(error) or _last_place(error)
    return f"{said} ({place})" if place else said


_MEMORY = re.compile(
    r"out of memory|can't allocate memory|not enough memory|unable to allocate|ALLOC_FAILED"
    r"|cannot allocate memory",
    re.IGNORECASE,
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory has run out, a GPU's or the machine's, whatever a library calls it.

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("CUDA out of memory."))
    (True, True)
    >>> is_out_of_memory(ValueError("not enough memory"))
    False
    """
    if isinstance(error, MemoryError):  # NumPy's is one of these
        return True
    if not isinstance(error, RuntimeError) or isinstance(error, HopgymError):
        return False
    return type(error).__name__ == "OutOfMemoryError" or bool(_MEMORY.search(str(error)))


def users_place(error: BaseException) -> str | None:
    """Return the innermost line that is neither hopgym's nor a library's; None if none is."""
    places = [
        (number, frame.f_code.co_filename)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if not _is_library(frame)
    ]
    return _place(*places[-1]) if places else None


def _last_place(error: BaseException) -> str | None:
    frames = traceback.extract_tb(error.__traceback__)
    return _place(frames[-1].lineno, frames[-1].filename) if frames else None


def _place(line: int | None, filename: str) -> str:
    return f"line {line} of {_short(filename)}"


def _short(filename: str) -> str:
    """Return a path as seen from the current folder, if it lies below."""
    return os.path.relpath(filename) if filename.startswith(os.getcwd() + os.sep) else filename


def _is_library(frame: FrameType) -> bool:
    module = frame.f_globals
    # `python -m hopgym` runs as `__main__`, but still in the package hopgym.
    name = str(module.get("__package__") or module.get("__name__") or "")
    top = name.partition(".")[0]
    parts = frame.f_code.co_filename.split(os.sep)
    installed = "site-packages" in parts or "dist-packages" in parts
    return top == __name__.partition(".")[0] or top in sys.stdlib_module_names or installed
