"""Which agent, environment or part it was: its own fingerprint, or a hash of the files it is in.

A changed agent is another agent: its old results are not continued and share no row with the new
ones. Contents are hashed and never paths, so that results may move between machines. What a file
imports from its own folder counts; what it imports from elsewhere, reads or is given when it is
made is not seen: such an agent has an attribute `fingerprint` of its own.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gymnasium.envs.registration import load_env_creator

from .. import agents
from ..agents.base import Agent, FunctionAgent
from ..files import fingerprint
from .sources import OWN, with_helpers

HOUSE = Path(agents.__file__).parent
"""hopgym's own agents share code: a change of any of the files here changes them all, and one of a
sub-package those that are written in it."""


def agent_fingerprint(agent: Agent, spec: Any = None) -> str:
    """Return what tells this agent from a changed one.

    Args:
        agent: The agent.
        spec: What the user named it by; the file of `file.py:attribute` or `module:attribute`
            counts too.

    Returns:
        The agent's attribute `fingerprint`, or else 16 hexadecimal digits; empty where no source
        can be found.
    """
    own = getattr(agent, "fingerprint", None)
    if own:
        return str(own)
    sources = {hashlib.sha256(source).hexdigest() for source in _sources(agent, spec)}
    return fingerprint(sorted(sources)) if sources else ""


def env_fingerprint(env: Any, spec: str = "") -> str:
    """Return what tells a user's environment from a changed one.

    Args:
        env: The environment as `gymnasium.make` returns it.
        spec: What the user named it by; the file of `file.py:id` or `module:id` counts too.

    Returns:
        Its attribute `fingerprint`, or else 16 hexadecimal digits for the files of its classes;
        empty for hopgym's own, which its version identifies.
    """
    own = getattr(env.unwrapped, "fingerprint", None)
    if own and not callable(own):
        return str(own)
    foreign = [each for part in _env_parts(env) for each in _parts(part) if not _is_ours(each)]
    sources = {hashlib.sha256(source).hexdigest() for source in _read(foreign)}
    sources.update(hashlib.sha256(source).hexdigest() for source in _named(spec, ours=False))
    return fingerprint(sorted(sources)) if sources else ""


def part_fingerprint(part: Any) -> str:
    """Name a part that a task was given (a retriever, a reward) so that a changed one differs.

    Args:
        part: The object or function; or what names one in a user's file, such as `mine.py:reward`.

    Returns:
        The name, then `@` and its attribute `fingerprint` or 8 digits for its source; the name
        alone where there is neither.
    """
    if isinstance(part, str):
        named = set(_named(part)) if ".py:" in part else None
        return f"{part}@{_digest(named)}" if named else part
    name = getattr(part, "name", None) or getattr(part, "__qualname__", None)
    label = str(name or type(part).__qualname__)
    own = getattr(part, "fingerprint", None)
    if own and not callable(own):
        return f"{label}@{own}"
    sources = set(_read(_parts(part)))
    return f"{label}@{_digest(sources)}" if sources else label


def _digest(sources: Iterable[bytes]) -> str:
    return fingerprint(sorted(hashlib.sha256(source).hexdigest() for source in sources))[:8]


def _sources(agent: Agent, spec: Any) -> Iterator[bytes]:
    yield from _named(spec)
    yield from _read(_parts(agent))


def _env_parts(env: Any) -> Iterator[Any]:
    """Yield the classes that an environment is made of: its wrappers, itself, its rules of play."""
    while env is not env.unwrapped:
        yield type(env)
        env = env.env
    yield type(env)
    for name in ("episode_class", "stage_class", "settings_class"):
        if inspect.isclass(part := getattr(env, name, None)):
            yield part
    batched = getattr(env.spec, "vector_entry_point", None)
    if isinstance(batched, str) and not batched.startswith(f"{OWN}."):
        batched = load_env_creator(batched)
    if callable(batched):
        yield batched


def _is_ours(part: Any) -> bool:
    """Whether a version tells it from a changed one: hopgym's, or what Gymnasium lays around."""
    return str(getattr(part, "__module__", "")).partition(".")[0] in (OWN, "gymnasium")


def _read(parts: Iterable[Any]) -> Iterator[bytes]:
    """Yield the files that classes or functions are written in."""
    for part in parts:
        file = _file(part)
        if file is None:
            yield from _typed(part)
        elif HOUSE in file.parents:
            beside = {*HOUSE.glob("*.py"), *file.parent.glob("*.py")}
            yield from (other.read_bytes() for other in sorted(beside))
        elif _is_ours(part):
            yield file.read_bytes()
        else:
            yield from (each.read_bytes() for each in with_helpers(file))


def _parts(part: Any) -> list[Any]:
    """Return the function, or the classes, that an agent or another part is written as."""
    thing: Any = part.function if isinstance(part, FunctionAgent) else part
    while isinstance(thing, functools.partial):
        thing = thing.func
    if callable(thing):
        thing = inspect.unwrap(thing)
    if inspect.isroutine(thing):
        return [thing]
    classes = (thing if inspect.isclass(thing) else type(thing)).__mro__
    return [each for each in classes if not _is_given(each)]


def _is_given(kind: type) -> bool:
    """Whether a class is Python's own or says only what an agent is."""
    package = kind.__module__.partition(".")[0]
    return package in sys.stdlib_module_names - {"__main__"} or getattr(kind, "_is_protocol", False)


def _named(spec: Any, *, ours: bool = True) -> list[bytes]:
    """Return the file of `file.py:name` or `module:name`, with its helpers."""
    source = spec.rpartition(":")[0] if isinstance(spec, str) else ""
    if source.endswith(".py"):
        file = _existing(source)
        return [each.read_bytes() for each in with_helpers(file)] if file else []
    file = _existing(getattr(sys.modules.get(source), "__file__", None))
    if file is None or source.partition(".")[0] == OWN:
        return [file.read_bytes()] if file and ours else []
    return [each.read_bytes() for each in with_helpers(file)]


def _file(part: Any) -> Path | None:
    try:
        return _existing(inspect.getsourcefile(part))
    except TypeError:  # written in C
        return None


def _existing(name: str | None) -> Path | None:
    return Path(name) if name and Path(name).is_file() else None


def _typed(part: Any) -> Iterator[bytes]:
    """Yield the source of what was typed into a notebook."""
    try:
        yield inspect.getsource(part).encode()
    except (OSError, TypeError):
        return
