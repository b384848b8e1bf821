"""The grammar of Search-R1 (arXiv 2503.09516): tags around thoughts, queries and answers.

An action is an optional `<think>…</think>` and then exactly one of `<search>…</search>` and
`<answer>…</answer>`; documents come back inside `<information>`. An unreadable action costs a
turn, as published. Deviations: an action with two action tags, or with text after its tag, is a
typed error instead of being cut at the first match (generate with `stop` to get the same cut),
and an unreadable action stays in the transcript only with its tags neutralised.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from . import refusals
from .base import (
    MAX_ACTION_CHARS,
    MAX_QUERY_CHARS,
    MAX_QUESTION_CHARS,
    MAX_TITLE,
    Kind,
    Move,
    ParseError,
    check_content,
    check_size,
    check_written,
)
from .text import OPEN_BRACKET, folded, without_tags

_ACTION = re.compile(r"<(search|answer)>(.*?)</\1>", re.DOTALL)
_ANY_ACTION_TAG = re.compile(r"</?(search|answer)>")
_ENV_TAG = re.compile(rf"{OPEN_BRACKET}[\s/]*information", re.IGNORECASE)
_BLOCK = re.compile(r"<information>(.*?)</information>", re.DOTALL)
_INNER = re.compile(r"</?(?:think|search|answer|information)>")
_SHOWN = re.compile(r"^Doc \d+\(Title: (.*?)\) (.*)$", re.MULTILINE)
_ASKED = re.compile(r"<search>(.*?)</search>", re.DOTALL)


class SearchR1Grammar:
    """Think, search, information, answer."""

    name: ClassVar[str] = "search_r1"
    summary: ClassVar[str] = "Search-R1: `<think>`, then one `<search>` or `<answer>`."
    retries: ClassVar[int] = 0
    unreadable_ends: ClassVar[bool] = False
    stop: ClassVar[tuple[str, ...]] = ("</search>", "</answer>")
    keep_stop: ClassVar[bool] = True
    instructions: ClassVar[str] = (
        "Reason inside <think> and </think>. To look something up, write one query inside "
        "<search> and </search>; what is found comes back inside <information>. When you know "
        "the answer, write it, short and alone, inside <answer> and </answer>."
    )

    def opening(self, question: str) -> str:
        """Return the question's line."""
        return _opening(question)

    def parse(self, action: str, step: int) -> Move | ParseError:
        """Read the thought and one query or answer; `step` plays no part."""
        error = check_size(action)
        if error:
            return error
        if _ENV_TAG.search(folded(action)):
            return ParseError.FORGED_MARKER
        match = _ACTION.search(action)
        if not match:
            return (
                ParseError.UNCLOSED_TAG if _ANY_ACTION_TAG.search(action) else ParseError.NO_ACTION
            )
        return _check_tags(action, match) or _move(action, match)

    def before_action(self) -> str:
        """Nothing stands between the transcript and an action."""
        return ""

    def documents(self, lines: Sequence[str]) -> str:
        """Return the lines inside `<information>`."""
        return "\n\n<information>" + "".join(f"{line}\n" for line in lines) + "</information>\n\n"

    def document(self, number: int, title: str, text: str, limit: int) -> str:
        """Return `Doc n(Title: …) text`."""
        return f"Doc {number}(Title: {_document(title[: 4 * MAX_TITLE], text[: 4 * limit], limit)}"

    def reason(self, error: ParseError, action: str) -> str:
        """Say what is wrong, and what is allowed."""
        return refusals.reason(refusals.SEARCH_R1, error)

    def refusal(self, error: ParseError, action: str) -> tuple[str, str]:
        """Keep the action, neutralised, and say why."""
        kept = without_tags(action[:MAX_ACTION_CHARS], MAX_QUERY_CHARS)
        why = self.reason(error, action)
        return kept, f"\nThat action is not valid ({error.value}). {why}\n"

    def last_call(self) -> str:
        """Announce the last turn."""
        return "\nThe searches are used up. Give the final answer now.\n"

    def write_query(self, step: int, analysis: str, query: str) -> str:
        """Write a thought and a query."""
        return _write(step, analysis, "search", query)

    def write_answer(self, step: int, analysis: str, answer: str) -> str:
        """Write a thought and the answer."""
        return _write(step, analysis, "answer", answer)

    def read_documents(self, observation: str) -> list[tuple[str, str]]:
        """Return the title and text of each `Doc` line that the environment wrote."""
        blocks = _BLOCK.findall(observation)
        return [document for block in blocks for document in _SHOWN.findall(block)]

    def read_queries(self, observation: str) -> list[str]:
        """Return what stands in each search tag, as it was meant."""
        return [self.unescaped(query.strip()) for query in _ASKED.findall(observation)]

    def unescaped(self, text: str) -> str:
        """Return text as it was meant, for people: its tags are no longer neutralised."""
        return text.replace("&lt;", "<")


def _check_tags(action: str, match: re.Match[str]) -> ParseError | None:
    if _INNER.search(match[2]):
        return ParseError.NESTED_TAGS
    kinds = _ANY_ACTION_TAG.findall(action)
    if len(set(kinds)) > 1:
        return ParseError.BOTH_ACTIONS
    if len(kinds) > 2:
        return ParseError.REPEATED_ACTION
    if action[match.end() :].strip():
        return ParseError.TEXT_AFTER_ACTION
    return None


def _move(action: str, match: re.Match[str]) -> Move | ParseError:
    kind: Kind = "query" if match[1] == "search" else "answer"
    analysis = action[: match.start()].replace("<think>", "").replace("</think>", "").strip()
    text = " ".join(match[2].split())
    return check_content(kind, text) or Move(kind, analysis, text)


def _write(step: int, analysis: str, tag: str, text: str) -> str:
    check_written(step, analysis, text)
    thought = without_tags(analysis, MAX_QUERY_CHARS)
    return f"<think>{thought}</think>\n<{tag}>{without_tags(text, MAX_QUERY_CHARS)}</{tag}>"


@lru_cache(maxsize=4_096)
def _opening(question: str) -> str:
    return f"Question: {without_tags(question, MAX_QUESTION_CHARS)}\n"


@lru_cache(maxsize=65_536)
def _document(title: str, text: str, limit: int) -> str:
    # A bracket ends the title for readers, so a title may not contain one.
    return f"{without_tags(title, MAX_TITLE).replace(')', ']')}) {without_tags(text, limit)}"
