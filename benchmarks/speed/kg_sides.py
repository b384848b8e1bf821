"""The sides of the speed benchmark of graphs: our environment, vectorised twice, and the peers.

All sides play the same questions. Those of ours choose slots that were laid out before; a first pass
without a clock looks each of them up in the masks, so that no step is an invalid one, and leaves
every question prepared, so that a side is timed as it plays in its second epoch.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from ...core import Question
from .kg_peers import play_deeppath, play_kg_r1, play_minerva
from .kg_workload import LAPS, Actions, GraphQuestions, select_and_stop, select_at_once
from .peers import Play
from .rounds import Label, Side

ENV_ID = "hopgym/KGSubgraph-v0"
NATIVE, SYNC = "native vector", "Gymnasium's sync vector"
TOP_K = 256
"""Facts that a padded observation has room for."""
DEEPPATH_STEPS = 64
"""Steps of DeepPath in a pass."""


class Form(NamedTuple):
    """One way to play ours."""

    name: str
    mode: str
    observation: str
    top_k: int | None
    """Facts that are offered; None for all."""


FORMS = (
    Form("sequential, graph, all facts", "sequential", "graph", None),
    Form(f"sequential, padded, {TOP_K} by PPR", "sequential", "padded", TOP_K),
    Form("one-shot, graph, all facts", "one_shot", "graph", None),
)


class Setup(NamedTuple):
    """What is played how."""

    questions: GraphQuestions
    form: Form
    envs: int
    steps: int
    """Actions in a sequential episode."""

    @property
    def keywords(self) -> dict[str, Any]:
        """What the environment is made with."""
        return {
            "questions": self.questions,
            "split": "train",
            "retriever": "ppr",
            "mode": self.form.mode,
            "observation": self.form.observation,
            "top_k": self.top_k,
            "max_steps": self.steps,
        }

    @property
    def top_k(self) -> int:
        """How many slots there are."""
        return self.form.top_k or self.questions.size.facts

    @property
    def actions(self) -> Actions:
        """The actions of a pass, row by row."""
        offered = min(self.top_k, self.questions.size.facts)
        if self.form.mode == "sequential":
            return select_and_stop(self.envs, offered, self.top_k, self.steps)
        return select_at_once(self.envs, offered, self.top_k, LAPS)

    def label(self, vector: str) -> Label:
        """What its row is called."""
        return Label(f"{vector}: {self.form.name}", str(self.questions.size), self.envs)


def native_side(setup: Setup) -> Side:
    """Our own vector environment."""
    env = gymnasium.make_vec(
        ENV_ID, num_envs=setup.envs, autoreset_mode="SameStep", **setup.keywords
    )
    for question in setup.questions.questions("train"):
        env.reset(options={"question_id": question.id})
    return _side(env, setup, NATIVE)


def sync_side(setup: Setup) -> Side:
    """Our single environment, as often, in Gymnasium's vector environment.

    Each plays one of the questions: it takes minutes until each has prepared all of them.
    """
    # What make_vec(..., vectorization_mode="sync") makes, without its checks of the first steps:
    # Gymnasium takes a tenth of a second for each to look at a graph of this size.
    make = partial(gymnasium.make, ENV_ID, disable_env_checker=True)
    count = len(setup.questions.questions("train"))
    own = [GraphQuestions(setup.questions.size, 1, n) for n in range(min(count, setup.envs))]
    made = [
        partial(make, **setup.keywords | {"questions": own[n % len(own)]})
        for n in range(setup.envs)
    ]
    env = SyncVectorEnv(made, autoreset_mode=AutoresetMode.SAME_STEP)
    return _side(env, setup, SYNC)


def peer_sides(questions: GraphQuestions, walkers: int) -> Iterator[Side]:
    """The published inner loops over the same graphs."""
    asked = questions.questions("train")
    plays: list[tuple[str, int, Play]] = [
        ("DeepPath's Env.interact, re-implemented", 1, play_deeppath(asked, DEEPPATH_STEPS)),
        ("MINERVA's return_next_actions, re-implemented", walkers, play_minerva(asked, walkers)),
        ("the same, last hops alone", walkers, play_minerva(asked, walkers, last_only=True)),
        ("KG-R1's server handlers, re-implemented", 1, play_kg_r1(asked)),
    ]
    for name, envs, play in plays:
        yield Side(Label(name, str(questions.size), envs), play)


def preparation(setup: Setup) -> float:
    """Return the CPU milliseconds that a question takes where it is played for the first time."""
    env = gymnasium.make_vec(ENV_ID, num_envs=1, **setup.keywords)
    asked: Sequence[Question] = setup.questions.questions("train")
    began = time.process_time()
    for question in asked:
        env.reset(options={"question_id": question.id})
    env.close()
    return 1000 * (time.process_time() - began) / len(asked)


def play_actions(env: Any, actions: Actions) -> Play:
    """Play the rows of actions, on and on, in an environment that resets by itself."""

    def play() -> int:
        for row in actions:
            env.step(row)
        return int(actions.shape[0] * actions.shape[1])

    return play


def rehearse(env: Any, actions: Actions) -> None:
    """Play the rows of actions from a reset on, and look up each action in its mask.

    Raises:
        RuntimeError: If an action is masked.
    """
    masks = env.reset(seed=0)[1]["action_mask"]
    for number, row in enumerate(actions):
        if not allowed(masks, row).all():
            raise RuntimeError(f"An action of step {number} is masked.")
        masks = env.step(row)[-1]["action_mask"]


def allowed(masks: Any, actions: Actions) -> Any:
    """Tell which actions are valid, shape `[envs]`.

    Args:
        masks: `[envs, slots + 1]`, or `[envs, 2 * slots]` for one-shot actions.
        actions: `[envs]`, or `[envs, slots]`.
    """
    masks = np.asarray(masks, dtype=bool)
    if actions.ndim == 1:
        return masks[np.arange(len(actions)), actions]
    pairs = masks.reshape(*actions.shape, 2)
    return np.take_along_axis(pairs, actions[..., None].astype(int), 2).all(axis=(1, 2))


def _side(env: Any, setup: Setup, vector: str) -> Side:
    actions = setup.actions
    rehearse(env, actions)
    return Side(setup.label(vector), play_actions(env, actions), env.close)
