r"""Raw files: whole trajectories by question, in the shape that R3-RAG published (arXiv 2505.23794).

A line is one question: its accepted chain of steps (`search_chain_success`), the refused ones, and
why. Step rows are rebuilt from it exactly. What the published shape has no place for stands under
keys of our own, which other readers pass by: `hopgym` beside a question's fields; in a step
`reward`, and `after`, what the environment wrote, where that cannot be told from `doc`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...core import Question, Step, Trajectory
from ...envs.datasets.records import Record
from ...envs.grammars import ParseError, grammar_of
from ...envs.grammars.r3 import DOCUMENTS, QUESTION
from ...errors import DataError
from ...files import write_jsonl
from .journal import Attempt
from .rows import StepRow, parse, said_in

CHAINS = "search_chain_success"


def raw_record(
    question: Question, attempts: Sequence[Attempt], info: Mapping[str, Any], env_id: str
) -> dict[str, Any]:
    """Return what the file holds of a question.

    Args:
        question: The question.
        attempts: Those that were played, in their order.
        info: What the environment's info says of the grammar.
        env_id: Where they were played.
    """
    played = [(attempt, attempt.trajectory) for attempt in attempts if attempt.trajectory]
    good = [(attempt, episode) for attempt, episode in played if attempt.accepted]
    bad = [(attempt, episode) for attempt, episode in played if not attempt.accepted]
    ours: dict[str, Any] = {"env_id": env_id, "info": dict(info)}
    if good:
        attempt, episode = good[0]
        ours["attempt"] = attempt.attempt
        opening = episode.transcript[: said_in(episode)[0][0]]
        if opening != _opening(question.text, info):
            ours["opening"] = opening
    return {
        "id_source": question.id,
        "question": question.text,
        "golden_answers": list(question.answers),
        CHAINS: [_chain(episode, info) for _, episode in good],
        "search_chain_fail": [[_step(step) for step in episode.steps] for _, episode in bad],
        "success_reason": [attempt.reason for attempt, _ in good],
        "fail_reason": [attempt.reason for attempt, _ in bad],
        "hopgym": ours,
    }


def write_raw(path: str | Path, records: Iterable[Mapping[str, Any]]) -> int:
    """Write a raw file, numbering the questions that were solved (`id`); return how many were."""
    solved = 0

    def numbered() -> Iterable[dict[str, Any]]:
        nonlocal solved
        for record in records:
            if record[CHAINS]:
                yield {"id_source": record["id_source"], "id": solved, **record}
                solved += 1
            else:
                yield dict(record)

    write_jsonl(path, numbered())
    return solved


def rows_of_raw(record: Record) -> list[StepRow]:
    """Return the step rows of one question, exactly as they were played.

    Args:
        record: A record that `raw_record` made.

    Raises:
        DataError: If a field is missing or an action cannot be read.
    """
    ours = _mapping(record, "hopgym")
    info = _mapping(Record(ours, record.where), "info")
    question = verbatim(record, "question")
    before = _before(info)
    rows: list[StepRow] = []
    for chain in record.list(CHAINS):
        transcript = str(ours.get("opening", _opening(question, info)))
        for number, step in enumerate(_steps(chain, record), 1):
            output = step.text("original")
            row = StepRow(
                question_id=record.id("id_source"),
                step=number,
                context=transcript.removesuffix(before),
                output=output,
                reward=float(step.get("reward", 0.0)),
                question=question,
                info=info,
            )
            check_row(row, step)
            rows.append(row)
            transcript += output + str(step.get("after", _after(str(step.get("doc", "")), info)))
    return rows


def verbatim(record: Record, field: str) -> str:
    """Return a field that must be text, with the blanks around it."""
    record.text(field)
    return str(record.value[field])


def check_row(row: StepRow, record: Record) -> None:
    """Refuse a row whose action the environment could not read.

    Raises:
        DataError: If it could not; the message has the environment's code for it.
    """
    move = parse(row.grammar, row.output, row.step)
    if isinstance(move, ParseError):
        raise DataError(
            f"{record.where}: step {row.step} is no action that {row.grammar.name!r} can read "
            f"({move.value}): {row.output!r:.120}. Mend or remove this record, or pass "
            "--no-strict (strict=False) to skip it."
        )


def _chain(episode: Trajectory, info: Mapping[str, Any]) -> list[dict[str, Any]]:
    said = said_in(episode)
    ends = [*(start for start, _ in said[1:]), len(episode.transcript)]
    steps = []
    for step, (start, end), following in zip(episode.steps, said, ends, strict=True):
        record = {**_step(step), "original": episode.transcript[start:end]}
        after = episode.transcript[end:following]
        if after != _after(record.get("doc", ""), info):
            record["after"] = after
        record["reward"] = float(sum(step.reward_terms.values()))
        steps.append(record)
    return steps


def _step(step: Step) -> dict[str, Any]:
    """Return a step in the published fields."""
    parsed = step.parsed
    record: dict[str, Any] = {"original": str(step.action), "analysis": parsed.get("analysis")}
    if step.parse_error:
        return {**record, "error": step.parse_error}
    if parsed.get("kind") == "answer":
        return {**record, "answer": parsed["text"]}
    documents = step.observation.strip("\n").removeprefix(DOCUMENTS).strip("\n")
    return {**record, "query": parsed.get("text") or "; ".join(step.queries), "doc": documents}


def _opening(question: str, info: Mapping[str, Any]) -> str:
    """Return what an `r3` transcript has before the first action."""
    return f"{QUESTION} {question}\n" if info.get("grammar") == "r3" else ""


def _after(documents: str, info: Mapping[str, Any]) -> str:
    """Return what an `r3` transcript has between a query and the next action."""
    if info.get("grammar") != "r3" or not documents:
        return ""
    return f"\n{DOCUMENTS}\n{documents}\n"


def _before(info: Mapping[str, Any]) -> str:
    return grammar_of(info).before_action()


def _mapping(record: Record, field: str) -> dict[str, Any]:
    value = record.get(field)
    if not isinstance(value, Mapping):
        raise record.bad(field, f"must be an object, not {value!r:.60}")
    return dict(value)


def _steps(chain: Any, record: Record) -> list[Record]:
    if not isinstance(chain, list) or not chain:
        raise record.bad(CHAINS, f"must hold lists of steps, not {chain!r:.60}")
    return [Record(step, f"{record.where}, step {n}") for n, step in enumerate(chain, 1)]
