"""The exploits by family and by name; `make_exploits` takes a user's own as well.

To add a family: a file with `EXPLOITS`, and one line below.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...agents import make_agent
from ...errors import ConfigError, UnknownNameError, named, unknown_name, users_code
from ...registry import Registry, load_attribute
from .exploit import Exploit

FAMILIES: Registry[Any] = Registry("exploit", "hopgym redteam --list")
register = FAMILIES.register

register("answers", "Lists, copies, echoes, nothing.", "hopgym.benchmarks.redteam.answers:EXPLOITS")
register("lookalikes", "Unicode.", "hopgym.benchmarks.redteam.lookalikes:EXPLOITS")
register("giving_up", "Refusals.", "hopgym.benchmarks.redteam.giving_up:EXPLOITS")
register("searching", "Queries for their pay.", "hopgym.benchmarks.redteam.searching:EXPLOITS")
register("markers", "Tags and markers.", "hopgym.benchmarks.redteam.markers:EXPLOITS")
register("documents", "Hostile documents.", "hopgym.benchmarks.redteam.poison:EXPLOITS")
register("limits", "Length, retries, types.", "hopgym.benchmarks.redteam.limits:EXPLOITS")
register("judges", "Prompt injection.", "hopgym.benchmarks.redteam.injections:EXPLOITS")
register("leaks", "Gold before the end.", "hopgym.benchmarks.redteam.leaks:EXPLOITS")
register("facts", "Selections of facts.", "hopgym.benchmarks.redteam.facts:EXPLOITS")


def all_exploits() -> dict[str, Exploit]:
    """Return every exploit by its name, family by family.

    >>> "candidates" in all_exploits()
    True
    """
    families = sorted(FAMILIES)
    return {one.name: one for family in families for one in exploits_of(family)}


def exploits_of(family: str) -> tuple[Exploit, ...]:
    """Return the exploits of a family.

    Raises:
        UnknownNameError: If there is no such family.
    """
    found: Any = FAMILIES.get(family)
    return tuple(found)


def make_exploits(specs: Iterable[str | Exploit] | None = None) -> list[Exploit]:
    """Return the exploits of names of families and exploits, or of a user's own; all by default.

    A user's own is `module:attribute` or `file.py:attribute` of an exploit, of several, or of an
    agent; or the name of any agent, such as the folder of a policy that was trained to attack.

    Raises:
        UnknownNameError: If nothing has that name.
        ConfigError: If what was named is none of these.

    >>> [one.name for one in make_exploits(["unknown", "candidates"])]
    ['unknown', 'candidates']
    """
    known = all_exploits()
    if specs is None:
        return list(known.values())
    made = [one for spec in specs for one in _made(spec, known)]
    return list({one.name: one for one in made}.values())


def _made(spec: str | Exploit, known: dict[str, Exploit]) -> tuple[Exploit, ...]:
    if isinstance(spec, Exploit):
        return (spec,)
    if spec in known:
        return (known[spec],)
    if spec in FAMILIES:
        return exploits_of(spec)
    if ":" in spec.partition("?")[0]:
        return _own(spec)
    return (_of_agent(spec, known),)


def _own(spec: str) -> tuple[Exploit, ...]:
    found: Any = None
    with users_code("exploit", spec):
        found = load_attribute(spec) if "?" not in spec else None
    if isinstance(found, Exploit):
        return (found,)
    if isinstance(found, list | tuple) and found and all(isinstance(x, Exploit) for x in found):
        return tuple(found)
    if isinstance(found, list | tuple):
        raise ConfigError(
            f"{spec!r:.100} is a {type(found).__name__} that holds other things than exploits; "
            "give an Exploit, several of them, or an agent."
        )
    return (_of_agent(spec, {}),)


def _of_agent(spec: str, known: dict[str, Exploit]) -> Exploit:
    try:
        agent = make_agent(spec)
    except UnknownNameError as error:
        raise unknown_name(
            "exploit", spec, [*known, *FAMILIES], "hopgym redteam --list", own=True
        ) from error
    return Exploit(
        name=str(agent.name),
        family="own",
        summary=f"The agent {named(spec)}.",
        make=lambda: make_agent(spec),
        game=str(getattr(agent, "plays", "")),
        work=True,
    )
