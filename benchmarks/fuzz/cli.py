"""`hopgym fuzz`."""

from __future__ import annotations

import json as json_
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from ...errors import ConfigError
from ...files import atomic_write

if TYPE_CHECKING:
    from .runner import Failure, Findings, Target

KINDS = ("environments", "documents", "judges", "records")
_TAKEN = {"id": "the environment is the command's first argument"}


def add_commands(app: typer.Typer) -> None:
    """Add this package's command."""
    app.command("fuzz")(fuzz)


def fuzz(
    what: Annotated[
        str, typer.Argument(help=f"{', '.join(KINDS)}, all, or an environment's id, yours too.")
    ] = "all",
    count: Annotated[int, typer.Option(help="Inputs of each kind and environment.", min=1)] = 2_000,
    seed: Annotated[int, typer.Option(help="Of all inputs.", min=0)] = 0,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A keyword of the environment, name=value.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the figures as JSON.")] = None,
    out: Annotated[Path, typer.Option(help="Where failing inputs go.")] = Path("fuzz-failures"),
    replay: Annotated[Path | None, typer.Option(help="Run a saved failure again.")] = None,
) -> None:
    """Throw hostile inputs at everything that reads; status 1 if something breaks or is slow."""
    if replay is not None:
        return _replay(replay)
    groups = _targets(what, set_)
    found = [one for targets in groups for one in _run(targets, count, seed, out)]
    Console().print(_table(found))
    if json is not None:
        _write(json, found)
    if any(one.failures for one in found):
        raise typer.Exit(1)


def _targets(what: str, set_: list[str] | None) -> list[Sequence[Target]]:
    """Return the targets, those together that share a count."""
    from ...envs.keywords import read_keywords
    from .documents import document_targets
    from .environments import FORMS, environment_targets
    from .judges import judge_targets
    from .records import record_targets

    keywords = read_keywords(set_ or [], _TAKEN)
    if keywords and what in (*KINDS, "all"):
        raise ConfigError("--set is for one environment: name it, as in `hopgym fuzz ENV_ID`.")
    makers: dict[str, Any] = {
        "environments": lambda: [environment_targets(env_id) for env_id in FORMS],
        "documents": lambda: [document_targets()],
        "judges": lambda: [judge_targets()],
        "records": lambda: [record_targets()],
    }
    if what not in (*makers, "all"):
        return [environment_targets(what, keywords)]
    return [group for kind in (makers if what == "all" else (what,)) for group in makers[kind]()]


def _run(targets: Sequence[Target], count: int, seed: int, out: Path) -> list[Findings]:
    """Fuzz targets with equal shares of a count; what fails is written as it is found."""
    from ...agents.bar import Bar
    from .runner import MOST_FAILURES, save_failure
    from .runner import fuzz as run

    share = -(-count // len(targets))
    found = []
    for target in targets:
        with Bar() as bar:
            bar.open(target.name, share)

            def tell(findings: Findings, bar: Bar = bar) -> None:
                bar.move(min(findings.inputs, share))
                bar.note(f"{len(findings.failures)} failures")

            def keep(failure: Failure, bar: Bar = bar) -> None:
                bar.say(f"{save_failure(failure, out)}: {failure.problem:.300}")

            found.append(run(target, share, seed, tell=tell, keep=keep))
        one = found[-1]
        if len(one.failures) >= MOST_FAILURES:
            bar.say(
                f"{one.target} was left after {len(one.failures)} failures, {one.inputs} of {share} "
                "inputs. Mend these first."
            )
        if not bar.console.is_terminal:
            bar.say(f"{one.target}: {one.inputs} inputs, {len(one.failures)} failures")
    return found


def _table(found: Sequence[Findings]) -> Table:
    table = Table(
        Column("Target", overflow="fold"), "Inputs", "CPU s", "Inputs/s", "Slowest, ms", "Failures"
    )
    for one in found:
        speed = one.inputs / max(one.seconds, 1e-9)
        row = (f"{one.inputs:,}", f"{one.seconds:.1f}", f"{speed:,.0f}", f"{one.slowest:.1f}")
        table.add_row(escape(one.target), *row, str(len(one.failures)))
    return table


def _replay(path: Path) -> None:
    from .documents import document_targets
    from .environments import environment_targets
    from .judges import judge_targets
    from .records import record_targets
    from .runner import load_failure, replay

    name, case = load_failure(path)
    makers: tuple[Any, ...] = (document_targets, judge_targets, record_targets, environment_targets)
    known = {one.name: one for make in makers for one in make()}
    target = known.get(name) or _named(name)
    failure = replay(target, case)
    said = failure.problem if failure else f"{name}: it does not fail any more"
    Console().print(said, markup=False, highlight=False)
    if failure:
        raise typer.Exit(1)


def _named(name: str) -> Target:
    """Return the target of a stranger's environment, by what its failure calls it."""
    from ...envs.keywords import read_keywords
    from .environments import EnvironmentTarget

    env_id, _, keywords = name.partition("?")
    return EnvironmentTarget(env_id, read_keywords(keywords.split("&") if keywords else [], _TAKEN))


def _write(path: Path, found: Sequence[Findings]) -> None:
    try:
        with atomic_write(path) as stream:
            stream.write(json_.dumps([asdict(one) for one in found], default=repr).encode())
    except OSError as error:
        raise ConfigError(
            f"{str(path)!r} cannot be written ({error.strerror}). Choose another file."
        ) from error
