"""Training by GRPO, from a model's folder to a better one, with TRL's trainer.

Group-relative policy optimisation (arXiv 2402.03300) as TRL implements it, in whole episodes of a
hopgym environment: `Bridge` plays them. Held-out questions are played every so many steps, and the
model that played best is what is left. A run can be resumed: its samples follow the global step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from ...envs.datasets import make_questions
from ...errors import require
from ..contamination.guard import remember
from ..health.guard import Alarm, Guard
from ..model_folder import write_model_folder
from ..training.display import Display
from ..training.examination import Examination, Mark, Marks
from ..training.folder import RunFolder
from ..training.going_on import make_steps
from ..training.held_out import make_examination
from ..training.hub import push
from ..training.journal import Journal, check_trackers
from ..training.limits import limits_told
from ..training.listeners import Checkpoints, Examiner
from ..training.playing import play_options
from ..training.policy import Policy, load_policy, merge_adapter, save_policy
from ..training.processes import broadcast, first
from ..training.surroundings import quiet, undisturbed
from ..training.variables import tracker_variables, variables
from .listeners import Steps
from .playing import check_grammar, env_kwargs, held_out_kwargs, make_bridge, settled
from .settings import FREE, GRPOSettings
from .trainer import make_trainer


class Trained(NamedTuple):
    """What came of a training."""

    folder: Path
    """The trained model, as the leaderboard runs it."""
    steps: int
    best: Mark | None
    """How the model played that is left; None where nothing was played."""
    alarm: Alarm | None
    """Why the guard stopped it; None where it did not."""
    splits: tuple[str, ...] = ()
    """Those of the questions."""


def train(settings: GRPOSettings, display: Display | None = None) -> Trained:
    """Train a model.

    Args:
        settings: What and how.
        display: Shows how it goes; open already.

    Raises:
        ConfigError: If a setting does not fit the model, the questions or an earlier run.
        DataError: If held-out questions are trained on.
    """
    anew = "a smaller --batch_size and more --gradient_accumulation_steps"
    resumed = "--gradient_checkpointing or a smaller --num_envs"
    limits = limits_told(settings.output_dir, anew, resumed)
    with undisturbed(), variables(tracker_variables(settings)), limits:
        return Run(settings, display or Display()).train()


class Run:
    """One training, from where it begins or goes on to its end."""

    def __init__(self, settings: GRPOSettings, display: Display) -> None:
        self.display = display
        self.folder = RunFolder(settings.output_dir, keep=settings.save_total_limit)
        self.folder.check_free(resume=settings.resume)
        check_trackers(settings)
        self.question_set = make_questions(settings.data_path)
        kwargs = env_kwargs(settings)
        self.settings = settings = settled(settings)
        self.bridge = make_bridge(settings, self.question_set, kwargs)
        check_grammar(settings, self.bridge)
        self.examination = self._examination(held_out_kwargs(kwargs))
        self.policy: Policy = load_policy(settings)
        self.trainer = make_trainer(settings, self.policy, self.bridge, self.folder)
        self.leads = bool(self.trainer.is_world_process_zero())
        self.begun = first(self.trainer, self._ready)
        self.steps = self._listeners()

    def train(self) -> Trained:
        """Make all steps, or as many as the guard lets pass."""
        checkpoint = self.folder.checkpoint(self.begun) if self.begun else None
        with quiet(), self.folder.swept():
            make_steps(self.trainer, checkpoint, lambda state: self.steps.alarm is not None)
        if self.steps.alarm is not None:
            self.display.say(f"Stopped: {self.steps.alarm.reason}")
        return self._finish()

    def _examination(self, kwargs: Mapping[str, Any]) -> Examination | None:
        settings = self.settings
        lacks = not settings.eval_questions and settings.eval_split not in self.question_set.splits
        if lacks:
            self.display.say(
                f"{self.question_set.name} has no split {settings.eval_split!r}, so nothing is "
                "played while training, and the last model is what is left."
            )
            return None
        return make_examination(settings, self.question_set, kwargs)

    def _listeners(self) -> Steps:
        """Put our listeners in the place of the trainer's own display."""
        settings, trainer = self.settings, self.trainer
        trainer.remove_callback(require("transformers", "llm").PrinterCallback)
        journal = Journal(self.folder.folder / "journal.jsonl", self.begun, name="step")
        guard = Guard(settings.guard_settings(self.policy.precision))
        schedule = self.bridge.player.schedule
        steps = Steps(settings, journal, guard, schedule, self.display, leads=self.leads)
        if self.begun:
            steps.restore(self.folder.checkpoint(self.begun))
        if self.leads:
            self._tell()
            self.display.open("grpo", settings.max_steps, self.begun)
        trainer.add_callback(steps)
        self.marks = Marks(self.folder.marks, self.begun, writes=self.leads)
        if self.examination is not None:
            examiner = Examiner(
                self.examination,
                self.marks,
                self.folder.best,
                every=settings.eval_every,
                patience=0,
                display=self.display,
                agree=lambda value: broadcast(trainer, value),
                at_start=True,
            )
            trainer.add_callback(examiner)
        # Last: it says that all is written.
        trainer.add_callback(Checkpoints(settings.save_every, settings.save_total_limit))
        return steps

    def _tell(self) -> None:
        """Say what is about to happen: the first step may be minutes away."""
        settings, held_out = self.settings, self.examination
        told = f"{len(self.bridge.index.ids)} questions, {self.policy.precision}"
        if self.begun:
            told += f"; going on from step {self.begun}"
        elif settings.resume:
            told += "; there is no checkpoint yet, so the run begins anew"
        if held_out is not None and not self.begun:
            told += f"; first {len(held_out.jobs())} held-out questions are played"
        self.display.say(told)

    def _ready(self) -> int:
        """Make the folder ready; return the step to go on from."""
        steady = self.settings.lr_scheduler == "constant"  # a longer run is the same one, longer
        free = FREE | ({"max_steps"} if steady else set())
        told = {n: v for n, v in asdict(self.settings).items() if n not in free}
        conditions = {**told, "question_set": self.question_set.fingerprint}
        begun = self.folder.begin(conditions, resume=self.settings.resume)
        played, split = self.question_set, self.settings.split
        asked = (played, split, played.questions(split))
        remember(self.folder.folder, asked, start=self.settings.model_name)
        return begun

    def _finish(self) -> Trained:
        """Leave the best model, or the last, and say how it is played."""
        best = self.marks.best if self.marks.all else None
        steps = int(self.trainer.state.global_step) or self.begun
        if self.leads:
            self._leave(best, steps)
        splits = tuple(self.question_set.splits)
        return Trained(self.folder.folder, steps, best, self.steps.alarm, splits)

    def _leave(self, best: Mark | None, steps: int) -> None:
        settings, folder = self.settings, self.folder.folder
        if best is None:
            with self.folder.new_best() as last:
                save_policy(self.trainer.model, self.policy.tokenizer, last)
        self.folder.publish_best()
        if settings.merge:
            merge_adapter(folder)
        made = {**asdict(settings), "steps_made": steps, "best": best}
        write_model_folder(folder, "llm", play_options(settings), made)
        if settings.push_to_hub:
            push(folder, str(settings.hub_model_id), private=settings.hub_private)
