r"""The grammar of retrieve-then-answer: documents between boundary tokens, then a marked line.

    Question: Where was the director of Vel born?
    [RETRIEVAL_START] … [RETRIEVAL_END]
    I need the birthplace of Ada Orm.
    Query: the birthplace of Ada Orm
    [RETRIEVAL_START] … [RETRIEVAL_END]
    Answer: Lyon [DOC_2]

An action is a thought in any words (or none), and then one line that begins with `Query:` or
`Answer:`. An answer may cite the documents shown; citations are no part of the prediction. In
`rag_answer` no queries are asked: text without the word `Answer:` is the answer as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from . import refusals
from .base import (
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
from .boundaries import (
    END,
    HOPS_END,
    HOPS_START,
    START,
    citations,
    document_block,
    forges_boundary,
    format_multihop_documents,
    safe_but_cited,
    safe_text,
    without_citations,
)

QUESTION, QUERY, ANSWER, NOTE = "Question:", "Query:", "Answer:", "Note:"

_MARKED = re.compile(rf"^({QUERY}|{ANSWER})(.*)$", re.MULTILINE)
_SHOWN = re.compile(r"^\[DOC_([0-9]+)\]\nTitle: (.*)\nContent: (.*)\n\[/DOC_\1\]$", re.MULTILINE)
_ASKED = re.compile(rf"^{QUERY}[^\S\n]*(\S.*)$", re.MULTILINE)
_OPENED = re.compile(rf"{QUESTION} (.*)\n{re.escape(START)}\n")
_OPENING = re.compile(
    rf"{QUESTION} .*(?:\n{re.escape(START)}\n(?:.*\n)*?{re.escape(END)}(?!.)"
    rf"|\n{re.escape(HOPS_START)}\n(?:.*\n)*?{re.escape(HOPS_END)}(?!.))?"
)


class RagGrammar:
    """Documents, a thought, then one query or the answer."""

    name: ClassVar[str] = "rag"
    summary: ClassVar[str] = (
        "RAG: documents in boundary tokens; `Query:` or `Answer:` with [DOC_n]."
    )
    retries: ClassVar[int] = 0
    unreadable_ends: ClassVar[bool] = True
    stop: ClassVar[tuple[str, ...]] = (f"\n{START}", f"\n{QUESTION}")
    keep_stop: ClassVar[bool] = False
    may_query: ClassVar[bool] = True
    """Whether the agent may ask queries of its own."""

    @property
    def instructions(self) -> str:
        """The rules, in words for a language model."""
        return (
            "Answer the question from the documents shown. Think first, in a sentence or two. If "
            f"you need other documents, end with a line `{QUERY} one search query`; then you are "
            f"shown what it finds. When you know the answer, end with a line `{ANSWER} the answer "
            "alone`, and behind it the documents that say so, as [DOC_1]. Write nothing after it."
        )

    def opening(self, question: str) -> str:
        """Return the question's line."""
        return _opening(question)

    def read_opening(self, observation: str) -> str:
        """Return what stood there before the first turn: the question and its documents."""
        match = _OPENING.match(observation)
        return match[0] if match else observation

    def parse(self, action: str, step: int) -> Move | ParseError:
        """Read the thought and the marked line; `step` plays no part."""
        error = check_size(action)
        if error:
            return error
        if forges_boundary(action):
            return ParseError.FORGED_MARKER
        text = action.strip()
        marked = list(_MARKED.finditer(text))
        if not marked:
            return self._unmarked(text)
        error = _check_marked(text, marked)
        if error:
            return error
        if marked[0][1] == QUERY and not self.may_query:
            return ParseError.QUERY_NOT_ALLOWED
        return _move(text[: marked[0].start()], marked[0][1], marked[0][2])

    def before_action(self) -> str:
        """Each action begins on a line of its own."""
        return "\n"

    def documents(self, lines: Sequence[str]) -> str:
        """Return blocks of documents between their boundaries."""
        return "\n".join(("", START, *lines, END))

    def document(self, number: int, title: str, text: str, limit: int) -> str:
        """Return one document between its boundaries, title and text on a line each."""
        return _document(number, title[: 4 * MAX_TITLE], text[: 4 * limit], limit)

    def hops(self, hops: Iterable[tuple[str, Iterable[Any]]], limit: int) -> str:
        """Return the queries and the documents of several hops between their boundaries."""
        return f"\n{format_multihop_documents(hops, limit=limit)}"

    def reason(self, error: ParseError, action: str) -> str:
        """Say what is wrong, and what is allowed."""
        return refusals.reason(refusals.RAG if self.may_query else refusals.RAG_ANSWER, error)

    def refusal(self, error: ParseError, action: str) -> tuple[str, str]:
        """Say why; the unreadable text itself stays out of the transcript."""
        why = self.reason(error, action)
        return "", f"\n{NOTE} the last reply could not be read ({error.value}). {why}"

    def last_call(self) -> str:
        """Announce the last turn."""
        return f"\n{NOTE} the queries are used up; give the answer."

    def write_query(self, step: int, analysis: str, query: str) -> str:
        """Write a thought and a query."""
        check_written(step, analysis, query)
        return f"{_thought(analysis)}{QUERY} {safe_text(query, MAX_QUERY_CHARS)}"

    def write_answer(self, step: int, analysis: str, answer: str) -> str:
        """Write a thought and the answer; citations in it stay."""
        check_written(step, analysis, answer)
        return f"{_thought(analysis)}{ANSWER} {safe_but_cited(answer, MAX_QUERY_CHARS)}"

    def read_documents(self, observation: str) -> list[tuple[str, str]]:
        """Return what stands between the boundaries of documents, which only the environment writes."""
        return [(title, text) for _, title, text in _SHOWN.findall(observation)]

    def read_queries(self, observation: str) -> list[str]:
        """Return all that was searched for: the question, where it was, and each query."""
        opened = _OPENED.match(observation)
        asked = [without_citations(query) for query in _ASKED.findall(observation)]
        return [opened[1], *asked] if opened else asked

    def _unmarked(self, text: str) -> Move | ParseError:
        if self.may_query or ANSWER.lower() in text.lower():
            return ParseError.NO_ACTION
        return _move("", ANSWER, text)


class RagAnswerGrammar(RagGrammar):
    """Documents, a thought, then the answer."""

    name: ClassVar[str] = "rag_answer"
    summary: ClassVar[str] = "RAG in one turn: the answer, with or without `Answer:`."
    may_query: ClassVar[bool] = False

    @property
    def instructions(self) -> str:
        """The rules, in words for a language model."""
        return (
            "Answer the question from the documents shown. Think first, in a sentence or two. Then "
            f"end with a line `{ANSWER} the answer alone`, and behind it the documents that say so, "
            "as [DOC_1]. Write nothing after it."
        )


def _check_marked(text: str, marked: Sequence[re.Match[str]]) -> ParseError | None:
    if len({match[1] for match in marked}) > 1:
        return ParseError.BOTH_ACTIONS
    if len(marked) > 1:
        return ParseError.REPEATED_ACTION
    return ParseError.TEXT_AFTER_ACTION if text[marked[0].end() :].strip() else None


def _move(thought: str, marker: str, text: str) -> Move | ParseError:
    kind: Kind = "query" if marker == QUERY else "answer"
    said = without_citations(text)
    error = check_content(kind, said)
    return error or Move(kind, thought.strip(), said, numbers=citations(text))


def _thought(analysis: str) -> str:
    """Return a thought on a line of its own, which is no query and no answer; nothing for none."""
    line = safe_but_cited(analysis, MAX_QUERY_CHARS)
    marker = next((m for m in (QUERY, ANSWER) if line.startswith(m)), "")
    safe = f"{marker[:-1]} -{line[len(marker) :]}" if marker else line
    return f"{safe}\n" if safe else ""


@lru_cache(maxsize=4_096)
def _opening(question: str) -> str:
    return f"{QUESTION} {safe_text(question, MAX_QUESTION_CHARS)}"


@lru_cache(maxsize=65_536)
def _document(number: int, title: str, text: str, limit: int) -> str:
    return document_block(number, title, text, limit)
