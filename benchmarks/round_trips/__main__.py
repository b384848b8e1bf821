"""Every adapter plays the same actions, and must pay what the environment itself pays, to the last bit.

python -m hopgym.benchmarks.round_trips --episodes 100
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

import typer
from rich.table import Table

from ...agents.bar import Bar
from ..study import errors_told, wide_console
from .doors import Pair, doors_of
from .scripts import GAMES, Game, write_scripts


class Row(NamedTuple):
    """One game through one adapter."""

    game: str
    door: str
    pairs: list[Pair]
    steps: int
    seconds: float

    @property
    def same(self) -> int:
        """How many episodes were paid exactly alike."""
        return sum(pair.here == pair.there for pair in self.pairs)


def round_trips(games: Sequence[Game], episodes: int) -> Iterator[Row]:
    """Play each game through every adapter that is installed."""
    for game in games:
        scripts = write_scripts(game, episodes)
        steps = sum(len(script.actions) for script in scripts)
        for name, door in doors_of(game).items():
            started = time.perf_counter()
            pairs = door(game, scripts)
            yield Row(game.name, name, pairs, steps, time.perf_counter() - started)


def table(rows: Sequence[Row]) -> Table:
    """Lay out the rows."""
    laid = Table(title="Returns through adapters", title_justify="left")
    for heading in ("Environment", "Adapter"):
        laid.add_column(heading)
    for heading in ("Episodes", "Steps", "Same return", "Mean return", "Episodes a second"):
        laid.add_column(heading, justify="right")
    for row in rows:
        count = len(row.pairs)
        mean = sum(pair.here for pair in row.pairs) / count
        numbers = (count, row.steps, row.same, f"{mean:.3f}", f"{count / row.seconds:.0f}")
        laid.add_row(row.game, row.door, *map(str, numbers))
    return laid


def main(
    episodes: Annotated[int, typer.Option(help="Of each environment.", min=1)] = 100,
    only: Annotated[str | None, typer.Option(help="The environments whose name begins so.")] = None,
) -> None:
    """Compare the returns; exit with 1 where one differs."""
    with errors_told():
        games = [game for game in GAMES if game.name.startswith(only or "")]
        rows = []
        with Bar() as bar:
            bar.open("Round trips", sum(len(doors_of(game)) for game in games))
            for row in round_trips(games, episodes):
                rows.append(row)
                bar.advance(f"{row.game}: {row.door}")
        wide_console().print(table(rows))
        if any(row.same < len(row.pairs) for row in rows):
            raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
