"""Questions as cases to learn from and to be judged by, with no environment around them.

They are compiled as `hopgym/KGSubgraph-v0` compiles them, so that what is learnt is what is played.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...core import Question
from ...envs.datasets.base import QuestionSet
from ...envs.subgraph.case import Case, Compiler, Offer
from ...envs.subgraph.features import Likeness
from ...envs.subgraph.offered import CHOOSERS
from ...errors import ConfigError
from ...retrieval.encoders import make_encoder
from ..training.held_out import NO_GRAPHS, have_graphs


class Cases(Sequence[Case]):
    """The questions of a split, each compiled when it is first asked for.

    What is kept of a question has no facts but those that are offered: a question of Freebase has
    thousands, and all cases are kept.

    Args:
        questions: In order.
        max_facts: Facts of a question at most, by PageRank around its topics.
    """

    def __init__(self, questions: Sequence[Question], max_facts: int) -> None:
        self.questions = questions
        self._compile = make_compiler(max_facts)
        self._made: dict[int, Case] = {}

    def __len__(self) -> int:
        return len(self.questions)

    def __getitem__(self, place: int) -> Case:  # type: ignore[override]
        case = self._made.get(place)
        if case is None:
            case = self._compile(self.questions[place])
            bare = replace(case.question, facts=(), gold_facts=())
            case = self._made[place] = replace(case, question=bare)
        return case


def make_compiler(max_facts: int) -> Compiler:
    """Return what makes cases; the vectors that the retriever does not read are the cheapest ones."""
    return Compiler(CHOOSERS["ppr"], max_facts, Likeness(make_encoder("hashing?dim=8")))


def blind(offer: Offer, compiler: Compiler) -> Case:
    """Return the case of what is offered, without any gold: for agents and readers."""
    question = Question("", offer.question, ("",), facts=offer.facts, topic_entities=offer.topics)
    return compiler(question)


def questions_of(question_set: QuestionSet, split: str, limit: int = 0) -> Sequence[Question]:
    """Return the questions of a split, or the first of them.

    Raises:
        ConfigError: If there are none, or they have no graphs.
    """
    questions = question_set.questions(split)
    questions = questions[:limit] if limit else questions
    if not len(questions):
        raise ConfigError(
            f"{question_set.name} has no questions in its split {split!r}; its splits: "
            f"{', '.join(question_set.splits)}."
        )
    if not have_graphs(questions):
        raise ConfigError(
            f"The questions of {question_set.name} {NO_GRAPHS}, or a file that `hopgym kg "
            "heuristics` wrote of one."
        )
    return questions
