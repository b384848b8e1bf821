r"""Reading cold-start data, published or our own: raw files and instruction rows become step rows.

Two shapes are told apart by their fields: raw records (`search_chain_success`) and instruction rows
(`instruction`, `output`), each as a JSON list or one a line. What R3-RAG published differs from what
the environment writes in two ways, and is brought into its form: documents begin on the marker's
line and have their title on a line of its own; here they are `title | text`, a line each, below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...envs.datasets.records import Record, read_values, warn_skipped
from ...envs.grammars import make_grammar
from ...envs.grammars.r3 import ANALYSIS, ANSWER, DOCUMENTS, QUERY, QUESTION, R3Grammar
from ...errors import DataError
from ...files import fingerprint
from .raw import CHAINS, check_row, rows_of_raw, verbatim
from .rows import StepRow

_R3 = R3Grammar()
_INFO = {"grammar": _R3.name}
_HEAD = re.compile(r"\s*Step (\d{1,6}):")
_NEXT = re.compile(r"^Step \d+:\n", re.MULTILINE)
_INLINE = re.compile(rf"^{DOCUMENTS}[^\S\n]+(\S.*?)(?=\n+Step \d+:\n|\Z)", re.MULTILINE | re.DOTALL)
"""Documents that begin on the marker's line."""

_WHOLE = 100_000
"""Characters of a published document, which are shown whole."""


def read_rows(path: str | Path, *, grammar: str = "r3", strict: bool = True) -> list[StepRow]:
    """Read the step rows of a file, in its order.

    Args:
        path: A raw file or instruction rows, JSON or JSON lines; `.gz` too.
        grammar: What instruction rows are written in, and raw records that do not say it.
        strict: Whether a bad record is an error; otherwise it is skipped, with a warning.

    Raises:
        DataError: If the file or a record cannot be read; the message names the place.
    """
    make_grammar(grammar)
    rows: list[StepRow] = []
    skipped: list[str] = []
    for where, value in read_values(path):
        try:
            if isinstance(value, DataError):
                raise value
            rows.extend(_rows(Record(value, where), grammar))
        except DataError as error:
            if strict:
                raise
            skipped.append(str(error))
    warn_skipped(str(path), skipped)
    if not rows:
        raise DataError(f"{path} holds no step to learn from: no solved question, and no row.")
    return rows


def _rows(record: Record, grammar: str) -> Iterator[StepRow]:
    if "hopgym" in record:
        yield from rows_of_raw(record)
    elif CHAINS in record:
        for number, chain in enumerate(record.list(CHAINS)):
            yield from _published_chain(record, chain, number)
    elif "output" in record:
        yield _instruction_row(record, grammar)
    else:
        found = ", ".join(sorted(record.value)) or "none"
        raise DataError(
            f"{record.where}: neither a raw record ({CHAINS}) nor an instruction row (instruction, "
            f"output); its fields: {found}."
        )


def _published_chain(record: Record, chain: Any, number: int) -> Iterator[StepRow]:
    """Yield the rows of a chain that R3-RAG's collector wrote."""
    if not isinstance(chain, list) or not chain:
        raise record.bad(CHAINS, f"must hold lists of steps, not {chain!r:.60}")
    question = record.text("question")
    context = _R3.opening(question)
    for place, each in enumerate(chain, 1):
        step = Record(each, f"{record.where}, chain {number + 1}, step {place}")
        row = StepRow(
            question_id=record.id("id_source", "id"),
            step=place,
            context=context,
            output=_output(step, place),
            question=question,
            info=_INFO,
        )
        check_row(row, step)
        yield row
        context += f"\n{row.output}\n{DOCUMENTS}\n{_lines(str(step.get('doc', '')))}".rstrip("\n")


def _output(step: Record, place: int) -> str:
    """Return a step as an action: an answer first, as where a step has both it is what counted."""
    analysis = _clean(step.text("analysis"))
    if "answer" in step:
        return f"Step {place}:\n{ANALYSIS} {analysis}\n{ANSWER} {_clean(step.texts('answer')[0])}"
    return f"Step {place}:\n{ANALYSIS} {analysis}\n{QUERY} {_clean(step.text('query'))}"


def _instruction_row(record: Record, grammar: str) -> StepRow:
    given = verbatim(record, "instruction")
    more = record.get("input", "")
    context = _restyled(given.rstrip("\n")) if grammar == _R3.name else given
    if isinstance(more, str) and more.strip():
        raise record.bad("input", f"must be empty, as all stands in `instruction`: {more!r:.60}")
    output = record.text("output")
    question = context.partition("\n")[0].removeprefix(QUESTION).strip()
    row = StepRow(
        question_id=fingerprint([question]),
        step=_step(record, context, output) if grammar == _R3.name else 1,
        context=context,
        output=output,
        question=question,
        info={"grammar": grammar},
    )
    check_row(row, record)
    return row


def _step(record: Record, context: str, output: str) -> int:
    """Return which step an `r3` row is, and check that it follows from its context."""
    if not context.startswith(QUESTION):
        raise record.bad("instruction", f"must begin with {QUESTION!r}, not {context!r:.60}")
    head = _HEAD.match(output)
    if head is None:
        raise record.bad("output", f"must begin with 'Step k:', not {output!r:.60}")
    before = len(_NEXT.findall(context))
    if int(head[1]) != before + 1:
        raise record.bad(
            "output", f"is step {head[1]}, and its instruction has {before} steps before it"
        )
    return before + 1


def _restyled(context: str) -> str:
    """Bring the documents of a published context into the environment's form."""
    return _INLINE.sub(lambda match: f"{DOCUMENTS}\n{_lines(match[1])}", context)


def _lines(documents: str) -> str:
    r"""Return a published block of documents as the lines that the environment would show.

    >>> _lines("Vel\nA film.\n\nOrm\nA river.")
    'Vel | A film.\nOrm | A river.'
    """
    pairs = [pair for block in documents.split("\n\n") for pair in _pairs(block)]
    return "\n".join(_R3.document(n, title, text, _WHOLE) for n, (title, text) in enumerate(pairs))


def _pairs(block: str) -> list[tuple[str, str]]:
    """Return the titles and texts of lines in turn; a line alone is a text without a title."""
    lines = [line for line in block.split("\n") if line.strip()]
    if len(lines) < 2:
        title, bar, text = lines[0].partition(" | ") if lines else ("", "", "")
        return [(title, text) if bar else ("", title)] if lines else []
    if len(lines) % 2:
        return [(lines[0], " ".join(lines[1:]))]
    return list(zip(lines[::2], lines[1::2], strict=True))


def _clean(text: str) -> str:
    """Return text on one line, without the marks that teachers leave around it."""
    return " ".join(text.strip().strip("#").split())
