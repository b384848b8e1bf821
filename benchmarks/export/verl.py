"""Questions as verl and Search-R1 read them: a Parquet row each.

    data_source, prompt, ability, reward_model {style, ground_truth {target}}, extra_info {split, index}

The accepted answers stand where the reward reads them, `reward_model.ground_truth.target`, and nowhere
else. Their trainers choose the reward by `data_source`: Search-R1 knows `nq`, `triviaqa`, `popqa`,
`hotpotqa`, `2wikimultihopqa`, `musique` and `bamboogle`, verl the same after `searchR1_`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...agents.grpo.tool_text import for_chat
from ...core import Question
from ...envs.grammars import Grammar

ABILITY = "fact-reasoning"
"""As Search-R1 calls it."""


def verl_rows(
    questions: Iterable[Question], *, data_source: str, split: str, grammar: Grammar
) -> Iterator[dict[str, Any]]:
    """Yield a row for each question.

    Args:
        questions: The questions, in the order of their index.
        data_source: By which the trainer chooses its reward.
        split: As `extra_info` tells it.
        grammar: Whose rules stand before the question: Search-R1's, usually.
    """
    for index, question in enumerate(questions):
        asked = f"{grammar.instructions}\n\n{for_chat(grammar.opening(question.text))}"
        yield {
            "data_source": data_source,
            "prompt": [{"role": "user", "content": asked}],
            "ability": ABILITY,
            "reward_model": {"style": "rule", "ground_truth": {"target": list(question.answers)}},
            "extra_info": {"split": split, "index": index, "question_id": question.id},
        }
