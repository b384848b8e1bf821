"""The page of an environment, made of what the code says: docstring, keywords and spaces.

It works for any registered environment, one of your own included, whose class has a docstring in
sections and whose keywords are the fields of a dataclass (`settings_class`).
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

import gymnasium

from .registration import ENVS, find_env

SMALL = "world?entities=60&train=4&dev=2&test=2"
"""The questions with which an environment is made to see its spaces, which do not depend on them."""

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where a name of several words is parted."""

_LANGUAGES = {"Example": "pycon"}
"""Sections that are code."""


def page_name(env_id: str) -> str:
    """Return the name of an environment's page.

    >>> page_name("hopgym/SearchRead-v0")
    'search_read-v0'
    """
    name = env_id.rpartition("/")[2]
    return _WORDS.sub("_", name).lower()


def env_page(spec: str) -> str:
    """Write the page of an environment, in Markdown.

    Args:
        spec: A registered id, `module:id` or `file.py:id`.

    Raises:
        UnknownNameError: If no environment has that id.
    """
    env_id = find_env(spec)
    env = gymnasium.make(env_id, questions=SMALL)
    kind = type(env.unwrapped)
    summary, sections = read_docstring(kind)
    parts = [f"# {env_id}", summary]
    for title, text in sections.items():
        if title == "Keywords":
            parts += ["## Keywords", text, keyword_table(kind.settings_class)]  # type: ignore[attr-defined]
        elif title in _LANGUAGES:
            parts += [f"## {title}", f"```{_LANGUAGES[title]}\n{text}\n```"]
        else:
            parts += [f"## {title}", text]
    parts += ["## Spaces", *_spaces(env_id, env)]
    return "\n\n".join(parts) + "\n"


def read_docstring(kind: type) -> tuple[str, dict[str, str]]:
    """Return the first line of a class's docstring, and its sections by their titles, in order."""
    lines = inspect.cleandoc(kind.__doc__ or "").splitlines()
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines[1:]:
        if line.endswith(":") and not line.startswith(" "):
            current = sections.setdefault(line[:-1], [])
        else:
            current.append(line)
    texts = {name: textwrap.dedent("\n".join(text)).strip() for name, text in sections.items()}
    return (lines or [""])[0], texts


def keyword_table(settings: type) -> str:
    """Write the fields of a settings class as a table: name, default and meaning."""
    meanings = field_docs(settings)
    rows = [
        f"| `{field.name}` | `{_default(field)}` | {_cell(meanings.get(field.name, ''))} |"
        for field in fields(settings)
    ]
    return "\n".join(["| keyword | default | meaning |", "|---|---|---|", *rows])


def field_docs(settings: type) -> Mapping[str, str]:
    """Return the text below each field of a dataclass; a base class's where it has none.

    >>> from hopgym.envs.settings import Settings
    >>> field_docs(Settings)["max_steps"]
    'Turns in an episode.'
    """
    found: dict[str, str] = {}
    for kind in reversed(settings.__mro__[:-1]):
        body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
        found |= dict(_documented(body)) if isinstance(body, ast.ClassDef) else {}
    return found


def _documented(body: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(body.body, body.body[1:], strict=False):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, text


def _default(field: Field[Any]) -> str:
    if field.default_factory is not MISSING:
        return repr(field.default_factory())
    return "required" if field.default is MISSING else repr(field.default)


def _cell(text: str) -> str:
    """Return a text as a table's cell takes it."""
    return " ".join(text.split()).replace("|", "\\|")


def _spaces(env_id: str, env: gymnasium.Env[Any, Any]) -> Iterator[str]:
    """Write the spaces as the environment is by default, and as it is played by hand."""
    yield f"```text\n{_space_lines(env)}\n```"
    entry = ENVS.get(env_id)
    by_hand = entry.by_hand if entry else {}
    if by_hand:
        said = ", ".join(f"{name}={value!r}" for name, value in by_hand.items())
        yield f"With `{said}`, as `hopgym play` has it:"
        yield f"```text\n{_space_lines(gymnasium.make(env_id, questions=SMALL, **by_hand))}\n```"


def _space_lines(env: gymnasium.Env[Any, Any]) -> str:
    seen = env.observation_space
    if isinstance(seen, gymnasium.spaces.Dict):
        shown = "".join(f"\n    {name}: {space}" for name, space in seen.items())
    else:
        shown = f" {seen}"
    return f"observation:{shown}\naction: {env.action_space}"
