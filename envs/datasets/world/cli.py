"""`hopgym world`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .config import KINDS
from .world import World
from .write import write_world


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("world")(world)


def world(
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    entities: Annotated[int, typer.Option(help="People, places, works and so on.")] = 1_000,
    hops: Annotated[str, typer.Option(help="Such as 3 or 2-4.")] = "1-6",
    kinds: Annotated[str, typer.Option(help="Some of these, by comma.")] = ",".join(KINDS),
    distractors: Annotated[float, typer.Option(help="Documents that tell nothing, each.")] = 0.5,
    paraphrase: Annotated[float, typer.Option(help="Other words than the question's.")] = 0.3,
    missing: Annotated[float, typer.Option(help="Telling documents withheld.")] = 0.0,
    train: Annotated[int, typer.Option(help="Training questions.")] = 2_000,
    dev: Annotated[int, typer.Option(help="Development questions.")] = 500,
    test: Annotated[int, typer.Option(help="Test questions.")] = 500,
    seed: Annotated[int, typer.Option(help="Which world.")] = 0,
    overwrite: Annotated[bool, typer.Option(help="Replace a world that stands there.")] = False,
) -> None:
    """Write a world as documents, questions and graph files."""
    made = World(
        entities=entities,
        hops=hops,
        kinds=kinds,
        distractors=distractors,
        paraphrase=paraphrase,
        missing=missing,
        train=train,
        dev=dev,
        test=test,
        seed=seed,
    )
    console = Console()
    with console.status(f"writing {out}"):
        counts = write_world(made, out, overwrite=overwrite)
    table = Table("Written", "Number", title=f"{out} ({made.fingerprint})")
    for name, count in counts.items():
        table.add_row(name, str(count))
    console.print(table)
    following = f"Next: hopgym play hopgym/SearchRead-v0 --questions {shlex.quote(str(out))}"
    console.print(following, markup=False, highlight=False, soft_wrap=True)
