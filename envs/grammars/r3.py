"""The grammar of R3-RAG (arXiv 2505.23794): numbered steps with spoken markers.

An action is `Step k:`, `The problem analysis:` and then exactly one of `The retrieval query:` and
`The final answer:`, each of these two on one line. Deviations from the published parser: a '?' does not cut the query,
both markers in one action are an error instead of "the first wins", and an unreadable action gets
a one-line note, so that the next observation differs from the last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

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
from .text import folded, one_line

ANALYSIS = "The problem analysis:"
QUERY = "The retrieval query:"
ANSWER = "The final answer:"
DOCUMENTS = "The retrieval documents:"
QUESTION = "The question:"
NOTE = "The environment note:"
SEPARATOR = " | "

_HEAD = re.compile(r"\s*Step ([0-9]{1,6}):\s*")
_NEXT_STEP = re.compile(r"\n[^\S\n]*Step \d+:")
_COLON = "[:\u02d0\u02f8\u0589\u05c3\u2236\u2982\ua789\ufe13\ufe30\ufe55\uff1a]"
_MARKER = re.compile(
    r"(step\s*\d+|the\s+(?:problem\s+analysis|retrieval\s+quer(?:y|ies)|retrieval\s+documents|"
    rf"final\s+answer|question|environment\s+note))\s*{_COLON}",
    re.IGNORECASE,
)
_ENV_MARKER = re.compile(
    rf"the\s+(?:retrieval\s+documents|question|environment\s+note)\s*{_COLON}", re.IGNORECASE
)
_ENV_WORDS = ("documents", "question", "environment")
_END_OF_BLOCK = re.compile(rf"^(?:Step \d+:|{NOTE})", re.MULTILINE)
_ASKED = re.compile(rf"{QUERY}\s*(\S.*)$", re.MULTILINE)


class R3Grammar:
    """Step k / analysis / query or answer / documents."""

    name: ClassVar[str] = "r3"
    summary: ClassVar[str] = "R3-RAG: `Step k:`, analysis, then one query or the answer."
    retries: ClassVar[int] = 3
    unreadable_ends: ClassVar[bool] = True
    stop: ClassVar[tuple[str, ...]] = (f"\n{DOCUMENTS}",)
    keep_stop: ClassVar[bool] = False
    instructions: ClassVar[str] = (
        "Answer the question in numbered steps. Write each step as three lines:\n"
        f"Step k:\n{ANALYSIS} what is known and what is missing\n"
        f"and then either `{QUERY} one search query` or `{ANSWER} the answer alone`. "
        "After a query you are shown documents; then write the next step."
    )

    def opening(self, question: str) -> str:
        """Return the question's line."""
        return _opening(question)

    def parse(self, action: str, step: int) -> Move | ParseError:
        """Read `Step k:`, the analysis, and one query or answer."""
        error = check_size(action)
        if error:
            return error
        head = _HEAD.match(action)
        if not head:
            return ParseError.NO_STEP
        if head[1] != str(step):  # "01" is not the form
            return ParseError.BAD_STEP_INDEX
        if _forges(action):
            return ParseError.FORGED_MARKER
        return _parse_body(action[head.end() :].rstrip())

    def before_action(self) -> str:
        """Each step begins on a line of its own."""
        return "\n"

    def documents(self, lines: Sequence[str]) -> str:
        """Return the marker and one line for each document."""
        return "\n".join((f"\n{DOCUMENTS}", *lines))

    def document(self, number: int, title: str, text: str, limit: int) -> str:
        """Return `title | text`, so that a title may contain a colon."""
        return _document(title[: 4 * MAX_TITLE], text[: 4 * limit], limit)

    def reason(self, error: ParseError, action: str) -> str:
        """Say what is wrong, and what is allowed."""
        return refusals.reason(refusals.R3, error)

    def refusal(self, error: ParseError, action: str) -> tuple[str, str]:
        """Say why; the unreadable text itself stays out of the transcript."""
        why = self.reason(error, action)
        return "", f"\n{NOTE} the last reply could not be read ({error.value}). {why}"

    def last_call(self) -> str:
        """Announce the last turn."""
        return f"\n{NOTE} the queries are used up; give the final answer."

    def write_query(self, step: int, analysis: str, query: str) -> str:
        """Write the three lines of a query step."""
        return _write(step, analysis, QUERY, query)

    def write_answer(self, step: int, analysis: str, answer: str) -> str:
        """Write the three lines of the answer step."""
        return _write(step, analysis, ANSWER, answer)

    def read_documents(self, observation: str) -> list[tuple[str, str]]:
        """Split the lines under each documents marker."""
        blocks = observation.split(f"\n{DOCUMENTS}\n")[1:]
        lines = (line for block in blocks for line in _until_marker(block))
        split = (line.partition(SEPARATOR) for line in lines)
        return [(title, text) for title, separator, text in split if separator]

    def read_queries(self, observation: str) -> list[str]:
        """Return what follows each query marker."""
        return _ASKED.findall(observation)


def _parse_body(body: str) -> Move | ParseError:
    if not body.startswith(ANALYSIS):
        return ParseError.NO_ANALYSIS
    queries, answers = body.count(QUERY), body.count(ANSWER)
    if queries and answers:
        return ParseError.BOTH_ACTIONS
    if not queries and not answers:
        return ParseError.NO_ACTION
    if queries + answers > 1 or body.count(ANALYSIS) > 1:
        return ParseError.REPEATED_ACTION
    analysis, _, rest = body[len(ANALYSIS) :].partition(QUERY if queries else ANSWER)
    if not analysis.strip():
        return ParseError.NO_ANALYSIS
    text = rest.strip()
    if "\n" in text or ("\n" in analysis.rstrip() and _NEXT_STEP.search(analysis)):
        return ParseError.TEXT_AFTER_ACTION
    kind: Kind = "query" if queries else "answer"
    return check_content(kind, text) or Move(kind, analysis.strip(), text)


def _until_marker(block: str) -> list[str]:
    return _END_OF_BLOCK.split(block, maxsplit=1)[0].split("\n")


def _write(step: int, analysis: str, marker: str, text: str) -> str:
    check_written(step, analysis, text)
    safe = _safe(analysis, MAX_QUERY_CHARS) or "Nothing is known."
    return f"Step {step}:\n{ANALYSIS} {safe}\n{marker} {_safe(text, MAX_QUERY_CHARS)}"


def _forges(action: str) -> bool:
    """Return whether an action has a marker that only the environment may write."""
    plain = folded(action).lower()
    return any(word in plain for word in _ENV_WORDS) and bool(_ENV_MARKER.search(plain))


def _safe(text: str, limit: int | None = None) -> str:
    line = one_line(text, limit)
    plain = folded(line)
    # Where only the folded text has a marker, the folded text is what is shown.
    safe = _MARKER.sub(r"\1 -", plain if _MARKER.search(plain) else line)
    return safe if limit is None else safe[:limit].rstrip()


@lru_cache(maxsize=4_096)
def _opening(question: str) -> str:
    return f"{QUESTION} {_safe(question, MAX_QUESTION_CHARS)}"


@lru_cache(maxsize=65_536)
def _document(title: str, text: str, limit: int) -> str:
    safe_title = _safe(title, MAX_TITLE).replace("|", "/")
    return f"{safe_title}{SEPARATOR}{_safe(text, limit)}"
