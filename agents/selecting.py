"""What agents that select facts have in common: what is offered, and how an action is written.

A subclass ranks the facts of a question and says how many to take; in which mode and form the
environment is played is nothing to it. Gold is nowhere in here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ..envs.grammars import SelectGrammar, grammar_of
from ..envs.subgraph.case import Offer
from ..errors import AgentError
from .base import Info
from .games import FACTS

KEPT = 4096
"""Questions whose ranking is remembered."""


class Given(NamedTuple):
    """A question as it is offered."""

    question_id: str
    offer: Offer


class Ranking(NamedTuple):
    """What an agent would select."""

    slots: Sequence[int]
    """Offered facts by their numbers, best first. One that may not be selected is passed over."""
    most: int
    """How many to take at most."""


class Table:
    """An environment in which facts are selected, as any agent may see it.

    Args:
        env: `hopgym/KGSubgraph-v0` in any mode and form, single or vector.

    Raises:
        AgentError: If no facts are selected there.
    """

    def __init__(self, env: Any) -> None:
        stage: Any = getattr(env.unwrapped, "stage", None)
        if not hasattr(stage, "offer"):
            raise AgentError(
                "This agent selects facts, and the environment offers none: it has no "
                "`stage.offer(question_id)`. Play hopgym/KGSubgraph-v0."
            )
        self.stage = stage
        settings = stage.settings
        self.facts = int(settings.top_k)
        self.one_shot = settings.mode == "one_shot"
        self.max_steps = int(settings.max_steps)
        self.connected = bool(settings.connected)

    def given(self, question_id: str) -> Given:
        """Return a question as it is offered."""
        return Given(question_id, self.stage.offer(question_id))

    def allowed(self, observation: Any, info: Info) -> NDArray[np.bool_]:
        """Return which facts may be selected now, `[facts]`."""
        if "grammar" in info:
            return self._allowed_in_text(observation, info)
        mask = np.asarray(info["action_mask"], dtype=np.bool_)
        return mask[1::2] if self.one_shot else mask[: self.facts]

    def taken(self, observation: Any, info: Info) -> int:
        """Return how many facts are selected, if no choice was a masked one."""
        return len(_selected(observation, info)) if "grammar" in info else int(info["step"])

    def action(self, observation: Any, info: Info, ranking: Ranking) -> Any:
        """Return the next action: all that is wanted at once, or the next fact, or STOP.

        The last step always stops, since a selection without STOP is never read. In text, where a
        turn may select several, it does so where there are not turns enough.
        """
        allowed = self.allowed(observation, info)
        wanted = [int(slot) for slot in ranking.slots if allowed[slot]]
        if self.one_shot:
            return self.write(info, sorted(wanted[: ranking.most]))
        left = ranking.most - self.taken(observation, info)
        if "grammar" not in info:
            last = int(info["step"]) >= self.max_steps - 1
            return self.write(info, [] if left <= 0 or last else wanted[:1])
        turns = int(info["remaining"]) - 1
        return self.write(info, wanted[: -(-left // turns)] if left > 0 and turns else [])

    def write(self, info: Info, slots: Sequence[int]) -> Any:
        """Write an action that selects facts; none of them is STOP in sequential play."""
        if "grammar" in info:
            grammar = _grammar(info)
            none_is_stop = not slots and not self.one_shot
            return grammar.write_stop() if none_is_stop else grammar.write_selection(slots)
        if not self.one_shot:
            return slots[0] if slots else self.facts
        action = np.zeros(self.facts, dtype=np.int8)
        action[list(slots)] = 1
        return action

    def _allowed_in_text(self, observation: Any, info: Info) -> NDArray[np.bool_]:
        offer: Offer = self.stage.offer(str(info["question_id"]))
        chosen = _selected(observation, info)
        allowed = np.ones(len(offer.facts), dtype=np.bool_)
        if self.connected:
            ends = [(offer.facts[slot].head, offer.facts[slot].tail) for slot in chosen]
            known = {*offer.topics, *(entity for pair in ends for entity in pair)}
            allowed[:] = [fact.head in known or fact.tail in known for fact in offer.facts]
        allowed[chosen] = False
        return allowed


def _grammar(info: Info) -> SelectGrammar:
    return cast("SelectGrammar", grammar_of(info))


def _selected(observation: Any, info: Info) -> list[int]:
    """Return the facts that a transcript says are selected."""
    return list(_grammar(info).read_selected(str(observation)))


class SelectingAgent(ABC):
    """An agent that ranks the offered facts; a subclass has `name` and `rank`."""

    name: str
    plays: ClassVar[str] = FACTS

    def __init__(self) -> None:
        self._table: Table | None = None
        self._rankings: dict[str, Ranking] = {}

    def bind(self, env: Any) -> None:
        """Look at what the environment offers.

        Raises:
            AgentError: If no facts are selected there.
        """
        self._table = Table(env)
        self._rankings = {}

    def reset(self, seed: int | None = None) -> None:
        """Forget the rankings."""
        self._rankings = {}

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Return one action for each episode; what is not ranked yet is ranked in one call."""
        table = self.table
        ids = [str(info["question_id"]) for info in infos]
        rankings = self._ranked(ids)
        return [
            table.action(observation, info, rankings[id])
            for observation, info, id in zip(observations, infos, ids, strict=True)
        ]

    @abstractmethod
    def rank(self, questions: Sequence[Given]) -> list[Ranking]:
        """Return for each question what to select."""

    @property
    def table(self) -> Table:
        """What is played.

        Raises:
            AgentError: If `bind` was not called.
        """
        if self._table is None:
            raise AgentError(
                f"The agent {self.name!r} must see what is offered: call bind(env) first."
            )
        return self._table

    def _ranked(self, ids: Sequence[str]) -> Mapping[str, Ranking]:
        known = self._rankings
        found = {id: known[id] for id in ids if id in known}
        missing = [self.table.given(id) for id in dict.fromkeys(ids) if id not in found]
        if missing:
            made = self.rank(missing)
            found |= {one.question_id: own for one, own in zip(missing, made, strict=True)}
            known.update(found)
            while len(known) > KEPT:
                del known[next(iter(known))]
        return found
