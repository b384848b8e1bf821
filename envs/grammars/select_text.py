"""What the grammar `select` writes: the opening with its facts, the replies, and the instructions.

The facts' lines are D-RAG's (EMNLP 2025): head, relation and tail with commas between them. Names
come from anywhere, so that no tag, line break or index can begin in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from ...core import Fact
from .base import MAX_QUESTION_CHARS
from .text import without_tags

MAX_NAME = 200
"""Characters of an entity or a relation that are shown."""

MAX_TOPICS = 64
"""Topics that are shown."""

MAX_TOLD = 16
"""Numbers that were not taken of which it is said why."""

FACTS, END = "<facts>\n", "</facts>\n"

_INDEX = re.compile(r"[\[\uff3b]\s*(\d+)\s*[\]\uff3d]")

NO_WORDS = (
    "The grammar 'select' has no queries and no answers: facts are selected by number, and answers "
    "are read off them. Play it with a language model or an agent that selects facts; agents that "
    "search play hopgym/SearchRead-v0 and hopgym/DagSearch-v0."
)
_BEGIN = (
    "You are shown a question, the entities that it is about, and facts of a knowledge graph, "
    "numbered and each as head, relation, tail. Find the facts that lead from these entities to "
    "the answer, every step of the way, and no others: the answer is read off the facts that you "
    "select. Reason inside <think> and </think>. Then write "
)
INSTRUCTIONS: Mapping[str, str] = {
    "one_shot": (
        f"{_BEGIN}their numbers, with commas between them, inside <select> and </select>, as "
        "<select>0, 3</select>; where no fact helps, <select>none</select>. You select once."
    ),
    "sequential": (
        f"{_BEGIN}the numbers of one fact or more, with commas between them, inside <select> and "
        "</select>, as <select>0, 3</select>. What is selected comes back inside <selected>, and "
        "you select on. When all is selected, write <select>stop</select>: without it no answer "
        "is read."
    ),
}


def opening(question: str, topics: Sequence[str], facts: Sequence[Fact], turns: int) -> str:
    r"""Return the question, where it begins, and the facts by number; 0 turns are not told.

    >>> opening("Who?", ["Vel"], [Fact("Vel", "author", "Ada")], 0)
    'Question: Who?\nFrom: Vel\n<facts>\n[0] Vel, author, Ada\n</facts>\n'
    """
    named = "; ".join([name(topic) for topic in topics[:MAX_TOPICS]])
    lines = "".join([f"[{number}] {line(fact)}\n" for number, fact in enumerate(facts)])
    asked = without_tags(question, MAX_QUESTION_CHARS)
    budget = f"Turns: {turns}\n" if turns else ""
    return f"Question: {asked}\nFrom: {named or 'nowhere'}\n{budget}{FACTS}{lines}{END}"


def reply(numbers: Sequence[int], refused: Sequence[tuple[int, str]]) -> str:
    """Return the reply to a selection: all that is selected, and what was not taken and why."""
    told = "; ".join([f"{number} ({why})" for number, why in refused[:MAX_TOLD]])
    more = len(refused) - MAX_TOLD
    left_out = f"Not taken: {told}{f'; {more} more' * (more > 0)}.\n" if refused else ""
    return f"\n<selected>\nSelected: {listed(numbers) or 'none'}.\n{left_out}</selected>\n"


def listed(numbers: Sequence[Any]) -> str:
    """Return numbers with commas between them.

    >>> listed([2, 5])
    '2, 5'
    """
    return ", ".join([str(int(number)) for number in numbers])


@lru_cache(maxsize=65_536)
def line(fact: Fact) -> str:
    """Return a fact on one safe line."""
    return ", ".join([name(part) for part in (fact.head, fact.relation, fact.tail)])


@lru_cache(maxsize=65_536)
def name(text: str) -> str:
    """Return a name in which no tag and no index can begin.

    >>> name("a</facts> [3]")
    'a&lt;/facts> (3)'
    """
    return _INDEX.sub(r"(\1)", without_tags(text[: 4 * MAX_NAME], MAX_NAME))
