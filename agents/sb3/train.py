"""Training by Stable-Baselines3: PPO, with masks or without, from nothing to a model's folder.

SB3's own loop learns; it is called once for each stretch between two examinations. A stretch begins
new episodes with random numbers of its own, by the seed and the step, so that a resumed run is the
run that did not stop. The policy that played best held out is what is left.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...envs.datasets import make_questions
from ...envs.datasets.base import QuestionSet
from ...envs.keywords import read_keywords
from ...envs.subgraph.env import ENV_ID as KG_SUBGRAPH
from ...errors import ConfigError, require
from ...seeding import rng_for
from ..contamination.guard import remember
from ..training.display import Display
from ..training.examination import Mark, Marks
from ..training.folder import RunFolder
from ..training.held_out import NO_GRAPHS, have_graphs
from ..training.journal import Journal, check_trackers, make_trackers
from ..training.limits import limits_told
from ..training.surroundings import undisturbed
from .examination import make_examination
from .extras import check_extras
from .settings import FREE, SB3Settings


class Trained(NamedTuple):
    """What came of a training."""

    folder: Path
    """The trained policy, as the leaderboard runs it."""
    steps: int
    marks: list[Mark]
    """How it played held-out questions, and when; the first before it was trained."""
    best: Mark | None
    """How the policy played that is left; None where nothing was played."""
    stopped: bool
    """Whether it ended early, since it played no better."""


def train(settings: SB3Settings, display: Display | None = None) -> Trained:
    """Train a policy.

    Args:
        settings: What and how.
        display: Shows how it goes; open already.

    Raises:
        MissingExtraError: If a library is not installed.
        ConfigError: If a setting does not fit the environment, the questions or an earlier run.
        DataError: If held-out questions are trained on.
    """
    check_extras()
    anew = "a smaller --batch_size, --n_steps or --num_envs"
    with undisturbed(), _one_thread(), limits_told(settings.output_dir, anew):
        return Run(settings, display or Display()).train()


def env_kwargs(settings: SB3Settings) -> dict[str, Any]:
    """Return the environment's keywords, its questions excepted.

    Raises:
        ConfigError: If one is given that has a flag of its own.
    """
    flags = ("questions", "split", "reward", "mode", "top_k")
    taken = {name: f"use --{name}" for name in flags}
    taken["observation"] = "policies of Stable-Baselines3 see the padded one"
    return {
        **read_keywords(settings.env_set, taken, flag="--env_set"),
        "observation": "padded",
        "mode": settings.mode,
        "top_k": settings.top_k,
        "reward": settings.reward_spec,
    }


class Run:
    """One training, from where it begins or goes on to its end."""

    def __init__(self, settings: SB3Settings, display: Display) -> None:
        from .learner import make_learner, shape_of
        from .vec_env import make_vec_env

        self._began = time.perf_counter(), time.process_time()
        self.settings, self.display = settings, display
        self.folder = RunFolder(settings.output_dir)
        self.folder.check_free(resume=settings.resume)
        check_trackers(settings)
        self.question_set = _questions(settings)
        kwargs = env_kwargs(settings)
        self.examination = make_examination(settings, self.question_set, kwargs)
        played = {**kwargs, "questions": self.question_set, "split": settings.split}
        self.env = make_vec_env(settings.env_id, played, settings.num_envs)
        self.shape = shape_of(settings, self.env)
        self.learner = make_learner(settings, self.shape, self.env, self._share)
        self.total = _whole(settings.total_timesteps, settings.update_steps)
        self.every = _whole(settings.eval_every, settings.update_steps)
        self.done = self.folder.begin(self._conditions(), resume=settings.resume)
        asked = self.question_set.questions(settings.split)
        remember(self.folder.folder, (self.question_set, settings.split, asked))
        self._restore()
        self.marks = Marks(self.folder.marks, self.done)
        wants = settings.use_wandb or settings.use_tensorboard
        trackers = make_trackers(settings, asdict(settings)) if wants else ()
        file = self.folder.folder / "journal.jsonl"
        self.journal = Journal(file, self.done, trackers, name="step")

    def train(self) -> Trained:
        """Learn, stretch by stretch, and leave the best policy."""
        try:
            stopped = self._stretches()
        finally:
            self.env.close()
        return self._finish(stopped)

    def _stretches(self) -> bool:
        self.display.open("sb3", self.total, self.done)
        if not self.done:
            self._examine()
        stopped = self._is_stale()
        while self.done < self.total and not stopped:
            self._learn(min(self.total, self.done - self.done % self.every + self.every))
            self._examine()
            self._save()
            stopped = self._is_stale()
        return stopped and self.done < self.total

    def _learn(self, until: int) -> None:
        """Learn up to a step, in new episodes and with random numbers that are this stretch's."""
        from .learner import log_to

        rng = rng_for(self.settings.seed, "sb3", self.done)
        first, samples, batches = (int(rng.integers(2**31)) for _ in range(3))
        require("torch", "sb3").manual_seed(samples)
        np.random.seed(batches)  # SB3 shuffles by the global generator
        self.env.seed(first)
        learner = self.learner
        learner._last_obs = learner.ep_info_buffer = None  # so that it begins new episodes
        log_to(learner, self.journal)
        learner.learn(until - self.done, callback=self._moved, reset_num_timesteps=False)
        self.done = int(learner.num_timesteps)

    def _moved(self, local: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
        self.display.move(int(self.learner.num_timesteps))
        return True

    def _share(self) -> float:
        """Return the share of the steps that lie before the update under way."""
        done = self.learner.num_timesteps - self.settings.update_steps
        return float(np.clip(done / self.total, 0.0, 1.0))

    def _examine(self) -> None:
        if self.examination is None:
            return
        from .agent import SB3Agent
        from .saving import save_policy

        policy = self.learner.policy
        weights = {name: value.detach().clone() for name, value in policy.state_dict().items()}
        agent = SB3Agent(
            self.shape, lambda p: p.load_state_dict(weights), device=str(policy.device)
        )
        means = self.examination.play(agent)
        score = means[self.examination.metric]
        mark = Mark(step=self.done, epoch=float(self.done), score=score, metrics=means)
        if self.marks.add(mark):
            with self.folder.new_best() as folder:
                save_policy(policy, self.shape, folder, {"steps_made": self.done})
        best = "the best so far" if self.marks.best is mark else f"best {self.marks.best.score:.3f}"
        name = self.examination.metric
        self.display.say(f"step {self.done}  {name} {score:.3f} ({best})")
        self.display.note(f"{name} {score:.3f}")

    def _save(self) -> None:
        from .checkpoint import save_checkpoint

        folder = self.folder.checkpoint(self.done)
        save_checkpoint(folder, self.learner.policy, self.learner._n_updates)
        self.folder.rotate()

    def _restore(self) -> None:
        if not self.done:
            return
        from .checkpoint import load_checkpoint

        folder = self.folder.checkpoint(self.done)
        self.learner._n_updates = load_checkpoint(folder, self.learner.policy)
        self.learner.num_timesteps = self.done

    def _is_stale(self) -> bool:
        patience = self.settings.patience
        return bool(patience and self.marks.all and self.marks.stale >= patience)

    def _conditions(self) -> Mapping[str, Any]:
        free = FREE | ({"total_timesteps"} if self.settings.lr_scheduler == "constant" else set())
        told = {n: v for n, v in asdict(self.settings).items() if n not in free}
        return {**told, "question_set": self.question_set.fingerprint}

    def _finish(self, stopped: bool) -> Trained:
        """Leave the best policy, or the last, and say how it is played."""
        from .saving import save_policy

        self.journal.finish()
        folder = self.folder.folder
        best = self.marks.best if self.marks.all else None
        spent = {"wall_s": time.perf_counter() - self._began[0],
                 "cpu_s": time.process_time() - self._began[1]}  # fmt: skip
        made = {**asdict(self.settings), "steps_made": self.done, "best": best, **spent}
        self.folder.publish_best()
        policy = self.learner.policy
        if best is not None:
            self._load_best(policy)
        save_policy(policy, self.shape, folder, made)
        return Trained(folder, self.done, self.marks.all, best, stopped)

    def _load_best(self, policy: Any) -> None:
        from .saving import WEIGHTS, load_weights

        load_weights(policy, self.folder.folder / WEIGHTS)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have torch compute on one thread.

    The networks are small, and threads would wait for each other; and sums come out the same on every
    machine.
    """
    torch = require("torch", "sb3")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _questions(settings: SB3Settings) -> QuestionSet:
    found = make_questions(settings.questions)
    if not found.questions(settings.split):
        raise ConfigError(
            f"{found.name} has no questions in its split {settings.split!r}. Give another --split "
            "or --questions."
        )
    if settings.env_id == KG_SUBGRAPH and not have_graphs(found.questions(settings.split)):
        raise ConfigError(f"The questions of {found.name} {NO_GRAPHS}.")
    return found


def _whole(steps: int, update: int) -> int:
    """Return so many steps in whole updates, rounded up."""
    return -(-steps // update) * update
