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

from .base import MAX_QUERY_CHARS, Kind, Move, ParseError, check_content, check_size
from .text import one_line

ANALYSIS = "The problem analysis:"
QUERY = "The retrieval query:"
ANSWER = "The final answer:"
DOCUMENTS = "The retrieval documents:"
QUESTION = "The question:"
NOTE = "The environment note:"
SEPARATOR = " | "

_HEAD = re.compile(r"\s*Step (\d{1,6}):\s*")
_NEXT_STEP = re.compile(r"\n\s*Step \d+:")
_MARKER = re.compile(
    r"(\bstep\s*\d+|\bthe\s+(?:problem\s+analysis|retrieval\s+quer(?:y|ies)|retrieval\s+documents|"
    r"final\s+answer|question|environment\s+note))\s*[:\uff1a\ua789\u2236\ufe55]",
    re.IGNORECASE,
)
_END_OF_BLOCK = re.compile(rf"^(?:Step \d+:|{NOTE})", re.MULTILINE)
_ASKED = re.compile(rf"^{QUERY} (.*)$", re.MULTILINE)
_DOCUMENTS, _QUESTION, _NOTE = DOCUMENTS.lower(), QUESTION.lower(), NOTE.lower()


class R3Grammar:
    """Step k / analysis / query or answer / documents."""

    name: ClassVar[str] = "r3"
    summary: ClassVar[str] = "R3-RAG: `Step k:`, analysis, then one query or the answer."
    retries: ClassVar[int] = 3
    unreadable_ends: ClassVar[bool] = True
    stop: ClassVar[tuple[str, ...]] = (f"\n{DOCUMENTS}",)
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
        if int(head[1]) != step:
            return ParseError.BAD_STEP_INDEX
        lowered = action.lower()
        if _DOCUMENTS in lowered or _QUESTION in lowered or _NOTE in lowered:
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
        return _document(title, text, limit)

    def refusal(self, error: ParseError, action: str) -> str:
        """Say why; the unreadable text itself stays out of the transcript."""
        return f"\n{NOTE} the last reply could not be read ({error.value})."

    def last_call(self) -> str:
        """Announce the last turn."""
        return f"\n{NOTE} no queries are left; give the final answer."

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
    safe = _safe(analysis, MAX_QUERY_CHARS) or "Nothing is known."
    return f"Step {step}:\n{ANALYSIS} {safe}\n{marker} {_safe(text, MAX_QUERY_CHARS)}"


def _safe(text: str, limit: int | None = None) -> str:
    return _MARKER.sub(r"\1 -", one_line(text, limit))


@lru_cache(maxsize=4_096)
def _opening(question: str) -> str:
    return f"{QUESTION} {_safe(question)}"


@lru_cache(maxsize=65_536)
def _document(title: str, text: str, limit: int) -> str:
    safe_title = _safe(title, 200).replace("|", "/")
    return f"{safe_title}{SEPARATOR}{_safe(text, limit)}"
