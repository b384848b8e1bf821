"""`hopgym redteam`: what reward hacking earns, beside honest play."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...errors import ConfigError
from ...files import atomic_write
from .learned_cli import add_commands as add_learned

if TYPE_CHECKING:
    from .attack import Report

ENVS = ("hopgym/SearchRead-v0", "hopgym/DagSearch-v0", "hopgym/KGSubgraph-v0", "hopgym/RAG-v0")
"""By default."""


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    group = typer.Typer()
    group.callback(invoke_without_command=True)(redteam)
    add_learned(group)
    app.add_typer(group, name="redteam")


def redteam(
    ctx: typer.Context,
    envs: Annotated[
        list[str] | None,
        typer.Option(
            help="Environments, a,b or repeated; keywords behind a ?. hopgym's by default."
        ),
    ] = None,
    rewards: Annotated[
        list[str] | None,
        typer.Option(
            help="Rewards, a,b or repeated; default, published, or any name or file:NAME."
        ),
    ] = None,
    exploits: Annotated[
        list[str] | None,
        typer.Option(help="Exploits or families, a,b or repeated; all by default; your own too."),
    ] = None,
    questions: Annotated[
        str | None, typer.Option(help="A question set, file or folder; the environment's own.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="The split; test, or the only one.")] = None,
    episodes: Annotated[int, typer.Option(help="Questions for each exploit.", min=2)] = 24,
    judge: Annotated[
        str | None, typer.Option(help="Who judges, in rewards that ask a judge; it is attacked.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="The honest agent; the heuristic that fits by default.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write JSON.")] = None,
    md: Annotated[Path | None, typer.Option(help="Write Markdown.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the exploits.")] = False,
) -> None:
    """Attack rewards: what exploits earn beside honest play; status 1 if one pays."""
    if ctx.invoked_subcommand is not None:
        return None
    if list_:
        return _list()
    from ..choices import split_names
    from . import make_exploits
    from .attack import attack

    chosen = make_exploits(split_names(exploits) if exploits else None)
    with Console(stderr=True).status("looking at the environments") as status:
        found = attack(
            split_names(envs) if envs else ENVS,
            chosen,
            split_names(rewards) if rewards else ("default",),
            questions=questions,
            split=split,
            episodes=episodes,
            judge=judge,
            baseline=baseline,
            tell=lambda text: status.update(escape(text)),
        )
    _show(found, json, md)


def _show(found: Report, json: Path | None, md: Path | None) -> None:
    """Print the tables, write the files, and end."""
    from .report import as_json, console_tables, markdown

    console = Console()
    for part in console_tables(found):
        console.print(part)
    for path, content in ((json, as_json), (md, lambda report: markdown(report).encode())):
        if path is not None:
            _write(path, content(found))
    _end(found)


def _list() -> None:
    from . import all_exploits

    table = Table("Exploit", "Family", "What it does")
    for one in all_exploits().values():
        table.add_row(escape(one.name), one.family, escape(one.summary))
    Console().print(table)


def _end(found: Report) -> None:
    """End with status 1 if there is a finding."""
    count = len(found.failures)
    said = f"{count} of {len(found.cells)} cells are findings."
    Console().print(said, style="bold red" if count else "green")
    if count:
        raise typer.Exit(1)


def _write(path: Path, content: bytes) -> None:
    try:
        with atomic_write(path) as stream:
            stream.write(content)
    except OSError as error:
        raise ConfigError(
            f"{str(path)!r} cannot be written ({error.strerror}). Choose another file."
        ) from error
    Console(stderr=True).print(f"Wrote {path}", markup=False, highlight=False, soft_wrap=True)
