"""`hopgym audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from ...errors import ConfigError
from ...files import atomic_write
from ...listing import print_table

_TAKEN = {
    "questions": "use --questions",
    "split": "use --split",
    "id": "the environment is the command's first argument",
}
"""What `--set` may not say, since something else does."""


def add_commands(app: typer.Typer) -> None:
    """Add this package's command."""
    app.command("audit")(audit)


def audit(
    env_id: Annotated[
        str | None,
        typer.Argument(help="Such as hopgym/RAG-v0; module:ID or file.py:ID for your own."),
    ] = None,
    questions: Annotated[str | None, typer.Option(help="A question set, file or folder.")] = None,
    split: Annotated[str | None, typer.Option(help="The split to play.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Any other keyword, as name=value.")
    ] = None,
    episodes: Annotated[int, typer.Option(help="Episodes of each play.", min=2)] = 16,
    oracle: Annotated[
        str | None, typer.Option(help="The agent that plays best, if not ours: file.py:NAME.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="These checks alone: a,b or repeated.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the findings as JSON; - prints.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the checks.")] = False,
) -> None:
    """Is this environment sound, and can its reward be had for nothing? Status 1 if a check fails."""
    from . import report as reports
    from .runner import run_audit
    from .subject import Subject

    if list_:
        return _list_checks()
    if env_id is None:
        raise ConfigError("Which environment? Name one (list: `hopgym envs`), or give --list.")
    chosen = _chosen(only)
    subject = Subject(env_id, _keywords(questions, split, set_), episodes=episodes, oracle=oracle)
    with Console(stderr=True).status("audit") as status:
        report = run_audit(subject, chosen, told_of=status.update)
    if json is None or str(json) != "-":
        console = Console()
        console.print(reports.as_table(report))
        console.print(reports.summary(report), markup=False, highlight=False)
    if json is not None:
        _write(json, reports.as_dict(report))
    if not report.sound:
        raise typer.Exit(1)


def _keywords(questions: str | None, split: str | None, texts: list[str] | None) -> dict[str, Any]:
    from ...envs.datasets import make_questions
    from ...envs.datasets.base import default_split
    from ...envs.keywords import read_keywords

    keywords = read_keywords(texts or [], _TAKEN)
    if questions is not None:
        keywords["questions"] = questions
        split = split or default_split(make_questions(questions), "train")
    if split is not None:
        keywords["split"] = split
    return keywords


def _chosen(only: list[str] | None) -> list[str] | None:
    from ..choices import split_names
    from .checks import names

    return names(split_names(only)) if only else None


def _list_checks() -> None:
    from .checks import CHECKS, names

    rows = [(name, CHECKS.summary(name)) for name in names()]
    print_table(("Check", "What holds"), rows, "Also: --only module:function of your own.")


def _write(path: Path, plain: dict[str, Any]) -> None:
    content = msgspec.json.format(msgspec.json.encode(plain), indent=2)
    if str(path) == "-":
        print(content.decode())
        return
    try:
        with atomic_write(path) as stream:
            stream.write(content + b"\n")
    except OSError as error:
        raise ConfigError(
            f"{str(path)!r} cannot be written ({error.strerror}). Choose another file."
        ) from error
