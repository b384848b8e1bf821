"""What all lanes of `hopgym/KGSubgraph-v0` share: the questions as cases, the reader, the reward."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from ...core import Question
from ...errors import ConfigError, DataError, named
from ...retrieval.encoders import make_encoder
from ...rewards import FOR_FACTS
from ...rewards.base import Reward, is_for_documents
from ...rewards.kg import make_fact_reader
from ..settings import Settings
from ..stage import Stage, check_options
from .case import Case, Compiler, Offer
from .features import Likeness
from .offered import Choose, make_chooser
from .settings import SubgraphSettings

KEPT_BYTES = 512 * 2**20
"""What the cases that are kept may weigh, about."""

CASE_BYTES, FACT_BYTES = 4_000, 120
"""What a case weighs, and a fact in it: measured, with numpy 2 on a 64-bit Python."""


class SubgraphStage(Stage):
    """The resolved parts.

    Whether questions have graphs is seen as they are asked for (`case`): those of lazy sets are made
    no sooner.

    Raises:
        ConfigError: If the split is unknown or empty.
    """

    settings: SubgraphSettings

    def __init__(self, settings: SubgraphSettings, env_id: str) -> None:
        super().__init__(settings, env_id)
        self.settings = settings
        self.encoder = make_encoder(settings.encoder)
        self.reader = make_fact_reader(settings.reader)
        self.compile = Compiler(
            cast("Choose", self.retriever),
            settings.top_k,
            Likeness(self.encoder),
            settings.relation_ids,
            settings.direct_facts,
        )
        self._cases: OrderedDict[int, Case] = OrderedDict()
        self._kept = 0

    def make_retriever(self, settings: Settings) -> Any:
        """Return what chooses the facts."""
        return make_chooser(settings.retriever)

    def make_reward(self, settings: Settings) -> Reward:
        """Return what scores the steps.

        Raises:
            ConfigError: If it is made for documents.
        """
        reward = super().make_reward(settings)
        if is_for_documents(reward):
            raise ConfigError(
                f"The reward {named(settings.reward)} is made for documents, and {self.env_id} "
                f"selects facts. Give {', '.join(FOR_FACTS)}, or a function of your own."
            )
        return reward

    def place(self, rng: np.random.Generator, options: Mapping[str, Any] | None) -> int:
        """Return the place of the question that the options name, or else draw one."""
        chosen = check_options(options) if options else {}
        if "question_id" in chosen:
            return self.place_of(chosen["question_id"])
        if "index" in chosen:
            return self.checked_index(chosen["index"])
        return int(rng.random() * len(self.questions))

    def pick(self, rng: np.random.Generator, options: Mapping[str, Any] | None) -> Question:
        """Return the question that the options name, or else draw one; with gold facts."""
        return self.case(self.place(rng, options)).question

    def by_id(self, question_id: str) -> Question:
        """Return the question of an id, with gold facts."""
        return self.case(self.place_of(question_id)).question

    def offer(self, question_id: str) -> Offer:
        """Return what is offered of a question: no gold."""
        return self.case(self.place_of(question_id)).offer

    def places(self, question_id: str) -> tuple[int, ...]:
        """Return the index in `question.facts` of each fact on offer: for oracles and trainers.

        It is not for agents: files often have the gold first.
        """
        return self.case(self.place_of(question_id)).places

    def case(self, place: int) -> Case:
        """Return a question made ready for play.

        Raises:
            DataError: If it has no facts because its set has no graphs.
        """
        case = self._cases.get(place)
        if case is None:
            case = self._compiled(place)
            self._cases[place] = case
            self._kept += self._weight(case)
            while self._kept > KEPT_BYTES and len(self._cases) > 1:
                self._kept -= self._weight(self._cases.popitem(last=False)[1])
        else:
            self._cases.move_to_end(place)
        return case

    def _weight(self, case: Case) -> int:
        """Return about how many bytes a case takes.

        Facts of a set in memory are there anyway. Others were made for the case, and it keeps all
        of them, not only those that are offered.
        """
        in_memory = isinstance(self.questions, tuple | list)
        own = 0 if in_memory else len(case.question.facts)
        return CASE_BYTES + FACT_BYTES * (case.num_facts + own)

    def _compiled(self, place: int) -> Case:
        question = self.questions[place]
        if not (question.facts or question.topic_entities or question.answer_entities):
            raise DataError(
                f"Question {question.id!r:.60} of {self.question_set.name} has no graph: no facts, "
                "no topic and no answer entities. Give questions with facts, such as 'world', "
                "'webqsp', 'cwq' or a file of your own: {id, question, answer, facts: [[head, "
                "relation, tail], …], topic_entities} a line; see 'Your own graph' in "
                "docs/knowledge_graphs.md."
            )
        return self.compile(question)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cases": OrderedDict(), "_kept": 0}
