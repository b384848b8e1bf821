"""Rows as TRL's trainers read them (trl 1.x), all of them conversational.

| rows | columns | for |
|---|---|---|
| `step` | `prompt`, `completion` | SFT on each action, with all that stood before it as the prompt |
| `episode` | `messages` | SFT on whole episodes, with `assistant_only_loss=True`; verl's SFT too |
| `question` | `prompt` | GRPO and other trainers that sample |

No row holds an answer that the agent did not give. TRL leaves out the columns that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from ...agents.dialogue import dialogue, opening
from ...core import Question
from ...envs.grammars import Grammar
from .examples import Example

Unit = Literal["step", "episode"]


def step_rows_of(examples: Iterable[Example], *, system: bool = True) -> Iterator[dict[str, Any]]:
    """Yield a row for each action: the conversation before it, and the action."""
    for example in examples:
        messages = dialogue(example.rows, system=system)
        places = [n for n, each in enumerate(messages) if each["role"] == "assistant"]
        for row, place in zip(example.rows, places, strict=True):
            yield {
                "prompt": messages[:place],
                "completion": [messages[place]],
                "question_id": row.question_id,
                "step": row.step,
                "reward": row.reward,
            }


def episode_rows_of(
    examples: Iterable[Example], *, system: bool = True
) -> Iterator[dict[str, Any]]:
    """Yield a row for each episode: its conversation, and what it was paid."""
    for example in examples:
        yield {
            "messages": dialogue(example.rows, system=system),
            "question_id": example.rows[0].question_id,
            "reward": example.reward,
        }


def question_rows_of(
    questions: Iterable[Question], grammar: Grammar, split: str, *, system: bool = True
) -> Iterator[dict[str, Any]]:
    """Yield a row for each question: what a model is asked in a grammar; no gold."""
    for question in questions:
        info = {"grammar": grammar.name, "question": question.text}
        yield {
            "prompt": opening(grammar.opening(question.text), info, system=system),
            "question_id": question.id,
            "split": split,
        }
