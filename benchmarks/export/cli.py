"""`hopgym export`: results and questions for other trainers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from ...errors import ConfigError

To = Literal["trl", "verl", "minari"]


def add_commands(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    out: Annotated[
        Path, typer.Option(help="A .parquet or .jsonl file; for Minari a new folder NAME-v0.")
    ],
    to: Annotated[To, typer.Option(help="Whose format.")],
    source: Annotated[
        Path | None,
        typer.Argument(help="Results, or a file of `hopgym expert`; none for questions alone."),
    ] = None,
    questions: Annotated[
        str | None,
        typer.Option(help="A question set; beside results, where theirs is if not by its name."),
    ] = None,
    split: Annotated[str, typer.Option(help="Of --questions, without results.")] = "train",
    unit: Annotated[
        Literal["step", "episode"], typer.Option(help="trl: a row for each action, or episode.")
    ] = "step",
    accept: Annotated[
        list[str] | None,
        typer.Option(help="trl: which episodes: em (by default), f1>=0.5, reward>0; repeated."),
    ] = None,
    system: Annotated[
        bool, typer.Option(help="trl: begin with the grammar's rules as the system's message.")
    ] = True,
    grammar: Annotated[
        str, typer.Option(help="Of questions alone: whose rules are shown.")
    ] = "search_r1",
    data_source: Annotated[
        str | None, typer.Option(help="verl: by what it chooses its reward; the set's name.")
    ] = None,
    env: Annotated[
        str | None, typer.Option(help="file.py:ID, where the results are of your environment.")
    ] = None,
) -> None:
    """Write what was played, or what is asked, for TRL, verl (Search-R1) or Minari."""
    if source is None and questions is None:
        raise ConfigError("Nothing to export: name results, or a question set by --questions.")
    if source is not None and not source.exists():
        raise ConfigError(f"There is no {str(source)!r}. Make results: hopgym bench --out results.")
    if to == "minari":
        _say(out, _minari(source, out, questions, env), "episodes")
    elif to == "verl":
        _say(out, _verl(source, out, questions, split, grammar, data_source), "questions")
    elif source is None:
        _say(out, _trl_questions(out, str(questions), split, grammar, system), "questions")
    else:
        _trl_episodes(source, out, questions, env, accept, unit, system)


def _trl_episodes(
    source: Path,
    out: Path,
    questions: str | None,
    env: str | None,
    accept: list[str] | None,
    unit: str,
    system: bool,
) -> None:
    from .examples import read_examples, reasons
    from .tables import check_name, write_rows
    from .trl import episode_rows_of, step_rows_of

    check_name(out)
    found = read_examples(source, accept, questions, env)
    rows_of = step_rows_of if unit == "step" else episode_rows_of
    rows = list(rows_of(found.kept, system=system))
    count = write_rows(out, rows)
    left_out = f" ({reasons(found.left_out)})" if found.left_out else ""
    _say(out, count, f"rows of {len(found.kept)} episodes{left_out}")


def _trl_questions(out: Path, questions: str, split: str, grammar: str, system: bool) -> int:
    from .questions import asked_in, questions_of
    from .tables import write_rows
    from .trl import question_rows_of

    held = questions_of(questions, split).questions
    return write_rows(out, list(question_rows_of(held, asked_in(grammar), split, system=system)))


def _verl(
    source: Path | None,
    out: Path,
    questions: str | None,
    split: str,
    grammar: str,
    data_source: str | None,
) -> int:
    from .questions import asked_in, questions_of, questions_played
    from .tables import check_name, write_rows
    from .verl import verl_rows

    check_name(out, parquet_only=True)
    asked = questions_played(source) if source else questions_of(str(questions), split)
    rows = verl_rows(
        asked.questions,
        data_source=data_source or asked.name,
        split=asked.split,
        grammar=asked_in(grammar),
    )
    return write_rows(out, list(rows))


def _minari(source: Path | None, out: Path, questions: str | None, env: str | None) -> int:
    from .examples import records_in
    from .minari import export_minari

    if source is None:
        raise ConfigError("Minari holds episodes, not questions: name a results file.")
    return export_minari(records_in(source), out, questions=questions, env=env)


def _say(out: Path, count: int, what: str) -> None:
    told = f"Wrote {out}: {count} {what}."
    Console(stderr=True).print(told, markup=False, highlight=False, soft_wrap=True)
