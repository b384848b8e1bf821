"""Any question set of the `datasets` library, all of its splits: `hub?name=user/set`.

Rows are read by their columns: `question`, `context` and `answers` as SQuAD has them, else
`question` and `answer` as plain questions. Columns of other names are named by options.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ...core import Document, Question
from ...errors import DataError
from . import plain
from .drafts import Draft, load
from .hub import table
from .loaded import LoadedQuestions
from .records import Record

NAMES = {"validation": "dev"}
"""What the hub's splits are called here, where that is another word."""


def load_hub_set(
    name: str,
    *,
    config: str | None = None,
    question: str = "question",
    answer: str = "",
    context: str = "context",
    answers_only: bool = True,
    title: str = "",
    **options: Any,
) -> LoadedQuestions:
    """Load all splits of a set of the `datasets` library.

    Args:
        name: Its name on the hub, or a local folder of it.
        config: Its configuration; None for the default one.
        question: The column of the question.
        answer: The column of the answer; empty for `answers`, or else `answer`.
        context: The column of the paragraph that answers it, where there is one.
        answers_only: Whether rows without an answer are left out.
        title: What to call the set; its name, usually.
        **options: `documents`, `strict` and `limit`, as in `hopgym.envs.datasets.drafts.load`;
            `limit` counts rows of each split.

    Raises:
        MissingExtraError: If `datasets` is not installed.
        DataError: If the set cannot be had, has no such columns, or a row is bad.
    """
    from .squad import answered

    columns = {"question": question, "answers": answer, "context": context}
    tables = table(name, config, None)
    read = partial(_convert, in_pool=options.get("documents") is not None)
    sets = {}
    for split in tables:
        _check_columns(name, tables[split].column_names, question, answer)
        values = answered(_rows(f"{name} {split}", tables[split], columns), not answers_only)
        sets[NAMES.get(split, split)] = load(title or name, read, values, split=split, **options)
    return joined(title or name, sets)


def joined(name: str, sets: Mapping[str, LoadedQuestions]) -> LoadedQuestions:
    """Return sets of one split each as one set over the documents of all.

    Where an id stands in several splits, as where each counts its rows, those of all splits but
    the first are given the split's name.

    >>> one = LoadedQuestions("one", {"train": [Question("1", "Who?", ("Ada",))]})
    >>> two = LoadedQuestions("two", {"dev": [Question("1", "Where?", ("Tessa",))]})
    >>> joined("both", {"train": one, "dev": two}).questions("dev")[0].id
    'dev:1'
    """
    documents: dict[str, Document] = {}
    for each in sets.values():
        documents |= {document.id: document for document in each.documents}
    questions: dict[str, list[Question]] = {}
    known: set[str] = set()
    for split, each in sets.items():
        own = each.questions(each.splits[0])
        twice = {question.id for question in own} & known
        questions[split] = [replace(q, id=f"{split}:{q.id}") if q.id in twice else q for q in own]
        known |= {question.id for question in questions[split]}
    skipped = [line for each in sets.values() for line in each.skipped]
    return LoadedQuestions(name, questions, documents.values(), skipped)


def _check_columns(name: str, found: list[str], question: str, answer: str) -> None:
    fits = question in found and (answer in found if answer else {"answer", "answers"} & {*found})
    if not fits:
        wanted = f"{question!r} and {answer!r}" if answer else f"{question!r} and 'answers'"
        raise DataError(
            f"{name} has the columns {', '.join(found)}; {wanted} are needed. Name them: "
            f"'hub?name={name}&question=COLUMN&answer=COLUMN'."
        )


def _rows(
    where: str, rows: Any, columns: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield rows with their columns under the names that loaders know, and an id in any case."""
    for number, row in enumerate(rows, 1):
        renamed = {known: row[told] for known, told in columns.items() if told in row}
        if "answers" not in renamed and row.get("answers") is None and "answer" in row:
            renamed["answers"] = row["answer"]
        yield f"{where} row {number}", {"id": f"{number}", **row, **renamed}


def _convert(record: Record, in_pool: bool) -> Draft:
    from .squad import convert

    if record.get("context"):
        return convert(record, in_pool)
    rest = {name: value for name, value in record.value.items() if name != "answer"}
    answers = rest.get("answers")
    if isinstance(answers, Mapping) and "text" in answers:
        rest["answers"] = answers["text"]
    return plain.convert(Record(rest, record.where))
