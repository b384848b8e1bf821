"""Every exception that hopgym raises on purpose, one class for each boundary.

A message says what was given, what is allowed and what to do. An unreadable *action* is no
exception: it is a typed parse error inside the episode (see `hopgym.envs.grammars`). A failure of
infrastructure (a retriever, a judge) is always an exception, never a reward or an observation.
"""

from __future__ import annotations

import importlib
from difflib import get_close_matches
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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
