"""The reward of retrieve-then-answer: the answer, what was retrieved, and how little it took.

`0.6 * answer + 0.3 * relevance + 0.1 * efficiency`, from 0 to 1, paid on the last step. Each part
is shaped so that a trick earns no more than the honest episode that it imitates:

- `answer` is the token F1, but no more than its precision: of a list of candidates that is what
  choosing one of them at random earns, where plain F1 pays for listing.
- `relevance` (gold documents shown) is paid only where an answer was given that is one: giving up,
  "unknown", a copy of the question or running out of steps earns nothing at all.
- `efficiency` (queries needed / queries used) is paid in the measure of the answer: a wrong one
  earns none, however early.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from ..core import Question, Score, Trajectory
from ..errors import ConfigError
from ..retrieval.base import check_number, check_whole
from .answer import exact_match, f1
from .base import Item, for_documents
from .citation import citation_quality, only_cites, without_citations
from .evidence import states_answer
from .genuine import is_answer, is_echo
from .hallucination import Hallucination, check_answers
from .normalize import squad_cached
from .retrieval_quality import compute_retrieval_recall, is_stated, relevance
from .shown import as_shown, full_text
from .support import Supporter, make_supporter

ANSWER, RELEVANCE, EFFICIENCY = 0.6, 0.3, 0.1
_SHARES = ("answer", "relevance", "efficiency", "citations")


class Earned(NamedTuple):
    """What an episode is worth before the weights, each from 0 to 1."""

    answer: float = 0.0
    relevance: float = 0.0
    efficiency: float = 0.0
    citations: float = 0.0
    """How good the documents cited are, in the measure of the answer."""


@for_documents
@dataclass(frozen=True, kw_only=True)
class RagReward:
    """The reward `rag`, the default of `hopgym/RAG-v0`; it fits wherever documents are shown.

    The first four weights are shares: they are divided by their sum, so that the reward is at most
    1. `hallucination` takes away that share of what was earned, times the share of the answer's
    claims without support; it never pays, so that copying what was shown earns nothing by itself.
    A claim that could not be checked leaves the episode unscored.

    Raises:
        ConfigError: If a weight is no number from 0, all shares are 0, `hallucination` is above 1,
            or `support` is no support checker.

    >>> question = Question("q", "Who made Vel?", ("Ada Orm",), document_ids=("d1",))
    >>> given = Trajectory("q", "e", prediction="Ada Orm", outcome="answered")
    >>> RagReward()(question, given).terms
    {'answer': 0.6, 'relevance': 0.0, 'efficiency': 0.1}
    """

    answer: float = ANSWER
    relevance: float = RELEVANCE
    efficiency: float = EFFICIENCY
    citations: float = 0.0
    """Of citing the relevant documents and no others."""
    hallucination: float = 0.0
    """The share, from 0 to 1, that an answer without any support loses."""
    support: str | Supporter = "lexical"
    """Who tells whether a claim is supported; asked only if `hallucination` is not 0."""
    _supporter: Supporter = field(init=False, repr=False, compare=False)
    _shares: Mapping[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the weights, and make the checker."""
        for one in fields(self)[:5]:
            most = 1.0 if one.name == "hallucination" else 1e6
            check_number(one.name, getattr(self, one.name), 0.0, most, example=0.1)
        given = {name: float(getattr(self, name)) for name in _SHARES}
        total = sum(given.values())
        if not total:
            raise ConfigError(
                f"All weights of the reward 'rag' are 0 ({', '.join(_SHARES)}); give one above 0."
            )
        if not given["citations"]:
            del given["citations"]
        total = 1.0 if math.isclose(total, 1.0) else total
        shares = {name: value / total for name, value in given.items()}
        object.__setattr__(self, "_shares", shares)
        object.__setattr__(self, "_supporter", make_supporter(self.support))

    @property
    def weights(self) -> Mapping[str, float]:
        """The weights that hold, by term."""
        taken = {"hallucination": -float(self.hallucination)} if self.hallucination else {}
        return {**self._shares, **taken}

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step: 0 while the episode runs."""
        return self.many([(question, trajectory)])[0]

    def many(self, items: Sequence[Item]) -> list[Score]:
        """Score the last step of each episode; the checker is asked once, for all that earned."""
        earned = [earned_by(*item, cited="citations" in self._shares) for item in items]
        terms = [self._weighted(one) for one in earned]
        if not self.hallucination:
            return [Score(_total(own), own) for own in terms]
        paid = [n for n, own in enumerate(terms) if any(own.values())]
        told = dict(
            zip(paid, check_answers([items[n] for n in paid], self._supporter), strict=True)
        )
        return [self._less(own, told.get(n)) for n, own in enumerate(terms)]

    def _weighted(self, earned: Earned) -> dict[str, float]:
        return {name: share * getattr(earned, name) for name, share in self._shares.items()}

    def _less(self, terms: dict[str, float], found: Hallucination | None) -> Score:
        if found is not None and found.unscored is not None:
            return Score(0.0, reason=found.unscored, unscored=True)
        rate = (found.rate or 0.0) if found is not None else 0.0
        terms = {**terms, "hallucination": 0.0 - self.hallucination * rate * _total(terms)}
        told = "; ".join(found.unsupported) if found is not None and rate else ""
        reason = f"without support: {told}" if told else None
        return Score(_total(terms), terms, reason)


def earned_by(question: Question, trajectory: Trajectory, *, cited: bool = False) -> Earned:
    """Return what an episode is worth before the weights: nothing before its end, or without an answer.

    Args:
        question: The question.
        trajectory: The episode.
        cited: Whether the citations are looked at.
    """
    if trajectory.outcome != "answered":
        return Earned()
    given = _said(trajectory.prediction or "", question.answers)
    if not is_genuine(given, question.answers, question.text):
        return Earned()
    right = answer_credit(given, question.answers)
    quality = citation_quality(question, trajectory).credit if cited and right else 0.0
    return Earned(
        right,
        relevance(question, trajectory),
        right * thrift(used_queries(trajectory), needed_queries(question)),
        right * quality,
    )


def compute_rag_reward(
    answer: str,
    golds: str | Sequence[str],
    documents: Sequence[Any] = (),
    relevant: Iterable[Any] | None = None,
    *,
    question: str = "",
    queries: int = 1,
    needed: int = 1,
    weights: Sequence[float] = (ANSWER, RELEVANCE, EFFICIENCY),
) -> Score:
    """Score an answer in plain text as `rag` scores an episode, without citations and support.

    Args:
        answer: What was answered.
        golds: The accepted answers, or the one.
        documents: What was retrieved: texts, documents or dicts.
        relevant: The relevant documents, or their ids; None if unknown, and then documents that
            state an accepted answer are relevant.
        question: What was asked, so that its echo is told from an answer.
        queries: How many were asked.
        needed: How many it takes.
        weights: Of answer, relevance and efficiency; divided by their sum.

    Returns:
        A score from 0 to 1 with the three terms.

    Raises:
        ConfigError: If a number is out of range, or something is no document.

    >>> compute_rag_reward("Ada Orm", "Ada Orm", ["Vel was made by Ada Orm."]).value
    1.0
    """
    check_whole("queries", queries, 0)
    check_whole("needed", needed)
    if len(weights) != 3:
        raise ConfigError(
            f"weights is {weights!r:.60}; give three numbers: of answer, relevance and efficiency."
        )
    reward = RagReward(answer=weights[0], relevance=weights[1], efficiency=weights[2])
    accepted = (golds,) if isinstance(golds, str) else tuple(golds)
    given = _said(answer, accepted, documents)
    earned = Earned()
    if is_genuine(given, accepted, question):
        right = answer_credit(given, accepted)
        found = _relevance(accepted, documents, relevant)
        earned = Earned(right, found, right * thrift(queries, needed))
    terms = reward._weighted(earned)
    return Score(_total(terms), terms)


def answer_credit(given: str, accepted: Sequence[str]) -> float:
    """Return the token F1 of an answer, but no more than its precision.

    Of k answers that exclude each other F1 pays a list of all 2/(k+1), and one of them picked at
    random 1/k on average; precision pays the list 1/k.

    >>> answer_credit("Ada", ["Ada Orm"]), answer_credit("Bea, Ada, Cid", ["Ada"])
    (0.6666666666666666, 0.3333333333333333)
    """
    if exact_match(given, accepted):
        return 1.0
    length = len(squad_cached(given).split())
    return max((_credit(given, gold, length) for gold in accepted), default=0.0)


def is_genuine(given: str, accepted: Sequence[str], question: str = "") -> bool:
    """Return whether something was answered, be it right or wrong: no refusal and no echo."""
    return is_answer(given, accepted) and not (question and is_echo(given, question, accepted))


def used_queries(trajectory: Trajectory) -> int:
    """Return how many queries an episode took; an action that could not be read counts as one."""
    steps = trajectory.steps
    return sum(len(step.queries) + (step.parse_error is not None) for step in steps)


def needed_queries(question: Question) -> int:
    """Return how many queries a question takes: one for each gold hop, or each gold document."""
    return len(question.hops) or len(question.document_ids) or 1


def thrift(used: int, needed: int) -> float:
    """Return the share of the queries that were needed; 1 for no more than these.

    >>> thrift(4, 2), thrift(1, 2)
    (0.5, 1.0)
    """
    return needed / max(used, needed)


def _said(answer: str, accepted: Sequence[str], documents: Sequence[Any] = ()) -> str:
    """Return an answer without its citations, if they are none of what is asked ("Apollo [11]")."""
    if exact_match(answer, accepted):
        return answer
    if only_cites(answer, documents):
        return ""  # citations alone say nothing
    return without_citations(answer, documents)


def _total(terms: Mapping[str, float]) -> float:
    """Return the sum, which rounding may not lift above 1."""
    return min(1.0, math.fsum(terms.values()))


def _credit(given: str, gold: str, length: int) -> float:
    score = f1(given, [gold])
    if not score:
        return 0.0
    # F1 = 2 * shared / (given + gold), so the shared words need not be counted again.
    shared = score * (length + len(squad_cached(gold).split())) / 2
    return min(score, shared / length)


def _relevance(
    accepted: tuple[str, ...], documents: Sequence[Any], relevant: Iterable[Any] | None
) -> float:
    if relevant is not None:
        return compute_retrieval_recall(documents, relevant)
    if not is_stated(Question("", "", accepted)):
        return 0.0
    return float(any(states_answer(full_text(one), accepted) for one in as_shown(documents)))
