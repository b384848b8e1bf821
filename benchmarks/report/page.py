"""Results as one self-contained page: tables, plots, curves, and trajectories to browse.

It works from a file without a network. Everything in it may be hostile (a model wrote the
predictions, the web wrote the documents): the template escapes, the data is JSON that no parser
reads as HTML or is compressed, the script sets text only, and a content security policy with the
hashes of the script and the style sheet lets nothing else run, look or load.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from ...errors import require
from ...files import atomic_write, read_text
from .. import tables
from ..leaderboard import Board, Group
from ..published import NOTE, published_for
from .charts import agent_looks, chart_data, term_rows
from .curves import Curve
from .index import QUESTIONS, pack_episodes

ASSETS = Path(__file__).with_name("assets")

SCRIPTS = (
    "page",
    "state",
    "store",
    "tables",
    "plot",
    "charts",
    "curves",
    "filters",
    "list",
    "plan",
    "graph",
    "episode",
    "words",
    "compare",
    "main",
)
"""The script's parts, in order: each may use what those before it define."""

_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def write_page(board: Board, path: str | Path, **options: Any) -> None:
    """Write the page, atomically.

    Args:
        board: The leaderboard.
        path: The file.
        options: Those of `render_page`.
    """
    text = render_page(board, **options)
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8", "replace"))


def render_page(
    board: Board,
    *,
    title: str = "Leaderboard",
    when: datetime | None = None,
    questions: int = QUESTIONS,
    curves: Sequence[Curve] = (),
) -> str:
    """Return the page.

    Args:
        board: The leaderboard.
        title: The page's heading.
        when: A time to print; none, for a page that depends on the results alone.
        questions: How many questions of each table the viewer shows.
        curves: Training curves, as `read_curves` returns them.
    """
    episodes = pack_episodes(board, questions)
    data: dict[str, Any] = {
        "tables": chart_data(board),
        "curves": list(curves),
        "episodes": episodes.contents,
    }
    script, style = script_text(), read_text(ASSETS / "report.css")
    markup = require("markupsafe", "plots").Markup
    return str(
        _template().render(
            title=title,
            when=when.strftime("%Y-%m-%d %H:%M %Z").strip() if when else "",
            legend=tables.LEGEND,
            published_note=NOTE,
            groups=_groups(board, data["tables"]),
            has_curves=bool(curves),
            bare=episodes.contents["bare"],
            shown=len(episodes.contents["columns"]["table"]),
            chunks=[markup(chunk) for chunk in episodes.chunks],
            data=markup(json_for_script(data)),
            style=markup(style),
            style_hash=_hash(style),
            script=markup(script),
            script_hash=_hash(script),
        )
    )


def script_text() -> str:
    """Return the page's script: its parts in one closed scope."""
    parts = [read_text(ASSETS / f"{name}.js") for name in SCRIPTS]
    return '"use strict";\n{\n' + "\n".join(parts) + "}\n"


def json_for_script(value: Any) -> str:
    r"""Encode a value as JSON that cannot end or confuse a `<script>` element.

    >>> json_for_script("</script><!--")
    '"\\u003c/script\\u003e\\u003c!--"'
    """
    return msgspec.json.encode(value).decode().translate(_UNSAFE)


def _template() -> Any:
    jinja2 = require("jinja2", "plots")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html")


def _groups(board: Board, drawn: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    looks = agent_looks(board)
    return [
        {
            "group": group,
            "tab": data["tab"],
            "header": tables.header(group),
            "rows": [
                {"row": row, "cells": tables.cells(group, row), "look": looks[row.label]}
                for row in group.rows
            ],
            "hops": _hops(group),
            "terms": _terms(group),
            "protocol": tables.protocol(group),
            "published": published_for(group.questions),
        }
        for group, data in zip(board.groups, drawn, strict=True)
    ]


def _hops(group: Group) -> dict[str, Any]:
    return {
        "header": tables.hops_header(group),
        "rows": [tables.hops_cells(group, row) for row in group.rows],
    }


def _terms(group: Group) -> dict[str, Any]:
    names, means = term_rows(group)
    rows = [
        [tables.Cell(row.label, row.label), *(tables.Cell(f"{mean:+.3f}", mean) for mean in own)]
        for row, own in zip(group.rows, means, strict=True)
    ]
    return {"header": ["Agent", *names], "rows": rows if names else []}


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
