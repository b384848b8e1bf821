"""Which documents an answer cites: found in its text, and checked against what was shown.

A citation stands in square brackets: by number, `[DOC_2]`, `[2]`, `[1, 3]` or `[1-3]`, or by the id
or the whole title of a document. What was never shown can be cited by number alone, and is told
apart. Precision and recall are over documents, each once: to cite one ten times gains nothing, and
to cite them all costs precision.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..core import Question, Trajectory
from .retrieval_quality import is_stated, relevant_numbers
from .shown import Shown, as_shown, shown_documents

_BRACKETS = re.compile(r"\[([^\[\]\n]{1,300})\]|\u3010([^\u3010\u3011\n]{1,300})\u3011")
_NUMBER = re.compile(r"(?:doc(?:ument)?s?[\s_#.]*)?(\d{1,3})", re.IGNORECASE)
_RANGE = re.compile(r"(?:doc(?:ument)?s?[\s_#.]*)?(\d{1,3})\s?[-\u2013]\s?(\d{1,3})", re.IGNORECASE)
_LONGEST_RANGE = 32
_ANSWER = re.compile(r"^[^\S\n]*(?:Answer:|The final answer:)|<answer>", re.M)
_BLANK_BEFORE = re.compile(r"\s+([.,;:!?])")


class Citation(NamedTuple):
    """A document that a text cites."""

    number: int
    document_id: str | None
    """None where the id is unknown, or nothing of that number was shown."""
    start: int
    """Where its brackets begin in the text; one pair may cite several documents."""
    end: int
    shown: bool | None
    """Whether there is such a document; None where it was not said which there are."""


class CitationQuality(NamedTuple):
    """How good the citations of an answer are, from 0 to 1; None where it cannot be told."""

    precision: float | None
    """The share of the documents cited that are relevant; what was never shown is not."""
    recall: float | None
    """The share of the relevant documents shown that are cited."""

    @property
    def f1(self) -> float:
        """Both in one number, which is 0 where one of them is or cannot be told."""
        precision, recall = self.precision or 0.0, self.recall or 0.0
        return 2 * precision * recall / (precision + recall) if precision and recall else 0.0

    @property
    def credit(self) -> float:
        """The F1, but no more than the precision: citing all is worth no more than one at random."""
        return min(self.f1, self.precision or 0.0)


def extract_citations_from_response(
    response: str, documents: Sequence[Any] | None = None
) -> list[Citation]:
    """Return the citations of a text, in order, checked against the documents that were shown.

    Args:
        response: What was written.
        documents: What was shown: anything that `shown.as_shown` takes. Without it nothing is
            checked, and only numbers are citations.

    Raises:
        ConfigError: If something in the list is no document.

    >>> found = extract_citations_from_response("Lyon [1] [DOC_7].", ["A town.", "A river."])
    >>> [(one.number, one.start, one.shown) for one in found]
    [(1, 5, True), (7, 9, False)]
    """
    if "[" not in response and "\u3010" not in response:
        return []
    shown = None if documents is None else as_shown(documents)
    known = {one.number: one for one in shown or ()}
    names = _names(shown or ())
    return [
        _citation(number, match, known, shown is not None)
        for match in _BRACKETS.finditer(response)
        for number in _cited(match[1] or match[2], names)
    ]


def without_citations(text: str, documents: Sequence[Any] = ()) -> str:
    """Return a text without its citations; one of citations alone is returned as it is.

    >>> without_citations("Lyon [1], in France [DOC_7].")
    'Lyon, in France.'
    """
    rest = _rest(text, documents)
    return rest if any(map(str.isalnum, rest)) else text


def only_cites(text: str, documents: Sequence[Any] = ()) -> bool:
    """Return whether a text has citations and says nothing else.

    >>> only_cites("[1], [DOC_2]"), only_cites("Lyon [1]"), only_cites("?")
    (True, False, False)
    """
    rest = _rest(text, documents)
    return rest != text and not any(map(str.isalnum, rest))


def citations_of(trajectory: Trajectory) -> list[Citation]:
    """Return what the final answer of an episode cites; nothing where none was given.

    Read from the agent's last action, from the mark of the answer on if it has one: what a thought
    weighs up, the answer does not cite.
    """
    answer = _answer_text(trajectory)
    return extract_citations_from_response(answer, shown_documents(trajectory)) if answer else []


def citation_quality(question: Question, trajectory: Trajectory) -> CitationQuality:
    """Return precision and recall of an answer's citations.

    Relevant are the gold documents; where these are unknown, those shown that state an accepted
    answer. Both are None where nothing is known to be relevant, or no answer was given.
    """
    if trajectory.outcome != "answered" or not (question.document_ids or is_stated(question)):
        return CitationQuality(None, None)
    documents = shown_documents(trajectory)
    answer = _answer_text(trajectory)
    found = extract_citations_from_response(answer, documents) if answer else []
    return _quality(found, relevant_numbers(question, documents))


def citation_precision(question: Question, trajectory: Trajectory) -> float | None:
    """Return the share of the documents cited that are relevant; None if none is cited."""
    return citation_quality(question, trajectory).precision


def citation_recall(question: Question, trajectory: Trajectory) -> float | None:
    """Return the share of the relevant documents shown that are cited; None if there are none."""
    return citation_quality(question, trajectory).recall


def cites(trajectory: Trajectory) -> bool:
    """Return whether an answer may have citations at all: a quick look, for metrics."""
    return "[" in _answer_text(trajectory)


def _rest(text: str, documents: Sequence[Any]) -> str:
    """Return what is left of a text without its citations."""
    found = extract_citations_from_response(text, documents)
    if not found:
        return text
    kept, end = [], 0
    for start, stop in dict.fromkeys((one.start, one.end) for one in found):
        kept.append(text[end:start])
        end = stop
    return _BLANK_BEFORE.sub(r"\1", " ".join(" ".join([*kept, text[end:]]).split()))


def _quality(found: Sequence[Citation], relevant: set[int]) -> CitationQuality:
    cited = {one.number for one in found}
    right = len(cited & relevant)
    return CitationQuality(
        right / len(cited) if cited else None, right / len(relevant) if relevant else None
    )


def _answer_text(trajectory: Trajectory) -> str:
    if trajectory.outcome != "answered" or not trajectory.steps:
        return ""
    action = trajectory.steps[-1].action
    if not isinstance(action, str):
        return ""
    if "[" not in action and "\u3010" not in action:
        return ""
    return action[max((mark.end() for mark in _ANSWER.finditer(action)), default=0) :]


def _citation(
    number: int, match: re.Match[str], known: dict[int, Shown], checked: bool
) -> Citation:
    document = known.get(number)
    shown = document is not None if checked else None
    id = document.id if document is not None else None
    return Citation(number, id, match.start(), match.end(), shown)


def _names(documents: Sequence[Shown]) -> dict[str, int]:
    """Return the number of the first document of each id and title."""
    names: dict[str, int] = {}
    for document in documents:
        for name in (document.id, document.title):
            if name and name.strip():
                names.setdefault(name.strip().casefold(), document.number)
    return names


def _cited(content: str, names: dict[str, int]) -> list[int]:
    """Return the numbers of what stands between two brackets; none if it is no citation."""
    whole = names.get(content.strip().casefold())
    if whole is not None:
        return [whole]
    found: list[int] = []
    for part in re.split(r"[,;]", content):
        numbers = _numbers(part.strip(), names)
        if not numbers:
            return []  # "[Ada, 2]" is a remark
        found += numbers
    return list(dict.fromkeys(found))


def _numbers(part: str, names: dict[str, int]) -> list[int]:
    if part.casefold() in names:
        return [names[part.casefold()]]
    if number := _NUMBER.fullmatch(part):
        return [int(number[1])]
    if span := _RANGE.fullmatch(part):
        first, last = int(span[1]), int(span[2])
        return list(range(first, last + 1)) if 0 <= last - first < _LONGEST_RANGE else []
    return []
