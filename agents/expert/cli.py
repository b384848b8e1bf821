"""`hopgym expert collect|rows`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from ...envs.keywords import read_keyword
from ...errors import ConfigError

if TYPE_CHECKING:
    from .collect import Collected
    from .collection import Collection

Keywords = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any other keyword of the environment, as name=value."),
]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        help="What is kept: em (by default), f1>=0.5, reward>0, judge=rule; repeated, all must hold."
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        help="A split for evaluation, SPLIT or QUESTIONS@SPLIT, that may share no question; "
        "repeated. All other splits of the set, usually."
    ),
]


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    expert = typer.Typer(
        help="Expert trajectories: episodes that are worth learning from.", no_args_is_help=True
    )
    expert.command("collect")(collect_trajectories)
    expert.command("rows")(write_rows)
    app.add_typer(expert, name="expert")


def collect_trajectories(
    out: Annotated[Path, typer.Option(help="The raw file to write, JSON lines.")],
    agent: Annotated[str, typer.Option(help="Who plays: a name, a folder, module:attribute.")] = (
        "expert"
    ),
    retry_agent: Annotated[
        str | None, typer.Option(help="Who plays every attempt but the first, if another.")
    ] = None,
    env: Annotated[str, typer.Option(help="The environment.")] = "hopgym/SearchRead-v0",
    questions: Annotated[str, typer.Option(help="A question set, file or folder.")] = "world",
    split: Annotated[str, typer.Option(help="Its split.")] = "train",
    set_: Keywords = None,
    accept: Accept = None,
    attempts: Annotated[int, typer.Option(help="Episodes of a question at most.", min=1)] = 3,
    episodes: Annotated[int | None, typer.Option(help="The first questions alone.", min=1)] = None,
    exclude: Exclude = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Leave shared questions out instead of refusing.")
    ] = False,
    num_envs: Annotated[int, typer.Option(help="Episodes side by side.", min=1)] = 16,
    fresh: Annotated[bool, typer.Option("--fresh", help="Collect anew.")] = False,
) -> None:
    """Play questions and keep the good episodes; go on where an interrupted run stopped."""
    from .collection import Collection

    if split in (exclude or ()):
        raise ConfigError(f"--exclude {split} is the split to collect from (--split {split}).")
    collection = Collection(
        env_id=env,
        agent=agent,
        retry_agent=retry_agent,
        questions=questions,
        split=split,
        env_kwargs=dict(read_keyword(text) for text in set_ or []),
        accept=tuple(accept or ("em",)),
        attempts=attempts,
        episodes=episodes,
        exclude=None if exclude is None else tuple(exclude),
        leave_out=leave_out,
    )
    _tell(_collected(collection, out, num_envs, fresh))


def write_rows(
    raw: Annotated[Path, typer.Argument(help="A raw file, or instruction rows: .json, .jsonl.")],
    out: Annotated[Path, typer.Option(help="The instruction rows to write: .json or .jsonl.")],
    grammar: Annotated[str, typer.Option(help="What published rows are written in.")] = "r3",
    strict: Annotated[
        bool, typer.Option(help="Stop at a bad record, or skip it with a warning.")
    ] = True,
) -> None:
    """Write a row for each step, ready to train on: {instruction, input, output}."""
    from .published import read_rows
    from .rows import episodes_of, write_instructions

    rows = read_rows(raw, grammar=grammar, strict=strict)
    if out.exists() and out.samefile(raw):
        raise ConfigError(f"--out {str(out)!r} is the file that is read. Choose another.")
    write_instructions(out, rows)
    _say(f"Wrote {out}: {len(rows)} steps of {len(episodes_of(rows))} episodes.")


def _collected(collection: Collection, out: Path, num_envs: int, fresh: bool) -> Collected:
    from .collect import collect
    from .progress import Display

    try:
        with Display() as display:
            return collect(collection, out, num_envs=num_envs, fresh=fresh, reporter=display)
    except KeyboardInterrupt:
        _say(f"Stopped. What was played is kept beside {out}; the same command goes on from there.")
        raise typer.Exit(130) from None


def _tell(told: Collected) -> None:
    table = Table("Collected", "Number", title=str(told.path))
    numbers = {
        "questions": told.questions,
        "accepted": told.accepted,
        "episodes played": told.played,
        "kept from before": told.kept,
        "left out": told.left_out,
        "failed": told.errors,
    }
    for name, number in numbers.items():
        table.add_row(name, str(number))
    Console().print(table)
    if told.errors:
        _say(f"First failure: {told.first_error[:300]}")
        _say("Failed episodes count for nothing. Run the same command again to retry them.")
        raise typer.Exit(1)
    if told.accepted:
        path = shlex.quote(str(told.path))
        _say(f"Next: hopgym expert rows {path} --out rows.json")


def _say(text: str) -> None:
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)
