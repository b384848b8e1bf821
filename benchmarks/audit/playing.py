"""The audit's own loop: one episode in one environment, everything that was handed out kept.

The rollout loop of the agents needs infos with metrics; this one plays whatever Gymnasium plays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import gymnasium

MOST_STEPS = 100
"""A stranger's episode that is longer is left where it is, unless its spec allows more."""

Env = gymnasium.Env[Any, Any]


class Turn(NamedTuple):
    """What a script sees when it must act. A script may cheat: `env` holds the gold."""

    env: Env
    observation: Any
    info: Mapping[str, Any]
    number: int
    """From 0."""


Policy = Callable[[Turn], Any]
"""A turn in, an action out."""

Script = Callable[[], Policy]
"""Makes the policy of one episode, with a memory of its own if it needs one."""


class Reply(NamedTuple):
    """What a step returned, and for which action."""

    action: Any
    observation: Any
    reward: float
    terminated: bool
    truncated: bool
    info: Mapping[str, Any]

    @property
    def over(self) -> bool:
        """Whether the episode ended here."""
        return bool(self.terminated or self.truncated)


@dataclass
class Played:
    """One episode, from its opening on."""

    seed: int | None
    opening: Any
    info: Mapping[str, Any]
    answers: tuple[str, ...] = ()
    """The gold; empty where the environment does not tell."""
    replies: list[Reply] = field(default_factory=list)

    @property
    def total(self) -> float:
        """The sum of the rewards."""
        return sum(reply.reward for reply in self.replies)

    @property
    def over(self) -> bool:
        """Whether it came to its end."""
        return bool(self.replies) and self.replies[-1].over

    @property
    def actions(self) -> list[Any]:
        """What was done."""
        return [reply.action for reply in self.replies]

    @property
    def before_end(self) -> list[tuple[Any, Mapping[str, Any]]]:
        """The observations and infos that were handed out before the end."""
        shown = [(reply.observation, reply.info) for reply in self.replies if not reply.over]
        return [(self.opening, self.info), *shown]


def play(
    env: Env,
    policy: Policy,
    seed: int | None = None,
    *,
    options: dict[str, Any] | None = None,
    most: int = MOST_STEPS,
) -> Played:
    """Play one episode.

    Args:
        env: Where.
        policy: Who.
        seed: Of `reset`.
        options: Of `reset`.
        most: Steps after which it is left unfinished.
    """
    observation, info = env.reset(seed=seed, options=options)
    played = Played(seed, observation, info, gold_of(env, {}))
    while not played.over and len(played.replies) < most:
        action = policy(Turn(env, observation, info, len(played.replies)))
        observation, reward, terminated, truncated, info = env.step(action)
        reply = Reply(action, observation, float(reward), bool(terminated), bool(truncated), info)
        played.replies.append(reply)
    played.answers = played.answers or gold_of(env, info)
    return played


def gold_of(env: Env, info: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the accepted answers of the episode that is played, where they can be had.

    From `env.unwrapped.question.answers` or `env.unwrapped.answers`, or from `info["answers"]`.
    """
    played: Any = env.unwrapped
    holder = getattr(played, "question", None)
    for found in (
        getattr(holder, "answers", None),
        getattr(played, "answers", None),
        info.get("answers"),
    ):
        if isinstance(found, str):
            return (found,)
        if isinstance(found, list | tuple) and found and all(isinstance(a, str) for a in found):
            return tuple(found)
    return ()


def again(env: Env, played: Played) -> Played:
    """Do what was done again, in another instance."""
    most = len(played.actions)
    return play(env, repeating(played.actions), played.seed, most=most)


def repeating(actions: list[Any]) -> Policy:
    """Return a policy that does what was done; after that, its last action."""
    return lambda turn: actions[min(turn.number, len(actions) - 1)]
