"""The leaderboard as one self-contained page: tables, a plot, protocol cards and trajectories.

It works from a file without a network. Everything in it may be hostile (a model wrote the
predictions, the web wrote the documents): the template escapes, the data is JSON that no parser
reads as HTML, the script sets text only, and a content security policy with the script's hash
lets nothing else run.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from ..errors import require
from ..files import atomic_write, read_text
from . import tables
from .leaderboard import Board
from .plots import colour, hops_svg
from .viewer import QUESTIONS, viewer_data

TEMPLATES = Path(__file__).with_name("templates")

_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def write_page(
    board: Board,
    path: str | Path,
    *,
    title: str = "Leaderboard",
    when: datetime | None = None,
    questions: int = QUESTIONS,
) -> None:
    """Write the page, atomically."""
    text = render_page(board, title=title, when=when, questions=questions)
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8", "replace"))


def render_page(
    board: Board,
    *,
    title: str = "Leaderboard",
    when: datetime | None = None,
    questions: int = QUESTIONS,
) -> str:
    """Return the page.

    Args:
        board: The leaderboard.
        title: The page's heading.
        when: A time to print; none, for a page that depends on the results alone.
        questions: How many questions of each table the viewer shows.
    """
    script = read_text(TEMPLATES / "leaderboard.js")
    markup = require("markupsafe", "plots").Markup
    return str(
        _template().render(
            title=title,
            when=when.strftime("%Y-%m-%d %H:%M %Z").strip() if when else "",
            legend=tables.LEGEND,
            groups=[_group(board, index) for index in range(len(board.groups))],
            style=markup(read_text(TEMPLATES / "leaderboard.css")),
            script=markup(script),
            script_hash=_hash(script),
            data=markup(json_for_script(viewer_data(board, questions))),
        )
    )


def json_for_script(value: Any) -> str:
    r"""Encode a value as JSON that cannot end or confuse a `<script>` element.

    >>> json_for_script("</script><!--")
    '"\\u003c/script\\u003e\\u003c!--"'
    """
    return msgspec.json.encode(value).decode().translate(_UNSAFE)


def _template() -> Any:
    jinja2 = require("jinja2", "plots")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("leaderboard.html")


def _group(board: Board, index: int) -> dict[str, Any]:
    group = board.groups[index]
    svg = hops_svg(group, f"plot{index}")
    return {
        "group": group,
        "header": tables.header(group),
        "rows": [
            {"row": row, "cells": tables.cells(group, row), "colour": colour(place)}
            for place, row in enumerate(group.rows)
        ],
        "protocol": tables.protocol(group),
        "svg": require("markupsafe", "plots").Markup(svg) if svg else None,
    }


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
