"""Training a RAG end to end: steps over questions, the best model of which is what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console

from ...errors import ConfigError, require
from ...files import atomic_write
from ...seeding import rng_for
from ..contamination.guard import remember
from ..ppo.team import Team, assemble
from ..training.checkpoint import readable
from ..training.display import Display
from ..training.examination import Mark, Marks
from ..training.folder import RunFolder
from ..training.journal import Journal, check_trackers, make_trackers
from ..training.limits import limits_told
from ..training.policy import precision_here
from ..training.surroundings import quiet, undisturbed
from .batching import batches, estimated_tokens, grouped
from .data import read_data, read_examples
from .saving import save_rag
from .settings import FREE, RagSettings

METRIC = "f1"
"""What the best model is chosen by."""

PROGRESS = "progress.json"

_LESS = (
    "a smaller --batch_size and more --gradient_accumulation_steps, --max_batch_tokens, a smaller "
    "--max_input_tokens, --precision bfloat16, --no_train_context_encoder, or fewer --n_docs"
)
"""What takes less memory in a new run."""


class Trained(NamedTuple):
    """What came of a training."""

    folder: Path
    """The trained model, as the leaderboard runs it."""
    steps: int
    epochs: float
    questions: int
    """How many were trained on."""
    marks: list[Mark]
    """How it did on held-out questions, and when; the first before it was trained."""
    best: Mark | None


def train(settings: RagSettings, display: Display | None = None) -> Trained:
    """Train; under `torchrun`, together with the other processes.

    Raises:
        MissingExtraError: If a library is not installed.
        ConfigError: If a setting does not fit the questions, the model or an earlier run.
        DataError: If the questions cannot be read, or all of them are held out.
        AgentError: If the loss is no number, or memory runs out.
    """
    require("torch", "llm")
    require("transformers", "llm")
    limits = limits_told(settings.output_dir, _LESS, "--gradient_checkpointing")
    with undisturbed(), quiet(), limits:
        team = assemble()
        trained = Run(settings, display or Display(), team).train()
    team.finish()
    return trained


class Run:
    """One training, from where it begins or goes on to its end."""

    def __init__(self, settings: RagSettings, display: Display, team: Team | None = None) -> None:
        self.settings, self.team = settings, team or Team()
        team = self.team
        self.display = display if team.leads else Display(Console(quiet=True))
        self.folder = RunFolder(settings.output_dir)
        team.first(lambda: self.folder.check_free(resume=settings.resume))
        self._check()
        self.data = team.together(lambda: read_data(settings))
        if settings.patience and not self.data.held:
            raise ConfigError(
                "patience looks at held-out questions, and there are none: give --eval_questions, "
                "or leave patience out."
            )
        self.examples = read_examples(
            self.data.trained, self.data.documents, settings.hard_negatives
        )
        self.plan, self.epoch_ends = self._planned()
        self.begun = team.first(self._ready)
        self.learner = self._learner()
        self.window = self._restored()
        self.marks = Marks(self.folder.marks, self.begun, writes=team.leads)
        wants = team.leads and (settings.use_wandb or settings.use_tensorboard)
        trackers = make_trackers(settings, asdict(settings)) if wants else ()
        file = self.folder.folder / "journal.jsonl"
        self.journal = Journal(file, self.begun, trackers, name="step")

    def train(self) -> Trained:
        """Make all steps, or as many as get better."""
        total, step = len(self.plan), self.begun
        self.display.open("rag", total, step)
        self.display.say(self.data.told)
        if self.settings.warmup_steps >= total:
            self.display.say(
                f"The learning rate rises over {self.settings.warmup_steps} steps, and there are "
                f"{total}: it does not reach its height. Give fewer --warmup_steps."
            )
        if not step:
            self._examine(0)
        while step < total and not self._is_stale():
            examples = [[self.examples[n] for n in batch] for batch in self.plan[step]]
            figures = {"rate": self.learner.rate} | self.learner.step(examples, step)
            step += 1
            self._note(step, figures)
            if self._is_due(step, self.settings.eval_steps):
                self._examine(step)
            if self._is_due(step, self.settings.save_steps):
                self.team.first(partial(self._save, step))
        self.learner.index.finish()
        return self.team.first(partial(self._finish, step))

    def _check(self) -> None:
        """Refuse what can be refused before anything is read."""
        check_trackers(self.settings)
        if self.settings.async_reindex and self.team.size > 1:
            raise ConfigError(
                "async_reindex is for one process: several would read different indexes. Leave it "
                "out."
            )

    def _planned(self) -> tuple[list[list[list[int]]], list[int]]:
        """Return the batches of every step, and the step at which each epoch ends."""
        settings = self.settings
        tokens = estimated_tokens(self.examples, self.data.documents, settings)
        plan: list[list[list[int]]] = []
        ends = []
        for epoch in range(settings.num_epochs):
            rng = rng_for(settings.seed, "rag", "order", epoch)
            made = batches(tokens, settings.batch_size, rng, settings.max_batch_tokens)
            plan += grouped(made, settings.gradient_accumulation_steps * self.team.size)
            ends.append(len(plan))
        return plan, ends

    def _ready(self) -> int:
        begun = self.folder.begin(self._conditions(), resume=self.settings.resume)
        remember(
            self.folder.folder, (self.data.question_set, self.settings.split, self.data.trained)
        )
        return begun

    def _conditions(self) -> Mapping[str, Any]:
        told = {name: v for name, v in asdict(self.settings).items() if name not in FREE}
        size = self.team.size
        return {**told, "question_set": self.data.question_set.fingerprint, "processes": size}

    def _learner(self) -> Any:
        """Return what trains, with its parts as they were left."""
        from ..drag.parts import device_of
        from .building import new_model, old_model
        from .learner import Learner
        from .refresh import VECTORS, FreshIndex

        settings, folder = self.settings, self._left
        device = self.team.device or device_of(settings.device)
        if folder is None:
            model = new_model(settings, self.data, device)
        else:
            model = old_model(settings, folder, device)
        kept = folder if folder is not None and (folder / VECTORS).is_file() else None
        index = FreshIndex(model.towers, self.data.documents, settings, self.team, kept)
        precision = precision_here(settings.precision if device != "cpu" else _on_cpu(settings))
        learner = Learner(model, index, settings, len(self.plan), self.team, precision)
        if folder is not None:
            learner.restore(folder)
        return learner

    @property
    def _left(self) -> Path | None:
        """The checkpoint that the run goes on from."""
        return self.folder.checkpoint(self.begun) if self.begun else None

    def _restored(self) -> list[dict[str, float]]:
        """Return the figures that no line of the journal is made of yet."""
        if self._left is None:
            return []
        file = self._left / PROGRESS
        with readable(file):
            return msgspec.json.decode(file.read_bytes(), type=list[dict[str, float]])

    def _note(self, step: int, figures: dict[str, float]) -> None:
        self.display.move(step)
        self.window.append(figures)
        if len(self.window) < self.settings.logging_steps and step < len(self.plan):
            return
        count = len(self.window)
        means = {name: sum(each[name] for each in self.window) / count for name in figures}
        self.window.clear()
        if self.team.leads:
            self.journal.add(step, means)
            self.display.note(f"loss {means['loss']:.3f}")

    def _is_due(self, step: int, every: int) -> bool:
        return (step % every == 0 if every else step in self.epoch_ends) or step == len(self.plan)

    def _epoch(self, step: int) -> float:
        return round(step / len(self.plan) * self.settings.num_epochs, 4)

    def _examine(self, step: int) -> None:
        if not self.data.held:
            return
        index = self.learner.index.fresh(step)  # all processes encode a share of it
        metrics: dict[str, float] = self.team.first(partial(self._judged, index))
        mark = Mark(step=step, epoch=self._epoch(step), score=metrics[METRIC], metrics=metrics)
        if self.marks.add(mark) and self.team.leads:
            self._keep(step, mark)
        shown = "  ".join(f"{name} {value:.3f}" for name, value in metrics.items())
        best = "the best so far" if self.marks.best is mark else f"best {self.marks.best.score:.3f}"
        self.display.say(f"step {step}  {shown}  ({best})")

    def _judged(self, index: Any) -> dict[str, float]:
        from .judging import judge

        with self.learner.autocast:
            texts = [question.text for question in self.data.held]
            found = self.learner.index.retrieve(texts, index)
            return judge(self.learner.model, self.data.held, found)

    def _keep(self, step: int, mark: Mark) -> None:
        """Write the best model."""
        with self.folder.new_best() as folder:
            save_rag(self.learner.model, folder, self._made(step, mark))

    def _made(self, step: int, best: Mark | None) -> dict[str, Any]:
        return {**asdict(self.settings), "steps_made": step, "best": best}

    def _save(self, step: int) -> None:
        with self.folder.save(step) as folder:
            save_rag(self.learner.model, folder, {})
            self.learner.save(folder)
            with atomic_write(folder / PROGRESS) as stream:
                stream.write(msgspec.json.encode(self.window))

    def _is_stale(self) -> bool:
        patience = self.settings.patience
        return bool(patience and self.marks.all and self.marks.stale >= patience)

    def _finish(self, step: int) -> Trained:
        """Leave the best model, or the last."""
        self.journal.finish()
        best = self.marks.best if self.marks.all else None
        folder = self.folder.folder
        if best is None:
            with self.folder.new_best() as last:
                save_rag(self.learner.model, last, self._made(step, None))
        self.folder.publish_best()
        questions = len(self.examples)
        return Trained(folder, step, self._epoch(step), questions, self.marks.all, best)


def _on_cpu(settings: RagSettings) -> Any:
    return "float32" if settings.precision == "auto" else settings.precision


__all__: Sequence[str] = ("METRIC", "Run", "Trained", "train")
