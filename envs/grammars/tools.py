"""The names of the tools that a plan may ask, and their other names.

A tool is a source, such as General, News or Academy; in DagSearch it comes from the documents'
field `source` or from `sources=`, so that messages name these. Used by `dag.DagGrammar`; what
stands behind a name it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ConfigError
from .plan_text import canonical
from .text import OPEN_BRACKET, is_degenerate, one_line

TOOLS = ("General", "News", "Academy")
"""The tools of the published system."""

ALIASES: Mapping[str, str] = {
    "search": "General",
    "web": "General",
    "google": "General",
    "新闻": "News",
    "gnews": "News",
    "学术": "Academy",
    "arxiv": "Academy",
    "scholar": "Academy",
}
"""Other names that are understood where there is such a tool."""

_RENAME = (
    "Sources are named by the documents' field `source` and by `sources=`, and General, News and "
    "Academy are always there: give each one spelling."
)
_BRACKET = re.compile(rf"[()\[\]]|{OPEN_BRACKET}")


class ToolNames:
    """Tools by any of their names, in upper or lower case.

    Args:
        tools: The canonical names.
        aliases: Other names, beside `ALIASES`, and what they stand for.

    Raises:
        ConfigError: If a name cannot stand in a plan, two names could not be told apart there, or
            an alias stands for no tool.

    >>> names = ToolNames(["General", "News"], {"papers": "General"})
    >>> names["WEB"], names["news"], names["Papers"], names["arxiv"]
    ('General', 'News', 'General', 'arxiv')
    """

    def __init__(self, tools: Sequence[str], aliases: Mapping[str, str] | None = None) -> None:
        self.tools = names = _checked_tools(tools)
        given = _checked_aliases(aliases or {}, names)
        others = {alias: tool for alias, tool in ALIASES.items() if tool in names} | given
        self._canonical = {alias.casefold(): tool for alias, tool in others.items()}
        self._canonical |= {tool.casefold(): tool for tool in names}

    def __getitem__(self, name: str) -> str:
        """Return a tool's canonical name; a name that is unknown as it is."""
        return self._canonical.get(name.casefold(), name)


def _checked_tools(tools: Sequence[str]) -> tuple[str, ...]:
    if isinstance(tools, str) or not tools:
        raise ConfigError(f"tools is {tools!r:.200}; give a sequence of one or more names.")
    for name in tools:
        if not _can_be_written(name):
            raise ConfigError(
                f"A source that a plan may ask is called {name!r:.60}; a name stands on one line, "
                f"without brackets or full-width punctuation. {_RENAME}"
            )
    _check_apart(tools, "Two sources that a plan may ask")
    return tuple(tools)


def _checked_aliases(aliases: Mapping[str, str], tools: Sequence[str]) -> dict[str, str]:
    if not isinstance(aliases, Mapping):
        raise ConfigError(
            f'aliases is {aliases!r:.100}; give a mapping of names to tools, as {{"web": "General"}}.'
        )
    for alias, tool in aliases.items():
        if tool not in tools or not _can_be_written(alias):
            raise ConfigError(
                f"The alias {alias!r:.60} stands for {tool!r:.60}; an alias is a name without "
                f"brackets, and stands for one of the tools: {', '.join(tools)}."
            )
        taken = [name for name in tools if name.casefold() == alias.casefold() and name != tool]
        if taken:
            raise ConfigError(
                f"The alias {alias!r:.60} of {tool!r:.60} is the name of a source itself, "
                f"{taken[0]!r:.60}. Leave the alias out, or rename that source. {_RENAME}"
            )
    _check_apart(list(aliases), "Two aliases")
    return dict(aliases)


def _check_apart(names: Sequence[str], whose: str) -> None:
    """Refuse names that are one name for a plan."""
    first: dict[str, str] = {}
    for name in names:
        if name.casefold() in first:
            raise ConfigError(
                f"{whose} are called {first[name.casefold()]!r:.60} and {name!r:.60}. In plans "
                f"upper and lower case are one, so that these are too. {_RENAME}"
            )
        first[name.casefold()] = name


def _can_be_written(name: Any) -> bool:
    if not isinstance(name, str) or is_degenerate(name) or _BRACKET.search(name):
        return False
    return one_line(canonical(name)) == name
