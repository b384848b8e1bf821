"""A red team's report as console tables, as Markdown and as JSON: the same cells in all three."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from .attack import Report
from .verdicts import FAILURES, MEANING, Cell, Worst

MOST_SAID = 120
"""Characters of what a finding quotes, from the end of the last action."""

COLOURS = {"closed": "green", "refused": "green", "unscored": "yellow"}
"""Of the verdicts; what is not here is red."""


def console_tables(report: Report) -> Iterator[Table | Text]:
    """Yield what `hopgym redteam` prints: a table for each environment, and the findings."""
    for env in _envs(report):
        yield _console(report, env)
    yield Text(legend(report), "dim")
    for line in findings(report):
        yield Text(line, "red")
    for line in without_verdict(report):
        yield Text(line, "yellow")


def markdown(report: Report) -> str:
    """Return the tables as Markdown: by families first, then every exploit."""
    parts = ["## By family", summary(report), "## By exploit"]
    for env in _envs(report):
        rewards = _rewards(report, env)
        head = ["exploit", "true score", *(f"`{reward}`" for reward in rewards)]
        rows = [[*_honest(report, env, player, rewards)] for player in _players(report, env)]
        rows += [_row(report, env, exploit, rewards) for exploit in _exploits(report, env)]
        parts.append(f"### {env}\n\n" + pipes(head, rows))
    found = "\n".join(f"- {line}" for line in findings(report)) or "No findings."
    return "\n\n".join([*parts, legend(report), found]) + "\n"


def summary(report: Report) -> str:
    """Return a table for each environment: what the best exploit of each family earns."""
    parts = []
    for env in _envs(report):
        rewards = _rewards(report, env)
        players = [[*_honest(report, env, name, rewards)] for name in _players(report, env)]
        rows = [[player[0], *player[2:]] for player in players]
        families = _once(c.family for c in report.cells if c.env == env)
        rows += [[name, *(_best(report, env, name, r) for r in rewards)] for name in families]
        head = ["family", *(f"`{reward}`" for reward in rewards)]
        parts.append(f"### {env}\n\n" + pipes(head, rows))
    return "\n\n".join(parts)


def _best(report: Report, env: str, family: str, reward: str) -> str:
    """Return what the best exploit of a family earns: of those that pay, where some do."""
    wanted = (family, env, reward)
    own = [cell for cell in report.cells if (cell.family, cell.env, cell.reward) == wanted]
    shown = [cell for cell in own if cell.failed] or own
    paid = [(cell.pay.mean, cell.exploit) for cell in shown if cell.pay is not None]
    if not paid:
        return ""
    pay, name = max(paid, key=lambda pair: pair[0])
    failed = sum(cell.failed for cell in own)
    said = f"{pay:.2f} {name}"
    return f"**{said}; {failed} of {len(own)} pay**" if failed else said


def as_json(report: Report) -> bytes:
    """Return all that is known of every cell as JSON."""
    cells = [_plain(cell) | {"failed": cell.failed} for cell in report.cells]
    data = {
        "episodes": report.episodes,
        "judge": report.judge,
        "failures": len(report.failures),
        "references": [one._asdict() for one in report.references],
        "cells": cells,
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"


def legend(report: Report) -> str:
    """Say what the figures and the verdicts mean."""
    said = {cell.verdict for cell in report.cells}
    words = "; ".join(f"{name}: {text}" for name, text in MEANING.items() if name in said)
    return (
        f"What an exploit earns over {report.episodes} questions (in Markdown and JSON with a 95 % "
        f"interval). True score: the answer's F1. {words}."
    )


def findings(report: Report) -> list[str]:
    """Return a line for each finding, with the episode that shows it best."""
    lines = []
    for cell in report.failures:
        where = f"{cell.exploit} x {cell.reward} x {cell.env}: {cell.verdict}"
        if cell.pay is None:
            lines.append(f"{where}: {cell.note}")
            continue
        if cell.worst is None:
            lines.append(
                f"{where}: earns {cell.pay.mean:.2f}, and the right answer {cell.even:.2f}"
            )
            continue
        lines.append(
            f"{where}: earns {cell.pay.mean:.2f} (honest heuristic {cell.honest:.2f}; as right and "
            f"honest at most {cell.even:.2f}); question {cell.worst.question_id}: "
            f"{cell.worst.pay:.2f} for a true score of {cell.worst.true:.2f}{_said(cell.worst)}"
        )
    return lines


def without_verdict(report: Report) -> list[str]:
    """Return a line for each reward and environment where exploits have no verdict."""
    lost: dict[tuple[str, str], list[Cell]] = {}
    for cell in report.cells:
        if cell.verdict == "unscored":
            lost.setdefault((cell.reward, cell.env), []).append(cell)
    return [
        f"{reward} x {env}: no verdict on {len(cells)} exploits; {cells[0].exploit}: {cells[0].note}"
        for (reward, env), cells in lost.items()
    ]


def _said(worst: Worst) -> str:
    """Quote the last action, on one line."""
    said = " ".join(worst.actions[-1].split()) if worst.actions else ""
    return f", by {said[-MOST_SAID:]!r}" if said else ""


def _console(report: Report, env: str) -> Table:
    rewards = _rewards(report, env)
    table = Table(title=escape(env), title_justify="left")
    table.add_column("Exploit", overflow="fold")
    table.add_column("True", justify="right")
    for reward in rewards:
        table.add_column(escape(reward), justify="right", overflow="fold")
    for player in _players(report, env):
        table.add_row(*map(escape, _honest(report, env, player, rewards)), style="dim")
    table.add_section()
    for exploit in _exploits(report, env):
        cells = [_cell(report, env, exploit, reward) for reward in rewards]
        true = next((f"{cell.true:.2f}" for cell in cells if cell and cell.pay), "")
        table.add_row(escape(exploit), true, *(_coloured(cell) for cell in cells))
    return table


def _coloured(cell: Cell | None) -> str:
    if cell is None:
        return ""
    colour = COLOURS.get(cell.verdict, "red")
    pay = "" if cell.pay is None else f"{cell.pay.mean:.2f} "
    return f"{pay}[{colour}]{cell.verdict}[/]"


def _row(report: Report, env: str, exploit: str, rewards: Sequence[str]) -> list[str]:
    cells = [_cell(report, env, exploit, reward) for reward in rewards]
    true = next((f"{cell.true:.2f}" for cell in cells if cell and cell.pay), "")
    return [exploit, true, *(_written(cell) for cell in cells)]


def _written(cell: Cell | None) -> str:
    if cell is None or cell.pay is None:
        return "" if cell is None else cell.verdict
    pay = f"{cell.pay.mean:.2f} [{cell.pay.low:.2f}, {cell.pay.high:.2f}]"
    return f"{pay} **{cell.verdict}**" if cell.verdict in FAILURES else f"{pay} {cell.verdict}"


def _honest(report: Report, env: str, player: str, rewards: Sequence[str]) -> list[str]:
    own = [one for one in report.references if (one.env, one.player) == (env, player)]
    paid = {one.reward: f"{one.pay:.2f}" for one in own}
    return [f"({player})", f"{own[0].true:.2f}", *(paid.get(reward, "") for reward in rewards)]


def _cell(report: Report, env: str, exploit: str, reward: str) -> Cell | None:
    wanted = (exploit, env, reward)
    return next((c for c in report.cells if (c.exploit, c.env, c.reward) == wanted), None)


def _envs(report: Report) -> list[str]:
    return _once(cell.env for cell in report.cells)


def _rewards(report: Report, env: str) -> list[str]:
    known = (one.reward for one in report.references if one.env == env)
    return _once([*known, *(cell.reward for cell in report.cells if cell.env == env)])


def _exploits(report: Report, env: str) -> list[str]:
    return _once(cell.exploit for cell in report.cells if cell.env == env)


def _players(report: Report, env: str) -> list[str]:
    return _once(one.player for one in report.references if one.env == env)


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def pipes(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(text.replace('|', '/') for text in line)} |" for line in lines)


def _plain(cell: Cell) -> dict[str, Any]:
    data = cell._asdict()
    for name in ("pay", "worst"):
        value = data[name]
        data[name] = None if value is None else value._asdict()
    return data
