"""`oracle`: knows the gold, and shows what the best play of an environment is worth.

It asks the gold hops in their order, as long as a turn is left for the answer, or plans them all at
once where plans are asked for, each put to the source that has it. Then it gives the gold answer.
A question without hops is searched by the titles of its gold documents. Where facts are selected
it selects the gold ones (`gold_facts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..core import Document, Hop, Question
from ..errors import AgentError
from .base import Info
from .games import FACTS, game_of
from .gold_facts import GoldFacts
from .planning import plan_hops
from .transcript import TextAgent, Transcript


class OracleAgent(TextAgent):
    """The ceiling. Needs `bind(env)` to see the gold."""

    name: ClassVar[str] = "oracle"
    plays: ClassVar[str] = ""  # both
    uses_gold: ClassVar[bool] = True
    """Leaderboards show it as a ceiling, not as a contender."""

    def __init__(self) -> None:
        self._gold: dict[str, Question] = {}
        self._documents: dict[str, Document] = {}
        self._selecting: GoldFacts | None = None

    def bind(self, env: Any) -> None:
        """Look up the gold of the split that an environment plays."""
        played = env.unwrapped
        self._selecting = None
        if game_of(env) == FACTS:
            self._selecting = GoldFacts()
            self._selecting.bind(env)
            return
        questions = played.question_set.questions(played.split)
        # of lazy questions, what is read here is known before their graphs are
        self._gold = {q.id: q for q in getattr(questions, "outlines", questions)}
        wanted = {id for q in self._gold.values() if not q.hops for id in q.document_ids}
        documents = played.question_set.documents if wanted else ()
        self._documents = {d.id: d for d in documents if d.id in wanted}

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Play one turn of each episode."""
        if self._selecting is not None:
            return self._selecting.act(observations, infos)
        return super().act(observations, infos)

    def play(self, view: Transcript) -> str:
        """Ask the next gold hop, or plan all of them, or answer."""
        gold = self.gold(view)
        if not view.tools:
            queries = list(dict.fromkeys(hop.query for hop in self._hops(gold)))
            asked = int(view.info["turn"]) - 1  # its own: an opening may have searched, too
            if asked < len(queries) and view.may_search:
                return view.ask("I know what to look for.", queries[asked])
        elif not view.may_answer:
            plan = plan_hops(self._hops(gold), view.tools, view.max_nodes)
            return view.plan("I know what to look for.", *plan)
        return self.answer(view)

    def answer(self, view: Transcript) -> str:
        """Give the gold answer."""
        return view.answer("I know the answer.", next(iter(self.gold(view).answers), ""))

    def gold(self, view: Transcript) -> Question:
        """Return the question that is played, gold included."""
        gold = self._gold.get(view.question_id)
        if gold is None:
            raise AgentError(
                f"The oracle does not know question {view.question_id!r}: call bind(env) first."
            )
        return gold

    def _hops(self, gold: Question) -> list[Hop]:
        """Return what to look for: the hops, or else the gold documents, or else the question."""
        documents = [self._documents[id] for id in gold.document_ids if id in self._documents]
        titles = [Hop(document.title, "", source=document.source) for document in documents]
        return list(gold.hops) or titles or [Hop(gold.text, "")]
