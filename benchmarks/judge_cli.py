"""`hopgym judge list|audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..errors import ConfigError
from ..files import atomic_write
from ..listing import print_registry
from ..rewards.judges import JUDGES, make_judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .judge_audit import Audit, Confusion

NONE = "–"  # noqa: RUF001
"""Stands for a figure that the counts do not decide."""

LEGEND = "y/n: the judge said yes and the truth is no, which is what an agent could be paid for."
LEGEND_NONE = "none: no verdict (unscored), and in no figure."
"""Told where there is such a column."""


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""
    group = typer.Typer(
        help="Judges: who they are, and how far to trust them.", no_args_is_help=True
    )
    group.command("list")(list_judges)
    group.command("audit")(audit)
    app.add_typer(group, name="judge")


def list_judges() -> None:
    """List the judges."""
    print_registry(
        JUDGES,
        "How it judges",
        own="Also: module:attribute or file.py:attribute of your own, and options: rule?strict=false",
    )


def audit(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Verdicts: JSONL of {question, prediction, answers, verdict}; .gz too."
        ),
    ] = None,
    judge: Annotated[str, typer.Option(help="A judge, with options if any.")] = "rule",
    world: Annotated[
        bool, typer.Option(help="Compare with the exact truth of claims about the world.")
    ] = True,
    claims: Annotated[int, typer.Option(help="The world's claims of each kind.", min=1)] = 40,
    threshold: Annotated[float, typer.Option(help="A value from here on is a yes.")] = 0.5,
    ask: Annotated[str, typer.Option(help="Ask for the outcome, or semantic.")] = "outcome",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write JSON, with each claim that is judged differently.")
    ] = None,
) -> None:
    """Compare a judge with others' verdicts and with the exact truth; status 1 if it judged none."""
    from .judge_audit import as_dict, audit_judge

    with Console(stderr=True).status(f"asking {judge}"):
        found = audit_judge(
            make_judge(judge),
            files or (),
            claims=claims if world else 0,
            threshold=threshold,
            asked=ask,
        )
    if out:
        _write(out, msgspec.json.format(msgspec.json.encode(as_dict(found, differences=True))))
    if as_json:
        print(msgspec.json.encode(as_dict(found)).decode())
    else:
        _print(found)
    _check_judged(found)


def _check_judged(found: Audit) -> None:
    """End with status 1 if the judge judged nothing: that is no audit."""
    from .judge_audit import total

    if total(found.files).n or total(found.world).n:
        return
    count = sum(found.unscored.values())
    told = f"Nothing was judged: {found.judge} gave no verdict on any of {count} claims."
    Console(stderr=True).print(told, style="bold red", markup=False, highlight=False)
    raise typer.Exit(1)


def _print(found: Audit) -> None:
    console = Console()
    for title, parts in (
        ("Beside the verdicts of others", found.files),
        ("Beside the truth about the world", found.world),
    ):
        if parts:
            console.print(_table(f"{title}: {found.judge} {found.asked}", parts))
    for reason, count in found.unscored.items():
        told = f"{count} unscored: {reason}"
        console.print(told, style="yellow", markup=False, highlight=False, soft_wrap=True)
    legend = f"{LEGEND} {LEGEND_NONE}" if found.unscored else LEGEND
    console.print(legend, style="dim", markup=False, highlight=False)


def _table(title: str, parts: Mapping[str, Confusion]) -> Table:
    from .judge_audit import total

    table = Table(title=escape(title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("judge/truth", overflow="fold", min_width=18)
    for name in ("n", "agree", "kappa", "prec", "recall", "y/y", "y/n", "n/y", "n/n"):
        table.add_column(name, justify="right", no_wrap=True)
    if any(counts.unscored for counts in parts.values()):
        table.add_column("none", justify="right", no_wrap=True)
    short = {part: Path(part).name.partition(".json")[0] for part in parts}
    names = short if len(set(short.values())) == len(short) else {part: part for part in parts}
    for part, counts in parts.items():
        table.add_row(escape(names[part]), *_row(counts, table))
    if len(parts) > 1:
        table.add_section()
        table.add_row("all", *_row(total(parts), table))
    return table


def _row(counts: Confusion, table: Table) -> list[str]:
    figures = (counts.agreement, counts.kappa, counts.precision, counts.recall)
    paid = f"[red]{counts.yes_no}[/]" if counts.yes_no else "0"
    numbers = (counts.yes_yes, paid, counts.no_yes, counts.no_no, counts.unscored)
    row = [
        str(counts.n),
        *(NONE if figure is None else f"{figure:.3f}" for figure in figures),
        *map(str, numbers),
    ]
    return row[: len(table.columns) - 1]


def _write(path: Path, content: bytes) -> None:
    try:
        with atomic_write(path) as stream:
            stream.write(content)
    except OSError as error:
        raise ConfigError(
            f"{str(path)!r} cannot be written ({error.strerror}). Choose another file."
        ) from error
    Console(stderr=True).print(f"Wrote {path}", markup=False, highlight=False, soft_wrap=True)
