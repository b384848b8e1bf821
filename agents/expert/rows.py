r"""Step rows: what an agent saw before one of its actions, and what it wrote.

The unit that trainers learn from: R3-RAG trains every step as a sample of its own, whose prompt is
the transcript so far (arXiv 2505.23794). Rows come from trajectories, from raw files, or from
published files, and are written as instruction rows in the published (alpaca) shape. They are text;
tokens are made of them by [`encoding`][hopgym.agents.expert.encoding].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ...core import Question, Trajectory
from ...envs.grammars import Grammar, Move, ParseError, grammar_of
from ...errors import DataError
from ...files import atomic_write, write_jsonl
from .acceptance import flaw_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step of an agent that is worth learning from."""

    question_id: str
    step: int
    """The turn, from 1."""
    context: str
    """The observation: the transcript as it stood before the action."""
    output: str
    """The action."""
    reward: float = 0.0
    question: str = ""
    info: Mapping[str, Any] = field(default_factory=lambda: {"grammar": "r3"})
    """What the environment's info says of the grammar."""

    @property
    def prompt_info(self) -> dict[str, Any]:
        """What an agent is told beside the context, as far as prompts need it."""
        return {**self.info, "question": self.question}

    @property
    def grammar(self) -> Grammar:
        """The grammar that the action is written in."""
        return grammar_of(self.info)


def step_rows(
    trajectory: Trajectory, question: Question, info: Mapping[str, Any] | None = None
) -> list[StepRow]:
    """Return a row for each step of an episode.

    Args:
        trajectory: An episode that ended with an answer, without an unreadable action.
        question: Its question.
        info: What the environment's info says of the grammar; `r3` if nothing is given.

    Raises:
        DataError: If the episode has an unreadable action or no answer.
    """
    flaw = flaw_of(trajectory)
    if flaw:
        raise DataError(
            f"The episode of {trajectory.question_id!r} is no example to learn from ({flaw}). "
            "Leave it out."
        )
    given = dict(info or {"grammar": "r3"})
    before = grammar_of(given).before_action()
    return [
        StepRow(
            question_id=trajectory.question_id,
            step=step.index,
            context=trajectory.transcript[:start].removesuffix(before),
            output=trajectory.transcript[start:end],
            reward=float(sum(step.reward_terms.values())),
            question=question.text,
            info=given,
        )
        for step, (start, end) in zip(trajectory.steps, said_in(trajectory), strict=True)
    ]


def said_in(trajectory: Trajectory) -> list[tuple[int, int]]:
    """Return where in the transcript each action of a readable episode stands.

    Raises:
        DataError: If the transcript does not have one action for each step.
    """
    said = [(start, end) for start, end, author in trajectory.spans if author == "agent"]
    if len(said) != len(trajectory.steps):
        raise DataError(
            f"The transcript of {trajectory.question_id!r} has {len(said)} actions for "
            f"{len(trajectory.steps)} steps; its spans do not tell where each action stands."
        )
    return said


def parse(grammar: Grammar, output: str, step: int) -> Move | ParseError:
    """Read an action in whatever grammar: of steps, or of plans."""
    given: Any = grammar
    by_turn = hasattr(given, "parse_turn")
    read: Move | ParseError = (
        given.parse_turn(output, "either") if by_turn else given.parse(output, step)
    )
    return read


def instruction(row: StepRow) -> dict[str, str]:
    """Return a row in the published shape: LLaMA-Factory's alpaca records.

    >>> instruction(StepRow(question_id="q", step=1, context="The question: Who?", output="Step 1:"))
    {'instruction': 'The question: Who?', 'input': '', 'output': 'Step 1:'}
    """
    return {"instruction": row.context, "input": "", "output": row.output}


def write_instructions(path: str | Path, rows: Iterable[StepRow]) -> int:
    """Write instruction rows: a JSON list if the file is called `.json`, else one a line.

    Returns:
        How many.
    """
    records = map(instruction, rows)
    if Path(path).suffix != ".json":
        return write_jsonl(path, records)
    listed = list(records)
    with atomic_write(path) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(listed), indent=2) + b"\n")
    return len(listed)


def episodes_of(rows: Iterable[StepRow]) -> list[list[StepRow]]:
    """Group rows that stand one behind the other in an episode, in their order.

    A row follows another if its context begins with all that the other saw and wrote.
    """
    episodes: list[list[StepRow]] = []
    for row in rows:
        if episodes and _follows(row, episodes[-1]):
            episodes[-1].append(row)
        else:
            episodes.append([row])
    return episodes


def _follows(row: StepRow, before: Sequence[StepRow]) -> bool:
    last = before[-1]
    if row.question_id != last.question_id or row.info != last.info:
        return False
    return row.context.startswith(last.context + last.grammar.before_action() + last.output)
