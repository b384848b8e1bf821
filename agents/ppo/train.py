"""Training by PPO, from a model's folder to a better one.

R3-RAG's second half (arXiv 2505.23794), in the real environment: play a batch of episodes, credit
every token with what the environment paid its turn and those after it, take some steps, play again.
Held-out questions are played every so many updates, and the model that played best is what is left.
Where `accelerate launch` has started several processes they train one model; the first alone writes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from ...envs.datasets import make_questions
from ...errors import AgentError
from ...seeding import rng_for
from ..contamination.guard import remember
from ..health.episodes import episode_figures
from ..health.guard import Alarm, Guard
from ..health.rules import restored
from ..llm.quiet import quiet
from ..llm.rollout import TokenRollout
from ..model_folder import write_model_folder
from ..training.display import Display
from ..training.examination import Mark, Marks
from ..training.folder import RunFolder
from ..training.held_out import make_examination
from ..training.journal import Journal, check_trackers, make_trackers
from ..training.limits import limits_told
from ..training.playing import play_options
from ..training.policy import merge_adapter, save_policy
from ..training.rollouts import why_nothing
from ..training.surroundings import undisturbed
from .checkpoint import load_checkpoint, save_checkpoint
from .collect import Collector
from .learner import Learner
from .playing import env_kwargs, make_generator
from .policy import load_policy
from .samples import samples_of, shuffle_rewards
from .settings import FREE, PPOSettings
from .team import Team, assemble


class Trained(NamedTuple):
    """What came of a training."""

    folder: Path
    """The trained model, as the leaderboard runs it."""
    updates: int
    marks: list[Mark]
    """How it played held-out questions, and when; the first before it was trained."""
    best: Mark | None
    """How the model played that is left; None where nothing was played."""
    alarm: Alarm | None
    """Why the guard stopped it; None where it did not."""


def train(settings: PPOSettings, display: Display | None = None) -> Trained:
    """Train a model, with all processes that were started for it.

    Args:
        settings: What and how; the same in all.
        display: Shows how it goes; open already.

    Raises:
        ConfigError: If a setting does not fit the model, the questions or an earlier run.
        DataError: If held-out questions are trained on.
        AgentError: If there is nothing to learn from, or another process failed.
    """
    team = assemble()
    resumed = "a smaller --batch_tokens or --num_envs, or with --gradient_checkpointing"
    limits = limits_told(settings.output_dir, "a smaller --max_new_tokens or --context", resumed)
    with undisturbed(), quiet(), limits:
        trained = Run(settings, display or Display(), team).train()
    team.finish()
    return trained


class Run:
    """One training, from where it begins or goes on to its end."""

    def __init__(self, settings: PPOSettings, display: Display, team: Team | None = None) -> None:
        self.settings = settings
        self.team = team = team or Team()
        self.display = display if team.leads else Display(Console(quiet=True))
        self.folder = RunFolder(settings.output_dir)
        team.first(lambda: self.folder.check_free(resume=settings.resume))
        check_trackers(settings)
        self.question_set = make_questions(settings.questions)
        self.env_kwargs = env_kwargs(settings)
        self.examination = make_examination(settings, self.question_set, self.env_kwargs)
        self.collector = Collector(self.question_set, settings, self.env_kwargs)
        self.schedule = self.collector.check()
        self.policy = team.together(lambda: load_policy(settings, team.device))
        self.learner = Learner(self.policy.actor, settings, settings.updates, team)
        self.guard = Guard(settings.guard_settings(self.policy.precision))
        self.begun = team.first(self._ready)
        self.alarm: Alarm | None = None
        if self.begun:
            state = team.together(self._restored)
            self.guard.restore(state["guard"])
            self.alarm = self._still_holds(state)
        self.marks = Marks(self.folder.marks, self.begun, writes=team.leads)
        trackers = make_trackers(settings, asdict(settings)) if team.leads else ()
        self.journal = Journal(self.folder.folder / "journal.jsonl", self.begun, trackers)

    def train(self) -> Trained:
        """Make all updates, or as many as the guard lets pass."""
        team, updates = self.team, self.settings.updates
        self.display.open("ppo", updates, self.begun)
        if not self.begun:
            if self.settings.resume and self.folder.marks.exists():
                self.display.say("There is no checkpoint yet: the run begins anew.")
            team.first(partial(self._examine, 0))
        alarm = self.alarm
        for update in range(self.begun, updates if alarm is None else self.begun):
            figures = self._update(update)
            alarm = team.first(partial(self._note, update + 1, figures))
            if alarm is not None:
                break
        if alarm is not None:
            self.display.say(f"Stopped: {alarm.reason}")
        return team.first(partial(self._finish, alarm))

    def _note(self, done: int, figures: Mapping[str, float]) -> Alarm | None:
        """Do what follows an update, in the first process alone; return why to stop, if so."""
        settings = self.settings
        self._tell(done, figures)
        if self.schedule.jumps(done - 1):
            self.guard.begin_again()  # levels of other rewards say nothing
        alarm = self.guard.check(figures)
        alarm = alarm if settings.guarded else None
        last = alarm is not None or done == settings.updates
        if last or done % settings.eval_every == 0:
            self._examine(done)
        if last or done % settings.save_every == 0:
            self._save(done, alarm)
        return alarm

    def _update(self, update: int) -> dict[str, float]:
        """Play and learn; return the figures of both, over the episodes of all processes."""
        started = time.perf_counter()
        rollouts = self._play(update)
        played = time.perf_counter()
        samples = samples_of(rollouts)
        if not samples:
            raise AgentError(why_nothing(rollouts))
        if self.settings.control == "shuffled":
            shuffle_rewards(samples, rng_for(self.settings.seed, "shuffled", update))
        learnt = self.learner.learn(samples, update)
        seconds = {"play_s": played - started, "learn_s": time.perf_counter() - played}
        weights = {f"weight/{n}": w for n, w in self.schedule.weights(update).items()}
        return {**episode_figures(rollouts), **weights, **learnt, **seconds}

    def _play(self, update: int) -> list[TokenRollout]:
        """Play this process's share of an update's episodes; return those of all."""
        jobs = self.team.mine(self.collector.jobs(update))
        generator = make_generator(self.settings, self.policy)
        return self.team.everyones(lambda: self.collector.play(generator, update, jobs))

    def _examine(self, done: int) -> None:
        if self.examination is None:
            return
        means = self.examination.play(self.policy.actor.model, self.policy.tokenizer)
        score = means[self.examination.metric]
        mark = Mark(step=done, epoch=float(done), score=score, metrics=means)
        if self.marks.add(mark):
            made = {"updates_made": done, "best": mark}
            with self.folder.new_best() as folder:
                save_policy(self.policy.actor.model, self.policy.tokenizer, folder)
                write_model_folder(folder, "llm", play_options(self.settings), made)
        self.display.examined(mark, self.examination.metric, self.marks)

    def _save(self, done: int, alarm: Alarm | None) -> None:
        told = asdict(alarm) if alarm is not None else None
        state = {"guard": self.guard.state(), "alarm": told, "bounds": self.settings.guard_set}
        folder = self.folder.checkpoint(done)
        save_checkpoint(folder, self.learner, state)
        self.folder.rotate()

    def _ready(self) -> int:
        """Make the folder ready; return the update to go on from."""
        settings, played = self.settings, self.question_set
        begun = self.folder.begin(self._conditions(), resume=settings.resume)
        told = (played, settings.split, played.questions(settings.split))
        remember(self.folder.folder, told, start=settings.model_name)
        return begun

    def _restored(self) -> Mapping[str, Any]:
        """Take up the last checkpoint; return what was kept with it."""
        folder = self.folder.checkpoint(self.begun)
        state: Mapping[str, Any] = load_checkpoint(folder, self.learner)
        return state

    def _still_holds(self, state: Mapping[str, Any]) -> Alarm | None:
        """Return what stopped the run before, unless the guard is off now or has other bounds."""
        told, settings = state["alarm"], self.settings
        if told is None or not settings.guarded or state["bounds"] != list(settings.guard_set):
            return None
        return restored(told)

    def _tell(self, done: int, figures: Mapping[str, float]) -> None:
        self.journal.add(done, figures)
        shown = " ".join(f"{name} {figures[name]:.3g}" for name in _SHOWN if name in figures)
        self.display.say(f"update {done}/{self.settings.updates}  {shown}")
        self.display.move(done)

    def _conditions(self) -> Mapping[str, Any]:
        free = FREE | ({"updates"} if self.settings.lr_scheduler == "constant" else set())
        told = {n: v for n, v in asdict(self.settings).items() if n not in free}
        return {**told, "question_set": self.question_set.fingerprint}

    def _finish(self, alarm: Alarm | None) -> Trained:
        """Leave the best model, or the last, and say how it is played."""
        self.journal.finish()
        settings, folder = self.settings, self.folder.folder
        best = self.marks.best if self.marks.all else None
        if best is None:
            with self.folder.new_best() as last:
                save_policy(self.policy.actor.model, self.policy.tokenizer, last)
        self.folder.publish_best()
        if settings.merge:
            merge_adapter(folder)
        updates = len(self.journal.lines)
        made = {
            **asdict(settings), "updates_made": updates, "best": best,
            "processes": self.team.size,
        }  # fmt: skip
        write_model_folder(folder, "llm", play_options(settings), made)
        return Trained(folder, updates, self.marks.all, best, alarm)


_SHOWN = (
    "reward", "em", "format_rate", "queries_per_episode", "kl", "policy_kl", "entropy", "clip_fraction",
    "value_error",
)  # fmt: skip
