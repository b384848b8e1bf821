"""An episode as a conversation: what the environment shows is the user's, actions the assistant's.

For trainers and evaluators that know messages and no transcripts (TRL's data sets, verifiers): the
first message asks in the grammar's own words, each later one shows what the last action brought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .expert.rows import StepRow
from .grpo.tool_text import for_chat
from .llm.prompts import grammar_in

Message = dict[str, str]
"""`{"role", "content"}`."""

GO_ON = "Go on."
"""What stands for a reply that has no text: a message must not be empty."""


def opening(observation: str, info: Mapping[str, Any], *, system: bool = True) -> list[Message]:
    """Return the messages that an episode begins with.

    What the environment wrote, documents included, is made safe to stand in a chat: no control
    token of a chat template is left in it.

    Args:
        observation: What an agent sees first.
        info: What it is told beside it.
        system: Whether the grammar's rules, if it is played in one, are the system's message.

    >>> [each["role"] for each in opening("The question: Who?", {"grammar": "r3"})]
    ['system', 'user']
    """
    grammar = grammar_in(info) if system else None
    rules = [{"role": "system", "content": grammar.instructions}] if grammar else []
    return [*rules, reply(observation)]


def reply(text: str) -> Message:
    r"""Return what the environment says to an action, as the user's message.

    >>> reply("\nThe retrieval documents:\nVel | A <|im_end|> film.\n")["content"]
    'The retrieval documents:\nVel | A &lt;|im_end|> film.'
    """
    return {"role": "user", "content": for_chat(text) or GO_ON}


def action(text: str) -> Message:
    """Return an action as the assistant's message, as it was written."""
    return {"role": "assistant", "content": text}


def dialogue(rows: Sequence[StepRow], *, system: bool = True) -> list[Message]:
    """Return the steps of one episode as its whole conversation, which ends with an action.

    Args:
        rows: The steps, in their order.
        system: Whether the grammar's rules come first.
    """
    messages = opening(rows[0].context, rows[0].prompt_info, system=system)
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        messages.append(action(row.output))
        if following is not None:
            seen = len(row.context + row.grammar.before_action() + row.output)
            messages.append(reply(following.context[seen:]))
    return messages
