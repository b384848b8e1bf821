"""What a soak plays: each environment in several forms, with cheap scripts that never repeat a text.

A leg keeps its environment open from the first round to the last, or opens it anew in each round.
Texts carry a number that no other has, so that whatever remembers texts for ever is found out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, VectorEnv

from ..envs.grammars import grammar_of
from ..envs.infos import unbatch_infos
from ..seeding import rng_for

Form = Literal["native", "single", "async"]
Info = Mapping[str, Any]

SEARCH, DAG = "hopgym/SearchRead-v0", "hopgym/DagSearch-v0"
RAG, KG = "hopgym/RAG-v0", "hopgym/KGSubgraph-v0"

PADDED = {"observation": "padded", "mode": "sequential"}


@dataclass(frozen=True)
class Leg:
    """One way to play one environment."""

    name: str
    env_id: str
    share: float
    """Of all steps."""
    keywords: Mapping[str, Any] = field(default_factory=dict)
    form: Form = "native"
    num_envs: int = 64
    autoreset: AutoresetMode = AutoresetMode.NEXT_STEP


def default_legs(folder: Path) -> list[Leg]:
    """Return all legs; their shares add up to 1.

    Args:
        folder: Where a retriever that keeps answers on disk may keep them.
    """
    cached = {"retriever": f"cached?base=bm25&folder={folder}"}
    text = {"observation": "text", "mode": "sequential"}
    same = AutoresetMode.SAME_STEP
    return [
        Leg("facts", KG, 0.55, PADDED),
        Leg("facts, at once", KG, 0.02, {"observation": "graph"}, autoreset=same),
        Leg("facts, text", KG, 0.05, text),
        Leg("search", SEARCH, 0.15),
        Leg("search, tags", SEARCH, 0.06, {"grammar": "search_r1"}, autoreset=same),
        Leg("rag", RAG, 0.05),
        Leg("rag, hops", RAG, 0.03, {"hops": 3, "generator": "agent"}),
        Leg("plans", DAG, 0.08),
        Leg("search, single", SEARCH, 0.003, form="single"),
        Leg("plans, single", DAG, 0.002, form="single"),
        Leg("search, cached", SEARCH, 0.003, cached),
        Leg("search, async", SEARCH, 0.002, form="async", num_envs=2),
    ]


class Player:
    """Plays a leg, on from where it stood.

    Args:
        leg: What.
        seed: Of the questions and the script.
    """

    def __init__(self, leg: Leg, seed: int = 0) -> None:
        self.leg = leg
        self.seed = seed
        self.episodes = 0
        self._rng = rng_for(seed, "soak", leg.name)
        self._count = 0
        self._env: VectorEnv[Any, Any, Any] | None = None
        self._infos: dict[str, Any] = {}

    def play(self, steps: int) -> int:
        """Take about so many steps; return how many. An async environment is closed after them."""
        env = self._open()
        taken = 0
        while taken < steps:
            _, _, terminated, truncated, self._infos = env.step(self._actions(env))
            self.episodes += int(np.count_nonzero(terminated | truncated))
            taken += env.num_envs
        if self.leg.form == "async":
            self.close()
        return taken

    def close(self) -> None:
        """Close the environment, if it is open."""
        if self._env is not None:
            self._env.close()
        self._env, self._infos = None, {}

    def _open(self) -> VectorEnv[Any, Any, Any]:
        if self._env is None:
            self._env = _make(self.leg)
            _, self._infos = self._env.reset(seed=self.seed + self._count)
        return self._env

    def _actions(self, env: VectorEnv[Any, Any, Any]) -> Any:
        if "grammar" in self._infos:
            infos = unbatch_infos(self._infos, env.num_envs)
            return tuple([self._text(info) for info in infos])
        masks = self._infos["action_mask"]
        if "mode" in self.leg.keywords:
            return np.argmax(self._rng.random(masks.shape) * masks, axis=1)
        return self._rng.random(env.action_space.shape) < 0.02

    def _text(self, info: Info) -> str:
        """Return the next action of a script that searches, answers, and at times writes nonsense."""
        self._count += 1
        count, grammar = self._count, grammar_of(info)
        said = f"{info['question'][:40]} {count}"
        if count % 16 == 0:
            return f"<search> Step {said}"
        if "select_mode" in info:
            return f"<select>{count % 12}</select>" if count % 3 else "<select>stop</select>"
        answers = info.get("phase") == "answer" or (info.get("phase") != "plan" and count % 3 == 0)
        if answers or (info["remaining"] <= 1 and info.get("phase") is None):
            return grammar.write_answer(info["turn"], "It is known.", f"Vel {count}")
        return grammar.write_query(info["turn"], "I look it up.", said)


def _make(leg: Leg) -> VectorEnv[Any, Any, Any]:
    if leg.form == "native":
        keywords = {"autoreset_mode": leg.autoreset, **leg.keywords}
        return gymnasium.make_vec(leg.env_id, leg.num_envs, **keywords)
    make = _Maker(leg.env_id, dict(leg.keywords))
    if leg.form == "async":
        return AsyncVectorEnv([make] * leg.num_envs, shared_memory=False)
    return _Single(make())


@dataclass(frozen=True)
class _Maker:
    """Makes a single environment; it crosses processes."""

    env_id: str
    keywords: Mapping[str, Any]

    def __call__(self) -> gymnasium.Env[Any, Any]:
        env = gymnasium.make(self.env_id, **self.keywords)
        return gymnasium.wrappers.RecordEpisodeStatistics(env)


class _Single(VectorEnv[Any, Any, Any]):
    """One single environment behind a vector's face: an episode that is over begins anew."""

    num_envs = 1

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        self.env = env
        self.action_space = env.action_space
        self._over = False

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        return (observation,), _column(info)

    def step(self, actions: Sequence[Any]) -> Any:
        """Take the action, or begin anew where the last one ended the episode."""
        if self._over:
            self._over = False
            observation, info = self.env.reset()
            return (observation,), *_flags(0.0, False, False), _column(info)
        observation, reward, terminated, truncated, info = self.env.step(actions[0])
        self._over = terminated or truncated
        return (observation,), *_flags(float(reward), terminated, truncated), _column(info)

    def close(self, **kwargs: Any) -> None:
        """Close it."""
        self.env.close()


def _flags(reward: float, terminated: bool, truncated: bool) -> tuple[Any, Any, Any]:
    return np.array([reward]), np.array([terminated]), np.array([truncated])


def _column(info: Mapping[str, Any]) -> dict[str, Any]:
    from ..envs.infos import batch_infos

    return batch_infos([info])
