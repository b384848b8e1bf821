"""The tagged sections of an action of DagSearch: which there are, whole, and in the right order.

`<think>`, `<search>` and `<answer>`, each written so; what stands inside is not looked at. Used by
`dag.DagGrammar`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from .base import ParseError

Phase = Literal["plan", "answer", "either"]
"""What a turn is for."""

_TAG = re.compile("<(/?)(think|search|answer)>")
_ORDERS = {("think", "search"), ("search",), ("think", "answer"), ("answer",)}


class Section(NamedTuple):
    """One section."""

    name: str
    content: str
    start: int
    """Where its opening tag begins."""
    end: int
    """Where its closing tag ends."""


def read_sections(action: str) -> list[Section] | ParseError:
    """Return the sections in order: none within another, each with both of its tags.

    >>> [section.content for section in read_sections("<think>a</think> <answer>b</answer>")]
    ['a', 'b']
    >>> read_sections("<think>a <answer>b</answer>").value
    'unclosed_tag'
    """
    tags = list(_TAG.finditer(action))
    balance = dict.fromkeys(("think", "search", "answer"), 0)
    for tag in tags:
        balance[tag[2]] += -1 if tag[1] else 1
    if any(balance.values()):
        return ParseError.UNCLOSED_TAG
    sections = []
    for opening, closing in zip(tags[::2], tags[1::2], strict=True):
        if opening[1]:
            return ParseError.UNCLOSED_TAG
        if not closing[1] or closing[2] != opening[2]:
            return ParseError.NESTED_TAGS
        content = action[opening.end() : closing.start()]
        sections.append(Section(opening[2], content, opening.start(), closing.end()))
    return sections


def check_order(sections: Sequence[Section], phase: Phase) -> ParseError | None:
    """Say what is wrong with the sections of a turn, if anything.

    One that is for another turn comes first, then one that is missing, then their order and
    number, and last a plan without a thought.
    """
    names = tuple([section.name for section in sections])
    if (phase == "plan" and "answer" in names) or (phase == "answer" and "search" in names):
        return ParseError.ORDER
    if "search" not in names and "answer" not in names:
        return ParseError.NO_SEARCH if phase == "plan" else ParseError.MISSING_ANSWER
    if names not in _ORDERS:
        return ParseError.ORDER
    if names[-1] == "search" and (len(names) == 1 or not sections[0].content.strip()):
        return ParseError.NO_ANALYSIS
    return None
