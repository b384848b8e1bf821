"""`hopgym faults`: kill a command on purpose, and see whether anything is lost."""

from __future__ import annotations

import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...errors import ConfigError
from ...files import atomic_write

if TYPE_CHECKING:
    from .kills import Outcome
    from .recipe import Recipe


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    faults = typer.Typer(help="Faults on purpose: is anything lost?", no_args_is_help=True)
    faults.command("kill")(kill)
    faults.command("list")(list_recipes)
    app.add_typer(faults, name="faults")


def kill(
    targets: Annotated[
        list[str],
        typer.Argument(help="Recipes, a,b or all; or a command behind --, with {out} in it."),
    ],
    kills: Annotated[int, typer.Option(help="Kills of each.", min=1)] = 20,
    seed: Annotated[int, typer.Option(help="Of the moments.", min=0)] = 0,
    aim: Annotated[
        float,
        typer.Option(help="The share of kills that wait for a file to be written.", min=0, max=1),
    ] = 0.0,
    resume: Annotated[
        str | None,
        typer.Option(help="What is added to a command to go on; '' for nothing. Ours is known."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Files not to compare, as *.log; repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Keep the runs here; else only those that differ are kept.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write JSON.")] = None,
    md: Annotated[Path | None, typer.Option(help="Write Markdown.")] = None,
) -> None:
    """SIGKILL a command at random moments and let it go on; status 1 if it ends otherwise."""
    from . import report as reports

    recipes = _recipes(targets, resume, without or [])
    folder = _folder(out)
    outcomes = _kill_all(recipes, folder, kills, seed, aim)
    differ = any(one.problems for one in outcomes)
    if out is None:
        _tidy(folder, differ=differ)
    for part in reports.console_parts(outcomes):
        Console().print(part)
    for path, content in ((json, reports.as_json), (md, reports.markdown)):
        if path is not None:
            _write(path, content(outcomes))
    if differ:
        raise typer.Exit(1)


def list_recipes() -> None:
    """List the recipes."""
    from .recipes import all_recipes

    table = Table("Recipe", "What it makes", "Command", "Goes on by")
    for one in all_recipes().values():
        words = [escape(one.summary), escape(shlex.join(one.command))]
        table.add_row(escape(one.name), *words, escape(shlex.join(one.resume)) or "the same")
    Console().print(table)


def _recipes(targets: list[str], resume: str | None, without: list[str]) -> list[Recipe]:
    """Return what is to be killed.

    Raises:
        ConfigError: If flags for a command are given with recipes.
    """
    from dataclasses import replace

    from ..choices import split_names
    from .artefact import Omission
    from .recipe import OUT
    from .recipes import make_recipes, recipe_of

    if any(OUT in word for word in targets):
        words = None if resume is None else shlex.split(resume)
        recipes = [recipe_of(targets, words)]
    elif resume is not None:
        raise ConfigError("--resume belongs to a command of your own: recipes know how they go on.")
    else:
        recipes = make_recipes(split_names(targets))
    omitted = [Omission(pattern, "as told by --without") for pattern in without]
    return [replace(one, omissions=(*one.omissions, *omitted)) for one in recipes]


def _kill_all(
    recipes: list[Recipe], folder: Path, kills: int, seed: int, aim: float
) -> list[Outcome]:
    from .kills import kill as deal
    from .life import mortal

    with mortal(), Console(stderr=True).status("kills") as status:
        return [
            deal(
                recipe,
                folder / recipe.name,
                kills=kills,
                seed=seed,
                aim=aim,
                tell=lambda text: status.update(escape(text)),
            )
            for recipe in recipes
        ]


def _folder(out: Path | None) -> Path:
    """Return an empty folder for the runs.

    Raises:
        ConfigError: If the one that is wanted holds something.
    """
    if out is None:
        return Path(tempfile.mkdtemp(prefix="hopgym-faults-"))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"{out} is not an empty folder. Choose another --out, or remove it.")
    return out.resolve()


def _tidy(folder: Path, *, differ: bool) -> None:
    """Remove the runs that nobody asked to keep, unless there is something to see in them."""
    if differ:
        told = f"The runs are kept in {folder}."
        Console(stderr=True).print(told, markup=False, highlight=False, soft_wrap=True)
    else:
        shutil.rmtree(folder)


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as stream:
        stream.write(content)
    Console(stderr=True).print(f"Wrote {path}", markup=False, highlight=False, soft_wrap=True)
