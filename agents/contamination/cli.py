"""`hopgym contamination`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...core import to_json
from ...errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from ...envs.contamination import Finding, Overlap

_WHAT = {
    "id": "the same id, in one question set",
    "text": "the same text, after normalisation",
    "facts": "the same gold facts, or sub-questions with their answers",
    "chain": "all its facts stand in one trained on",
    "documents": "the same gold documents",
    "ngram": "nearly the same words",
}


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("contamination")(contamination)


def contamination(
    trained: Annotated[
        str,
        typer.Argument(
            metavar="TRAIN",
            help="QUESTIONS or QUESTIONS@SPLIT, a file of `hopgym expert collect` or of "
            "conversations, or the folder of a trained model.",
        ),
    ],
    evaluated: Annotated[
        str, typer.Argument(metavar="EVAL", help="QUESTIONS or QUESTIONS@SPLIT: what is played.")
    ],
    kinds: Annotated[
        str | None,
        typer.Option(help="Which likeness counts, as id,text,facts,chain,documents,ngram; all."),
    ] = None,
    allow: Annotated[
        int, typer.Option(help="How many questions may be found with exit status 0.", min=0)
    ] = 0,
    examples: Annotated[int, typer.Option(help="Pairs of each kind to show.", min=0)] = 2,
    graphs: Annotated[
        bool, typer.Option("--graphs", help="Make graphs that are made when asked for: slower.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every pair.")] = False,
) -> None:
    """Find questions of EVAL that also stand in TRAIN; exit status 1 if there are any."""
    chosen = _kinds(kinds)
    if Path(trained).is_dir() and _is_model(trained):
        count = _of_model(trained, evaluated, chosen, examples, as_json)
    else:
        count = _of_questions(trained, evaluated, chosen, examples, graphs, as_json)
    raise typer.Exit(1 if count > allow else 0)


def _kinds(given: str | None) -> Sequence[str]:
    from ...envs.contamination import KINDS

    chosen = [kind.strip() for kind in given.split(",")] if given else list(KINDS)
    for kind in chosen:
        if kind not in KINDS:
            raise unknown_name("kind of likeness", kind, KINDS, "hopgym contamination --help")
    return chosen


def _is_model(folder: str) -> bool:
    from ..model_folder import FILE as MODEL
    from .record import FILE

    return (Path(folder) / FILE).is_file() or (Path(folder) / MODEL).is_file()


def _of_model(folder: str, spec: str, kinds: Sequence[str], examples: int, as_json: bool) -> int:
    """Look which questions a model was trained on, by the record in its folder."""
    from .record import FILE, read_trained_on
    from .sources import read_asked

    told = read_trained_on(folder)
    if told is None:
        raise ConfigError(
            f"{folder} has no {FILE}: it is not known what this model was trained on. Name the "
            "questions instead of the folder."
        )
    played = read_asked(spec, "test", "dev")
    seen = {id: by for id, by in told.seen(played.questions, played.scope).items() if by in kinds}
    if as_json:
        said = {
            "trained": folder, "sources": told.sources, "evaluated": played.name,
            "questions": len(played.questions), "found": len(seen), "by": seen,
        }  # fmt: skip
        print(to_json(said).decode())
        return len(seen)
    names = ", ".join(f"{each['name']} ({each['questions']})" for each in told.sources)
    _say(f"{folder} was trained on {names}.")
    _say(f"{len(seen)} of {len(played.questions)} questions of {played.name} were trained on.")
    for question in [q for q in played.questions if q.id in seen][:examples]:
        _say(f"  {question.id}, by its {seen[question.id]}: {question.text:.160}")
    return len(seen)


def _of_questions(
    trained: str, evaluated: str, kinds: Sequence[str], examples: int, graphs: bool, as_json: bool
) -> int:
    from ...envs.contamination import compare
    from .sources import read_asked

    own = read_asked(trained, "train", graphs=graphs)
    played = read_asked(evaluated, "test", "dev", graphs=graphs)
    found = compare(own, played, kinds)
    if as_json:
        print(to_json(_plain(found, kinds)).decode())
    else:
        _show(found, kinds, examples)
    return len(found.ids())


def _plain(found: Overlap, kinds: Sequence[str]) -> dict[str, Any]:
    """Return what was found as plain values."""
    return {
        "trained": found.trained.name,
        "trained_questions": len(found.trained.questions),
        "evaluated": found.evaluated.name,
        "questions": len(found.evaluated.questions),
        "found": len(found.ids()),
        "kinds": {kind: len(found.by_kind.get(kind, ())) for kind in kinds},
        "pairs": [
            {
                "kind": each.kind,
                "evaluated": each.evaluated.id,
                "trained": each.trained.id,
                "share": round(each.share, 4),
                "same_answer": each.same_answer,
            }
            for each in found.findings
        ],
    }


def _show(found: Overlap, kinds: Sequence[str], examples: int) -> None:
    from ...envs.contamination import EXACT

    total = len(found.evaluated.questions)
    own = f"{found.trained.name} ({len(found.trained.questions)} questions)"
    table = Table(title=escape(f"{found.evaluated.name} ({total}) against {own}"))
    table.add_column("By", no_wrap=True)
    table.add_column("Found", justify="right")
    table.add_column("Share", justify="right")
    table.add_column("Same answer", justify="right")
    table.add_column("What it says")
    for kind in kinds:
        pairs = found.by_kind.get(kind, [])
        answered = str(sum(pair.same_answer for pair in pairs)) if pairs else "-"
        table.add_row(kind, str(len(pairs)), _percent(len(pairs), total), answered, _WHAT[kind])
    Console().print(table)
    for kind in kinds:
        for pair in found.by_kind.get(kind, [])[:examples]:
            _show_pair(pair)
    _say(f"{len(found.ids())} of {total} questions were found.")
    if found.ids() and not found.ids(EXACT):
        _say(
            "None is the same question; near ones may be fair. Look at them: "
            f"--kinds {','.join(EXACT)} counts the same alone, and --allow N lets some be."
        )


def _show_pair(pair: Finding) -> None:
    share = f" ({100 * pair.share:.0f} % of its words, by weight)" if pair.kind == "ngram" else ""
    _say(f"{pair.kind}{share}")
    for name, question in (("eval ", pair.evaluated), ("train", pair.trained)):
        _say(f"  {name} {question.id}: {' '.join(question.text.split()):.200}")


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else "-"


def _say(text: str) -> None:
    Console().print(text, markup=False, highlight=False, soft_wrap=True)
