"""`hopgym kg heuristics`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

from ..datasets import make_questions
from ..datasets.base import default_split

if TYPE_CHECKING:
    from .summary import Summary


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    kg = typer.Typer(
        help="Knowledge graphs: supervision for graph questions.", no_args_is_help=True
    )
    kg.callback()(lambda: None)  # one command alone would lose its name
    kg.command("heuristics")(heuristics)
    app.add_typer(kg, name="kg")


def heuristics(
    output: Annotated[
        Path,
        typer.Option(help="The JSON-lines file to write; .gz too. One that is there is replaced."),
    ],
    questions: Annotated[str, typer.Option(help="A question set whose questions have facts.")] = (
        "world"
    ),
    split: Annotated[str | None, typer.Option(help="Which split; by default train.")] = None,
    mode: Annotated[
        str, typer.Option(help="undirected, directed, or either (whichever way is shorter).")
    ] = "undirected",
    slack: Annotated[int, typer.Option(help="Longer than the shortest by so much: 0, 1, 2.")] = 0,
    max_hops: Annotated[int, typer.Option(help="The longest path that counts; 0 for any.")] = 6,
    min_precision: Annotated[
        float, typer.Option(help="Drop relation paths of fewer answers, such as 0.1; 0 for none.")
    ] = 0.0,
    max_facts: Annotated[
        int, typer.Option(help="Write so many facts around the topics; 0 for all.")
    ] = 0,
    max_paths: Annotated[int, typer.Option(help="Paths to write for each topic and answer.")] = 20,
    only_with_paths: Annotated[
        bool, typer.Option(help="Leave out questions that no path answers.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
) -> None:
    """Write shortest-path supervision for a KG question file: which facts lead to the answer."""
    from .rule import Rule
    from .supervision import Settings, write_supervision

    rule = Rule(mode, slack, max_hops or None, min_precision)  # type: ignore[arg-type]
    settings = Settings(rule, max_facts or None, max_paths, only_with_paths)
    source = make_questions(questions)
    chosen = source.questions(split or default_split(source, "train"))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("questions", total=len(chosen))
        summary = write_supervision(
            chosen,
            output,
            settings,
            workers=workers,
            progress=lambda done, _: bar.update(task, completed=done),
        )
    Console().print(_table(output, summary, bool(max_facts)))


def _table(output: Path, summary: Summary, pruned: bool) -> Table:
    table = Table("Supervision", Column(Text(str(output)), overflow="fold"))
    count = summary.questions or 1
    rows = [
        ("lines written", f"{summary.lines:,}"),
        ("questions with facts", f"{summary.questions:,}"),
        ("questions without facts, passed over", f"{summary.without_facts:,}"),
        ("no topic entity in the graph", f"{summary.without_topic:,}"),
        ("no answer entity in the graph", f"{summary.without_answer:,}"),
        ("with paths", f"{summary.with_paths:,} ({summary.with_paths / count:.1%})"),
        ("facts written, mean", f"{summary.facts / count:,.1f}"),
        ("facts on a path, mean where there is one", f"{summary.mean_positives:,.2f}"),
    ]
    if pruned:
        rows.append(("of those written, mean", f"{summary.recall:.1%}"))
    for hops, number in sorted(summary.hops.items()):
        share = number / max(summary.with_paths, 1)
        rows.append((f"of {hops} hop{'s' * (hops > 1)}", f"{number:,} ({share:.1%})"))
    for row in rows:
        table.add_row(*row)
    return table
