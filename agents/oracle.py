"""`oracle`: knows the gold, and shows what the best play of an environment is worth.

It asks the gold hops in their order, as long as a turn is left for the answer, and then gives the
gold answer. A question without hops is searched by the titles of its gold documents.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..core import Question
from ..errors import AgentError
from .transcript import TextAgent, Transcript


class OracleAgent(TextAgent):
    """The ceiling. Needs `bind(env)` to see the gold."""

    name: ClassVar[str] = "oracle"
    uses_gold: ClassVar[bool] = True
    """Leaderboards show it as a ceiling, not as a contender."""

    def __init__(self) -> None:
        self._gold: dict[str, Question] = {}
        self._titles: dict[str, str] = {}

    def bind(self, env: Any) -> None:
        """Look up the gold of the split that an environment plays."""
        played = env.unwrapped
        self._gold = {q.id: q for q in played.question_set.questions(played.split)}
        wanted = {id for q in self._gold.values() if not q.hops for id in q.document_ids}
        documents = played.question_set.documents if wanted else ()
        self._titles = {d.id: d.title for d in documents if d.id in wanted}

    def play(self, view: Transcript) -> str:
        """Ask the next gold hop, or answer."""
        gold = self._gold.get(view.question_id)
        if gold is None:
            raise AgentError(
                f"The oracle does not know question {view.question_id!r}: call bind(env) first."
            )
        queries = self._queries(gold)
        asked = len(view.queries)
        if asked < len(queries) and view.turns_left > 1:
            return view.ask("I know what to look for.", queries[asked])
        return view.answer("I know the answer.", next(iter(gold.answers), ""))

    def _queries(self, gold: Question) -> list[str]:
        hops = [hop.query for hop in gold.hops]
        titles = [self._titles[id] for id in gold.document_ids if id in self._titles]
        return list(dict.fromkeys(hops or titles or [gold.text]))
