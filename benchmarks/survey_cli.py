"""`hopgym questions`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..listing import print_table

if TYPE_CHECKING:
    from .survey import Finding, Holds


def add_commands(app: typer.Typer) -> None:
    """Add this file's command."""
    app.command("questions")(questions)


def questions(
    spec: Annotated[str, typer.Argument(metavar="QUESTIONS", help="A set, a file or a folder.")],
) -> None:
    """Say what a question set holds, what can be played with it, and what is wrong; then status 1."""
    from ..envs.datasets.make import DATASETS, divided, make_questions
    from .survey import misspelt, survey

    question_set = make_questions(spec)
    place = divided(spec)[0]
    holds, findings = survey(question_set)
    if place not in DATASETS and Path(place).exists():
        findings += misspelt(place)
    console = Console()
    console.print(_table(question_set.name, len(question_set.documents), holds))
    for line in _plays(holds, bool(question_set.documents)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if findings:
        rows = [(_kind(one), one.split, str(one.number), one.what, one.example) for one in findings]
        print_table(("", "Split", "How many", "What", "First"), rows)
    if any(one.wrong for one in findings):
        raise typer.Exit(1)


def _kind(finding: Finding) -> str:
    return "wrong" if finding.wrong else "note"


def _table(name: str, documents: int, holds: Sequence[Holds]) -> Table:
    title = f"{escape(name)}: {documents:,} documents"
    columns = ("Split", "Questions", "Hops", "Gold documents", "Answer in a document", "Graph")
    table = Table(*columns, title=title, title_justify="left")
    for one in holds:
        found = "" if one.answers_found is None else f"{one.answers_found:,}"
        table.add_row(
            escape(one.split),
            f"{one.questions:,}",
            one.hops,
            f"{one.gold_documents:,}",
            found,
            f"{one.graphs:,}",
        )
    return table


def _plays(holds: Sequence[Holds], documents: bool) -> list[str]:
    """Say which environments can play it, and what the others lack."""
    text = "SearchRead, DagSearch and RAG: "
    graph = "KGSubgraph (and the learners sb3 and drag): "
    return [
        text
        + ("yes" if documents else "with a retriever that brings documents, or ?documents=FILE"),
        graph
        + (
            "yes"
            if any(one.graphs for one in holds)
            else "no; questions need `facts` and `topic_entities`"
        ),
    ]
