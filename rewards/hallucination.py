"""How much of what was said rests on nothing that was shown: claims without support.

A text is split into claims ([`claims`][hopgym.rewards.claims]) and each is held against the
documents ([`support`][hopgym.rewards.support]): by words, by a model for natural language
inference, or by a judge. It says nothing of right and wrong: a right answer from memory has no
support, and a wrong one that was read somewhere has.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ..core import Question, Trajectory
from .base import Item
from .citation import without_citations
from .claims import Claimed, split_claims
from .evidence import shown_plain
from .normalize import squad_cached
from .shown import as_shown, full_text, shown_documents
from .support import Checkable, LexicalSupport, Support, Supporter, check_all, make_supporter
from .words import content_words

_LONGEST = 80
"""Characters up to which an answer may be one name that stands somewhere as it is."""

_LEXICAL = LexicalSupport()


class Checked(NamedTuple):
    """A claim, and whether it is supported."""

    claim: Claimed
    support: Support


class Hallucination(NamedTuple):
    """What came out of a check."""

    rate: float | None
    """The share of claims without support; None without claims, or if one could not be checked."""
    claims: tuple[Checked, ...] = ()
    unscored: str | None = None
    """Why a claim could not be checked."""

    @property
    def unsupported(self) -> tuple[str, ...]:
        """The claims without support."""
        return tuple(
            one.claim.text
            for one in self.claims
            if not one.support.supported and not one.support.unscored
        )


def check_hallucination(
    response: str,
    documents: Sequence[Any],
    *,
    question: str = "",
    by: str | Supporter = "lexical",
) -> Hallucination:
    """Check each claim of a text against documents.

    Args:
        response: What was written; citations and tags support nothing.
        documents: What was shown: anything that `shown.as_shown` takes.
        question: What was asked: what it says already needs no support.
        by: Who checks: a checker, or its name with options (`lexical`, `nli`, `judge`).

    Raises:
        ConfigError: If something in the list is no document, or `by` no checker.

    >>> found = check_hallucination("Ada was born in Tessa. She died in 1992.",
    ...                             ["Ada Orm was born in Tessa."])
    >>> found.rate, found.unsupported
    (0.5, ('She died in 1992.',))
    """
    texts = tuple(full_text(one) for one in as_shown(documents))
    return check_texts([(response, texts, question)], make_supporter(by))[0]


def check_texts(
    texts: Sequence[tuple[str, tuple[str, ...], str]], supporter: Supporter
) -> list[Hallucination]:
    """Check texts, each with its documents and its question; the checker is asked once, for all."""
    claims = [split_claims(response) for response, _, _ in texts]
    items = [
        Checkable(claim.text, documents, question)
        for (_, documents, question), own in zip(texts, claims, strict=True)
        for claim in own
    ]
    told = iter(check_all(supporter, items))
    return [_summed([Checked(claim, next(told)) for claim in own]) for own in claims]


def check_answers(items: Sequence[Item], supporter: Supporter) -> list[Hallucination]:
    """Check the answers of episodes; one without an answer has no claims."""
    return check_texts([_answer(*item) for item in items], supporter)


def hallucination_rate(
    question: Question,
    trajectory: Trajectory,
    *,
    by: str | Supporter = "lexical",
    whole: bool = False,
) -> float | None:
    """Return the share of an answer's claims that no shown document supports.

    Args:
        question: The question.
        trajectory: The episode.
        by: Who checks.
        whole: Whether the thought before the answer is checked as well.

    Returns:
        None without an answer, if nothing was shown, or if there is no claim that can be checked.
    """
    if trajectory.outcome != "answered" or not trajectory.prediction:
        return None
    if by == "lexical" and not whole:
        plain = shown_plain(trajectory)
        return quick_rate(question, trajectory, plain) if plain else None
    response, documents, asked = _answer(question, trajectory)
    if not documents:
        return None
    thought = str(trajectory.steps[-1].parsed.get("analysis", "")) if whole else ""
    said = f"{thought}\n{response}" if thought else response
    return check_texts([(said, documents, asked)], make_supporter(by))[0].rate


def quick_rate(question: Question, trajectory: Trajectory, shown: str) -> float | None:
    """Return the rate by words, at once where the answer stands somewhere as it is.

    Args:
        question: The question.
        trajectory: An episode with an answer.
        shown: What was shown, as `evidence.shown_plain` has it.
    """
    answer = trajectory.prediction or ""
    plain = squad_cached(answer) if len(answer) <= _LONGEST and "\n" not in answer else ""
    if plain and content_words(answer) and f" {plain} " in shown:
        accepted = plain in map(squad_cached, question.answers)  # then it is an answer
        return 0.0 if accepted or _claims(answer) else None
    return check_answers([(question, trajectory)], _LEXICAL)[0].rate


@lru_cache(maxsize=4_096)
def _claims(answer: str) -> bool:
    return bool(split_claims(answer))


def _answer(question: Question, trajectory: Trajectory) -> tuple[str, tuple[str, ...], str]:
    if trajectory.outcome != "answered":
        return "", (), question.text
    shown = shown_documents(trajectory)
    answer = without_citations(trajectory.prediction or "", shown)
    return answer, tuple(full_text(document) for document in shown), question.text


def _summed(checked: Sequence[Checked]) -> Hallucination:
    unscored = next((one.support for one in checked if one.support.unscored), None)
    if unscored is not None:
        reason = unscored.reason or "The checker could not tell."
        return Hallucination(None, tuple(checked), reason)
    if not checked:
        return Hallucination(None)
    lacking = sum(not one.support.supported for one in checked)
    return Hallucination(lacking / len(checked), tuple(checked))
