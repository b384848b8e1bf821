"""The `hopgym` command. Each package contributes its own sub-commands."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import gymnasium
import typer
from rich.console import Console

from . import __version__
from .agents import cli as agents_cli
from .agents import train_cli
from .agents.contamination import cli as contamination_cli
from .agents.expert import cli as expert_cli
from .benchmarks import cli as benchmarks_cli
from .benchmarks import judge_cli
from .benchmarks.audit import cli as audit_cli
from .benchmarks.export import cli as export_cli
from .benchmarks.faults import cli as faults_cli
from .benchmarks.fuzz import cli as fuzz_cli
from .envs import cli as envs_cli
from .envs import serve_cli
from .envs.datasets import cli as datasets_cli
from .envs.datasets.world import cli as world_cli
from .envs.kg import cli as graphs_cli
from .errors import HopgymError, is_out_of_memory, told, users_place
from .files import why_not_written
from .retrieval import cli as retrieval_cli
from .retrieval.kb import cli as kb_cli
from .rewards import cli as rewards_cli

PACKAGES = (
    envs_cli,
    agents_cli,
    expert_cli,
    train_cli,
    datasets_cli,
    contamination_cli,
    rewards_cli,
    retrieval_cli,
    kb_cli,
    serve_cli,
    world_cli,
    graphs_cli,
    benchmarks_cli,
    judge_cli,
    export_cli,
    audit_cli,
    fuzz_cli,
    faults_cli,
)


def build_app() -> typer.Typer:
    """Assemble the command from the packages' parts."""
    app = typer.Typer(
        name="hopgym",
        help="Environments for multi-hop question answering: play, train, compare.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
    )
    app.callback()(_version)
    for package in PACKAGES:
        package.add_commands(app)
    return app


def main() -> None:
    """Run the command; all errors but our own mistakes are one line and exit status 2."""
    # Libraries of the hub would tell it what is trained, unasked. The user's own word wins.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    warnings.formatwarning = _format_warning
    try:
        build_app()()
    except Exception as error:
        _print_error(error)
        sys.exit(2)


_FORMAT = warnings.formatwarning


def _format_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """Write a warning of ours as one line; a library's keeps its place in the code."""
    place = Path(filename)
    ours = place.is_relative_to(Path(__file__).parent) and "site-packages" not in place.parts[:-1]
    if category is UserWarning and ours:
        return f"Warning: {message}\n"
    return _FORMAT(message, category, filename, lineno, line)


def _print_error(error: Exception) -> None:
    """Print our own errors, Gymnasium's, files', the machine's, and what a user's file raised.

    Anything else is a mistake in hopgym and keeps its traceback.
    """
    ours = isinstance(error, HopgymError | gymnasium.error.Error)
    users = None if ours else users_place(error)
    remedy = "" if ours else _remedy(error)
    if not (ours or users or remedy or isinstance(error, OSError)):
        raise error
    said = told(error) if users else f"{type(error).__name__}: {error}"
    name, _, rest = f"{said}{remedy}".partition(" ")
    console = Console(stderr=True)
    console.print(name, style="bold red", end=" ")
    console.print(rest, markup=False, highlight=False, soft_wrap=True)


def _remedy(error: Exception) -> str:
    """Return what to do where the machine itself refused; "" where it did not."""
    if is_out_of_memory(error):
        return " Memory ran out: give less at a time, or less in all, and run the command again."
    if why_not_written(error) is not None:
        return " Free some space there and run the command again; what stood there is as it was."
    return ""


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"hopgym {__version__}")
        raise typer.Exit


def _version(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Environments for multi-hop question answering: play, train, compare."""


if __name__ == "__main__":
    main()
