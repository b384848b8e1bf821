"""The names of the tools that a plan may ask, and their other names.

A tool is a source, such as General, News or Academy. Used by `dag.DagGrammar`; what stands behind a
name it does not know.
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

_BRACKET = re.compile(rf"[()\[\]]|{OPEN_BRACKET}")


class ToolNames:
    """Tools by any of their names, in upper or lower case.

    Args:
        tools: The canonical names.
        aliases: Other names, beside `ALIASES`, and what they stand for.

    Raises:
        ConfigError: If a name cannot stand in a plan, or an alias stands for no tool.

    >>> names = ToolNames(["General", "News"], {"papers": "General"})
    >>> names["WEB"], names["news"], names["Papers"], names["arxiv"]
    ('General', 'News', 'General', 'arxiv')
    """

    def __init__(self, tools: Sequence[str], aliases: Mapping[str, str] | None = None) -> None:
        names = () if isinstance(tools, str) else tuple(tools)
        sound = all(_can_be_written(name) for name in names)
        if not names or not sound or len({name.casefold() for name in names}) < len(names):
            raise ConfigError(
                f"tools is {tools!r:.200}; give one or more names that differ not only in case, "
                "each on one line and without brackets or full-width punctuation."
            )
        self.tools = names
        given = dict(aliases or {})
        for alias, tool in given.items():
            if tool not in names or not _can_be_written(alias):
                raise ConfigError(
                    f"The alias {alias!r:.60} stands for {tool!r:.60}; an alias is a name without "
                    f"brackets, and stands for one of the tools: {', '.join(names)}."
                )
        others = {alias: tool for alias, tool in ALIASES.items() if tool in names} | given
        self._canonical = {alias.casefold(): tool for alias, tool in others.items()}
        self._canonical |= {tool.casefold(): tool for tool in names}

    def __getitem__(self, name: str) -> str:
        """Return a tool's canonical name; a name that is unknown as it is."""
        return self._canonical.get(name.casefold(), name)


def _can_be_written(name: Any) -> bool:
    if not isinstance(name, str) or is_degenerate(name) or _BRACKET.search(name):
        return False
    return one_line(canonical(name)) == name
