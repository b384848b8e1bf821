"""Doctests in docstrings, fenced as code: Markdown would take them for quotations."""

from __future__ import annotations

from typing import Any

from griffe import Extension, Object


class Fenced(Extension):
    """Puts a fence around every doctest."""

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        """Change a docstring as it is read."""
        if obj.docstring and ">>> " in obj.docstring.value:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """Return a docstring with its doctests as blocks of code.

    A doctest is what stands from `>>> ` to the next empty line.
    """
    lines, open_at = [], ""
    for line in [*text.split("\n"), ""]:
        indent = line[: len(line) - len(line.lstrip())]
        if line.startswith(f"{indent}>>> ") and not open_at:
            open_at = f"{indent}```"
            lines += ["", f"{open_at}pycon"]
        elif open_at and not line.strip():
            lines.append(open_at)
            open_at = ""
        lines.append(line)
    return "\n".join(lines[:-1])
