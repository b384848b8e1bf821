"""Supervised fine-tuning with TRL's trainer: on the agent's tokens, until it plays no better.

Cold start as R3-RAG's (arXiv 2505.23794): every step is learnt from the transcript before it. The
sequences are made here, tokens and labels, so that the trainer changes nothing about them; held-out
questions are played every so many steps, and the model that played best is what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from ...envs.datasets import make_questions
from ...envs.keywords import read_keyword
from ...errors import require
from ..contamination.guard import remember
from ..contamination.sources import of_rows
from ..llm.model_facts import context_of
from ..model_folder import write_model_folder
from ..training.examination import Examination, Mark, Marks
from ..training.folder import RunFolder
from ..training.going_on import make_steps
from ..training.hub import push
from ..training.limits import limits_told
from ..training.listeners import Checkpoints, Examiner
from ..training.policy import Policy, load_policy, merge_adapter, save_policy
from ..training.processes import broadcast, first
from ..training.surroundings import quiet, undisturbed
from ..training.variables import tracker_variables, variables
from .data import TrainingData, check_held_out, read_data
from .display import SFTDisplay
from .settings import FREE, SFTSettings
from .trainer import make_trainer, steps_of_epoch


class Trained(NamedTuple):
    """What came of a training."""

    folder: Path
    """The trained model, as the leaderboard runs it."""
    sequences: int
    steps: int
    loss: float
    """The mean over the last logged steps."""
    best: Mark | None
    """How the model played that is left; None where nothing was played."""
    stopped_early: bool


def train(settings: SFTSettings, display: SFTDisplay | None = None) -> Trained:
    """Train a model.

    Args:
        settings: What and how.
        display: Shows how it goes; open already.

    Raises:
        ConfigError: If a setting does not fit the model, the data or an earlier run.
        DataError: If the data cannot be read, or has questions that are played as held out.
    """
    display = display or SFTDisplay()
    folder = RunFolder(settings.output_dir, keep=settings.save_total_limit)
    folder.check_free(resume=settings.resume)
    examination = make_examination(settings)
    policy = load_policy(settings)
    data = read_data(settings, policy.tokenizer, context_of(policy.model))
    if examination is not None:
        check_held_out(
            data.rows, examination.question_set, examination.split, settings.contamination
        )
    anew = "a smaller --batch_size and more --gradient_accumulation_steps, or --max_length"
    resumed = "--gradient_checkpointing or a smaller --num_envs"
    limits = limits_told(settings.output_dir, anew, resumed)
    with undisturbed(), variables(tracker_variables(settings)), limits, folder.swept():
        trainer = make_trainer(settings, policy, data, folder)
        begun = _begin(trainer, settings, data, folder)
        if trainer.is_world_process_zero():
            _tell(data, policy, begun, display)
        examiner = _listen(trainer, settings, examination, data, folder, begun, display)
        with quiet():
            over = examiner.is_over if examiner is not None else lambda state: False
            make_steps(trainer, folder.checkpoint(begun) if begun else None, over)
        return _finish(trainer, settings, policy, data, folder, examiner)


def make_examination(settings: SFTSettings) -> Examination | None:
    """Return what is played while training; None where no questions are given.

    Raises:
        ConfigError: If there is no such environment, question set or split.
    """
    if not settings.eval_questions:
        return None
    return Examination(
        question_set=make_questions(settings.eval_questions),
        split=settings.eval_split,
        env_id=settings.eval_env,
        env_kwargs=dict(read_keyword(text) for text in settings.eval_set),
        episodes=settings.eval_episodes,
        metric=settings.eval_metric,
        prompts=settings.prompts,
        max_new_tokens=settings.max_new_tokens,
        num_envs=settings.num_envs,
        seed=settings.seed,
    )


def _begin(trainer: Any, settings: SFTSettings, data: TrainingData, folder: RunFolder) -> int:
    """Make the folder ready, in the first process alone; return the step to go on from."""

    def begin() -> int:
        begun = folder.begin(_conditions(settings, data), resume=settings.resume)
        told = of_rows(data.rows, ", ".join(Path(path).name for path in settings.data_path))
        remember(folder.folder, told, start=settings.model_name)
        return begun

    return first(trainer, begin)


def _listen(
    trainer: Any,
    settings: SFTSettings,
    examination: Examination | None,
    data: TrainingData,
    folder: RunFolder,
    begun: int,
    display: SFTDisplay,
) -> Examiner | None:
    """Put our listeners in the place of the trainer's own display."""
    trainer.remove_callback(require("transformers", "llm").PrinterCallback)
    trainer.add_callback(display)
    examiner = None
    if examination is not None:
        epoch = steps_of_epoch(settings, len(data.encoded.rows), trainer.args.world_size)
        examiner = Examiner(
            examination,
            Marks(folder.marks, begun, writes=trainer.is_world_process_zero()),
            folder.best,
            every=settings.eval_steps or max(1, epoch // 4),
            patience=settings.patience,
            display=display,
            agree=lambda value: broadcast(trainer, value),
        )
        trainer.add_callback(examiner)
    trainer.add_callback(Checkpoints(settings.save_steps, settings.save_total_limit))
    return examiner


def _finish(
    trainer: Any,
    settings: SFTSettings,
    policy: Policy,
    data: TrainingData,
    folder: RunFolder,
    examiner: Examiner | None,
) -> Trained:
    """Leave the best model, or the last, and say how it is played."""
    best = examiner.marks.best if examiner is not None and examiner.marks.all else None
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    trained = Trained(
        folder.folder,
        len(data.encoded.rows),
        int(trainer.state.global_step),
        float(losses[-1]) if losses else float("nan"),
        best,
        examiner is not None and examiner.stopped,
    )
    if trainer.is_world_process_zero():
        if best is None:
            with folder.new_best() as last:
                save_policy(trainer.model, policy.tokenizer, last)
        folder.publish_best()
        if settings.merge:
            merge_adapter(folder.folder)
        made = {**asdict(settings), "steps": trained.steps, "loss": trained.loss, "best": best}
        write_model_folder(folder.folder, "llm", _options(settings), made)
        if settings.push_to_hub:
            push(folder.folder, str(settings.hub_model_id), private=settings.hub_private)
    return trained


def _options(settings: SFTSettings) -> dict[str, Any]:
    """Return how the model is played: as it was trained."""
    options: dict[str, Any] = {
        "prompt": settings.prompt,
        "temperature": 0.0,
        "max_new_tokens": settings.max_new_tokens,
    }
    if settings.instructions is not None:
        options["instructions"] = settings.instructions
    return options


def _conditions(settings: SFTSettings, data: TrainingData) -> Mapping[str, Any]:
    told = {name: value for name, value in asdict(settings).items() if name not in FREE}
    return {**told, "data": data.fingerprint}


def _tell(data: TrainingData, policy: Policy, begun: int, display: SFTDisplay) -> None:
    encoded = data.encoded
    tokens = sum(len(row.learnt) for row in encoded.rows)
    told = f"{len(encoded.rows)} sequences, {tokens} tokens to learn, {policy.precision}"
    if encoded.cut or encoded.skipped:
        told += f"; too long: {encoded.cut} cut at their beginning, {encoded.skipped} left out"
    if begun:
        told += f"; going on from step {begun}"
    display.say(told)
