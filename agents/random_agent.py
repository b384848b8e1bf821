"""`random`: the floor. It asks for words of the question, or plans some, or answers with some.

Where facts are selected it draws some that may be; in another environment without a grammar it
samples the action space. Its draws follow the seed, the
question and the step, so that they do not depend on which episodes run side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from string import ascii_uppercase
from typing import Any

import numpy as np

from ..envs.plans import Node
from ..errors import AgentError
from ..seeding import rng_for
from .base import Info
from .games import FACTS, game_of
from .selecting import Ranking, Table
from .transcript import Transcript

MOST_NODES = 3
"""Searches of a plan that is drawn, at most."""

STOPS = 0.25
"""How likely it selects no further fact: it takes 4 of them on average, and never none."""


class RandomAgent:
    """Random queries and answers; always a readable action."""

    name = "random"

    def __init__(self) -> None:
        self._seed = 0
        self._space: Any = None
        self._table: Table | None = None

    def reset(self, seed: int | None = None) -> None:
        """Take the seed of all draws."""
        self._seed = seed or 0

    def bind(self, env: Any) -> None:
        """Note the action space, for environments without a grammar, and where facts are selected."""
        played = env.unwrapped
        self._table = Table(env) if game_of(env) == FACTS else None
        self._space = getattr(played, "single_action_space", played.action_space)

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Return one random action for each observation."""
        return [
            self._play(observation, info)
            for observation, info in zip(observations, infos, strict=True)
        ]

    def _play(self, observation: Any, info: Info) -> Any:
        rng = rng_for(self._seed, str(info.get("question_id", "")), int(info.get("step", 0)))
        if self._table is not None:
            return _select(self._table, observation, info, rng)
        if "grammar" in info:
            return _text(Transcript(observation, info), rng)
        if self._space is None:
            raise AgentError("The random agent needs an action space: call bind(env) first.")
        self._space.seed(int(rng.integers(2**31)))
        return self._space.sample()


def _select(table: Table, observation: Any, info: Info, rng: np.random.Generator) -> Any:
    """Draw facts: as many at once as one by one, step after step."""
    order = rng.permutation(np.flatnonzero(table.allowed(observation, info))).tolist()
    if table.one_shot:
        return table.action(observation, info, Ranking(order, int(rng.geometric(STOPS))))
    taken = table.taken(observation, info)
    goes_on = taken == 0 or rng.random() >= STOPS
    return table.action(observation, info, Ranking(order, taken + goes_on))


def _text(view: Transcript, rng: np.random.Generator) -> str:
    words = view.question.rstrip("?").split() or ["nothing"]
    chosen = _draw(words, rng)
    if view.may_search and (not view.may_answer or rng.random() < 0.5):  # a coin, where both may be
        if view.tools:
            return _plan(view, words, rng)
        return view.ask("I draw a query.", chosen)
    return view.answer("I draw an answer.", chosen)


def _plan(view: Transcript, words: list[str], rng: np.random.Generator) -> str:
    """Draw a plan: edges go forward only, so that there is never a circle."""
    labels = ascii_uppercase[: int(rng.integers(1, min(MOST_NODES, view.max_nodes) + 1))]
    nodes = [Node(label, _draw(words, rng), str(rng.choice(view.tools))) for label in labels]
    edges = [pair for pair in combinations(labels, 2) if rng.random() < 0.5]
    return view.plan("I draw a plan.", nodes, edges)


def _draw(words: list[str], rng: np.random.Generator) -> str:
    return " ".join(rng.choice(words, size=int(rng.integers(1, 4))))
