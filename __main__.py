"""The `hopgym` command. Each package contributes its own sub-commands."""

from __future__ import annotations

import os
import sys

import gymnasium
import typer
from rich.console import Console

from . import __version__
from .agents import cli as agents_cli
from .agents import train_cli
from .agents.expert import cli as expert_cli
from .benchmarks import cli as benchmarks_cli
from .benchmarks import judge_cli
from .benchmarks.audit import cli as audit_cli
from .envs import cli as envs_cli
from .envs import serve_cli
from .envs.datasets import cli as datasets_cli
from .envs.datasets.world import cli as world_cli
from .envs.kg import cli as graphs_cli
from .errors import HopgymError, told, users_place
from .retrieval import cli as retrieval_cli
from .retrieval.kb import cli as kb_cli
from .rewards import cli as rewards_cli

PACKAGES = (
    envs_cli,
    agents_cli,
    expert_cli,
    train_cli,
    datasets_cli,
    rewards_cli,
    retrieval_cli,
    kb_cli,
    serve_cli,
    world_cli,
    graphs_cli,
    benchmarks_cli,
    judge_cli,
    audit_cli,
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
    try:
        build_app()()
    except Exception as error:
        _print_error(error)
        sys.exit(2)


def _print_error(error: Exception) -> None:
    """Print our own errors, Gymnasium's, files', and whatever was raised in a user's file.

    Anything else is a mistake in hopgym and keeps its traceback.
    """
    ours = isinstance(error, HopgymError | gymnasium.error.Error)
    users = None if ours else users_place(error)
    if not (ours or users or isinstance(error, OSError)):
        raise error
    name, _, rest = (told(error) if users else f"{type(error).__name__}: {error}").partition(" ")
    console = Console(stderr=True)
    console.print(name, style="bold red", end=" ")
    console.print(rest, markup=False, highlight=False, soft_wrap=True)


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
