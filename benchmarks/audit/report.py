"""What an audit found, as a table for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from ... import __version__
from .runner import Report

_LEAKS = "gold_in_infos"
_COLOURS = {"passed": "green", "failed": "red", "not applicable": "yellow"}


def as_table(report: Report) -> Table:
    """Return one row for each check: its name, how it came out, and what was seen."""
    table = Table("Check", "Result", "Evidence", title=escape(report.env_id), title_justify="left")
    table.columns[0].no_wrap = True
    table.columns[1].no_wrap = True
    for check in report.checks:
        colour = _COLOURS[check.status]
        table.add_row(check.name, f"[{colour}]{check.status}[/]", escape(check.evidence))
    return table


def summary(report: Report) -> str:
    """Return how many checks came out how, in a sentence."""
    figures = [(report.count(status), status) for status in ("passed", "failed")]
    said = ", ".join(f"{count} {status}" for count, status in figures)
    blind = any(c.name == _LEAKS and c.status == "not applicable" for c in report.checks)
    unseen = f" Whether the gold leaks was not looked at; see {_LEAKS}." if blind else ""
    return f"{said}, {report.count('not applicable')} not applicable.{unseen}"


def as_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "env_id": report.env_id,
        "keywords": {name: _plain(value) for name, value in report.keywords.items()},
        "episodes": report.episodes,
        "hopgym": __version__,
        "sound": report.sound,
        "checks": [check._asdict() for check in report.checks],
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Sequence):
        return [_plain(one) for one in value]
    return repr(value)
