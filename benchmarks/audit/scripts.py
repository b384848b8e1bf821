"""The plays that checks compare: the oracle, heuristics, random and empty play, and any answer.

What a script answers is decided where the oracle would answer, after the oracle's own searches, so
that two plays differ in the answer and in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from ...agents import make_agent
from ...agents.base import Agent
from ...agents.games import DOCUMENTS, FACTS, suits
from ...agents.oracle import OracleAgent
from ...agents.selecting import Given, Ranking, SelectingAgent
from ...agents.transcript import Transcript
from ...errors import AgentError
from ...seeding import rng_for
from .playing import Played, Policy, Script, Turn, gold_of
from .subject import Subject

HEURISTICS: dict[str, tuple[str, ...]] = {
    DOCUMENTS: ("closed_book", "single_shot", "iterative", "planner"),
    FACTS: ("ppr", "cosine"),
}
"""Agents that know no gold and have learnt nothing, by what they play."""

NOBODY = "Quorvex Blayne"
"""An answer that no question has."""

Attempts = Sequence[Sequence[str]]
"""The answers of each action in turn; the last action is repeated."""

Answers = Callable[[tuple[str, ...]], Attempts]
"""What is answered, by the gold of the episode."""


def agent_script(subject: Subject, spec: Any, seed: int = 0) -> Script:
    """Return an agent as a script; it is bound once, and reset for each episode.

    Raises:
        AgentError: If it does not play such an environment.
    """
    agent: Agent = make_agent(spec)
    if not suits(agent, subject.game):
        raise AgentError(f"The agent {agent.name!r} does not play {subject.env_id}.")
    agent.reset(seed)
    if hasattr(agent, "bind"):
        agent.bind(subject.env)
    return lambda: lambda turn: agent.act([turn.observation], [turn.info])[0]


def oracle(subject: Subject) -> list[Played] | None:
    """Return the best play there is; None where nobody knows the gold."""
    if subject.oracle is not None:
        return subject.play("oracle", agent_script(subject, subject.oracle))
    if subject.ours:
        return subject.play("oracle", agent_script(subject, "oracle"))
    return right(subject) if knows_gold(subject) else None


def knows_gold(subject: Subject) -> bool:
    """Return whether the gold can be had before an episode is over."""
    subject.env.reset(seed=0)
    return bool(gold_of(subject.env, {}))


def right(subject: Subject) -> list[Played]:
    """Return the play that answers with the gold."""
    return answering(subject, "right", lambda gold: [[gold[0]]])


def wrong(subject: Subject) -> list[Played]:
    """Return the play that answers with what is right nowhere."""
    return answering(subject, "wrong", lambda gold: [[NOBODY]])


def answering(subject: Subject, name: str, answers: Answers) -> list[Played]:
    """Return the play that searches as the oracle does and then answers as it is told."""
    if subject.ours:
        submitting = Submitting()
        submitting.reset(0)
        submitting.bind(subject.env)
        return subject.play(name, lambda: _submitter(submitting, answers))
    return subject.play(name, lambda: _strangers(answers))


class Submitting(OracleAgent):
    """The oracle's searches; its answers are handed to it."""

    name: ClassVar[str] = "submitting"

    def __init__(self) -> None:
        super().__init__()
        self.attempts: Attempts = ()
        self.made = 0

    def answer(self, view: Transcript) -> str:
        """Write the next answers, one after the other in one action."""
        texts = self.attempts[min(self.made, len(self.attempts) - 1)]
        self.made += 1
        return "\n".join(view.answer("I know the answer.", text) for text in texts)


def _submitter(agent: Submitting, answers: Answers) -> Policy:
    def policy(turn: Turn) -> Any:
        if turn.number == 0:
            agent.attempts, agent.made = answers(gold_of(turn.env, {})), 0
        return agent.act([turn.observation], [turn.info])[0]

    return policy


def _strangers(answers: Answers) -> Policy:
    attempts: list[Sequence[str]] = []

    def policy(turn: Turn) -> Any:
        if turn.number == 0:
            attempts[:] = answers(gold_of(turn.env, turn.info))
        texts = attempts[min(turn.number, len(attempts) - 1)]
        return "\n".join(write_answer(turn, text) for text in texts)

    return policy


def write_answer(turn: Turn, text: str) -> Any:
    """Write an action that answers, as the environment wants it written."""
    if "grammar" in turn.info:
        return Transcript(turn.observation, turn.info).answer("I know the answer.", text)
    write = getattr(turn.env.unwrapped, "write_answer", None)
    return text if write is None else write(text)


def write_query(turn: Turn, text: str) -> Any:
    """Write an action that searches; None where there is no telling how."""
    if "grammar" in turn.info:
        return Transcript(turn.observation, turn.info).ask("I look.", text)
    write = getattr(turn.env.unwrapped, "write_query", None)
    return None if write is None else write(text)


def random_play(subject: Subject, seed: int = 0) -> list[Played]:
    """Return random play, the floor: readable actions, chosen without sense."""
    name = f"random {seed}"
    if subject.ours or not subject.takes_text:
        return subject.play(name, agent_script(subject, "random", seed))
    return subject.play(name, lambda: lambda turn: _random_words(turn, seed))


def _random_words(turn: Turn, seed: int) -> Any:
    words = str(turn.observation).split() or ["nothing"]
    rng = rng_for(seed, "audit", turn.number, str(turn.observation)[:200])
    return write_answer(turn, " ".join(rng.choice(words, size=int(rng.integers(1, 4)))))


def empty_play(subject: Subject) -> list[Played] | None:
    """Return the play of nothing at all: no text, or no fact; None where there is no such action."""
    action = _nothing(subject)
    return None if action is None else subject.play("empty", lambda: lambda turn: action)


def _nothing(subject: Subject) -> Any:
    if subject.takes_text:
        return ""
    if subject.game != FACTS:
        return None
    space: Any = subject.env.action_space
    return np.zeros(space.shape, space.dtype) if space.shape else int(space.n) - 1


def everything(subject: Subject) -> list[Played]:
    """Return the play that selects every fact there is."""
    return subject.play("everything", agent_script(subject, SomeFacts(1 << 30)))


def no_facts(subject: Subject) -> list[Played]:
    """Return the play that selects no fact and says so, which is readable in every form."""
    return subject.play("no facts", agent_script(subject, SomeFacts(0)))


class SomeFacts(SelectingAgent):
    """Selects what is offered, in its order.

    Args:
        most: So many facts.
    """

    name = "some facts"

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def rank(self, questions: Sequence[Given]) -> list[Ranking]:
        """Return all facts, in their order."""
        return [Ranking(range(len(one.offer.facts)), self.most) for one in questions]


def heuristics(subject: Subject) -> dict[str, list[Played]]:
    """Return the play of every heuristic that plays such an environment."""
    found = {}
    for name in HEURISTICS.get(subject.game, ()) if subject.ours else ():
        try:
            found[name] = subject.play(name, agent_script(subject, name))
        except AgentError:  # such as plans, where none are made
            continue
    return found
