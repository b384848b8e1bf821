"""Training a compressor: stage by stage, the best of which is what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from ...envs.datasets import make_questions
from ...errors import ConfigError, require
from ...retrieval import make_retriever
from ...seeding import rng_for
from ..contamination.guard import remember
from ..training.checkpoint import load_state, save_state
from ..training.display import Display
from ..training.examination import Mark, Marks
from ..training.folder import RunFolder
from ..training.held_out import held_out_set
from ..training.journal import Journal, check_trackers, make_trackers
from ..training.limits import limits_told
from ..training.surroundings import quiet, undisturbed
from .cases import Case, Cases
from .settings import FREE, CompressSettings

STATE = "stage.pt"


class Trained(NamedTuple):
    """What came of a training."""

    folder: Path
    """The trained model, as the leaderboard runs it."""
    steps: int
    marks: list[Mark]
    """How it did on held-out questions, and when."""
    best: Mark | None


def train(settings: CompressSettings, display: Display | None = None) -> Trained:
    """Train.

    Raises:
        MissingExtraError: If a library is not installed.
        ConfigError: If a setting does not fit the questions, the decoder or an earlier run.
        DataError: If held-out questions are trained on.
        AgentError: If the loss is no number.
    """
    require("torch", "llm")
    anew = "a smaller --batch_size, --max_chunks or --group"
    limits = limits_told(settings.output_dir, anew, "--gradient_checkpointing")
    with undisturbed(), quiet(), limits:
        return Run(settings, display or Display()).train()


class Run:
    """One training, from where it begins or goes on to its end."""

    def __init__(self, settings: CompressSettings, display: Display) -> None:
        self.settings, self.display = settings, display
        self.folder = RunFolder(settings.output_dir)
        self.folder.check_free(resume=settings.resume)
        check_trackers(settings)
        self.question_set = make_questions(settings.questions)
        if not len(self.question_set.documents):
            raise ConfigError(
                f"{self.question_set.name} brings no documents, and there is nothing to compress. "
                "Give a question set that does."
            )
        self.cases, self.examined = self._cases()
        self.begun = self.folder.begin(self._conditions(), resume=settings.resume)
        asked = self.question_set.questions(settings.split)[: settings.limit or None]
        told = (self.question_set, settings.split, asked)
        remember(self.folder.folder, told, start=settings.model_name)
        self.compressor = self._compressor()
        self.material = self._material()
        self.marks = Marks(self.folder.marks, self.begun)
        wants = settings.use_wandb or settings.use_tensorboard
        trackers = make_trackers(settings, asdict(settings)) if wants else ()
        file = self.folder.folder / "journal.jsonl"
        self.journal = Journal(file, self.begun, trackers, name="step")

    def train(self) -> Trained:
        """Make all stages."""
        from .stages import Stage

        self.display.open("compress", self.settings.total_steps, self.begun)
        done = 0
        for name, steps in self.settings.steps.items():
            if done + steps > self.begun:
                stage = Stage(name, self.compressor, self.settings, self.material, steps)
                if self.begun > done:
                    stage.restore(self._left())
                self._stage(stage, done, max(self.begun - done, 0))
            done += steps
        return self._finish(done)

    def _stage(self, stage: Any, before: int, begun: int) -> None:
        """Make the steps of a stage from one on."""
        torch, sums = require("torch", "llm"), Means()
        for number in range(begun, stage.steps):
            rng = rng_for(self.settings.seed, "compress", stage.name, number)
            torch.manual_seed(int(rng.integers(2**31)))  # an encoder's dropout draws from it
            sums.add(stage.step(number, rng))
            self.display.move(before + number + 1)
            self._tell(stage, before, number + 1, sums)

    def _tell(self, stage: Any, before: int, made: int, sums: Means) -> None:
        """Write down, examine and save where it is due."""
        settings, ends = self.settings, made == stage.steps
        looks = stage.name in ("answer", "policy")
        if ends or made % settings.save_steps == 0 or (looks and made % settings.eval_steps == 0):
            figures = sums.take()
            self.journal.add(before + made, {f"{stage.name}_{n}": v for n, v in figures.items()})
            told = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
            self.display.say(f"{stage.name} {made}  {told}")
            if looks and (ends or made % settings.eval_steps == 0):
                self._examine(before + made)
            self._save(stage, before + made)

    def _examine(self, step: int) -> None:
        from .judging import judge

        if self.examined is None:
            return
        metrics = judge(self.compressor, self.examined, self.settings.expand)
        share = step / self.settings.total_steps
        mark = Mark(step=step, epoch=share, score=metrics["f1"], metrics=metrics)
        if self.marks.add(mark):
            self._keep(step, mark)
        shown = "  ".join(f"{name} {value:.3f}" for name, value in metrics.items())
        self.display.say(f"step {step}  {shown}")

    def _keep(self, step: int, mark: Mark) -> None:
        """Write the best model."""
        with self.folder.new_best() as folder:
            self._write(folder, step, mark)

    def _write(self, folder: Path, step: int, best: Mark | None) -> None:
        from .saving import save_compressor

        save_compressor(
            self.compressor, folder, {**asdict(self.settings), "step": step, "best": best}
        )

    def _save(self, stage: Any, step: int) -> None:
        from .saving import save_compressor

        with self.folder.save(step) as folder:
            save_compressor(self.compressor, folder, {})
            save_state(stage.state(), folder / STATE)

    def _left(self) -> Any:
        return load_state(self.folder.checkpoint(self.begun) / STATE, self.compressor.device)

    def _cases(self) -> tuple[Sequence[Case], Sequence[Case] | None]:
        """Return what is trained on, and what is held out."""
        settings, own = self.settings, self.question_set
        questions = own.questions(settings.split)
        questions = questions[: settings.limit] if settings.limit else questions
        gold = {d.id: d for d in own.documents} if settings.with_gold else None
        retriever = make_retriever(settings.retriever, own.documents)
        given: dict[str, Any] = {
            "max_document_chars": settings.max_document_chars,
            "seed": settings.seed,
        }
        trained = Cases(questions, retriever, settings.top_k, gold=gold, **given)
        held = held_out_set(settings, own)
        if held is None:
            return trained, None
        if held is not own:
            retriever = make_retriever(settings.retriever, held.documents)
        looked = held.questions(settings.eval_split)[: settings.eval_episodes]
        return trained, Cases(looked, retriever, settings.top_k, **given)

    def _material(self) -> Any:
        from .curriculum import Passages, check_room
        from .stages import Material

        settings = self.settings
        reads = settings.reconstruction_steps or settings.paragraph_steps
        writer, most = self.compressor.rows, settings.max_chunks
        if settings.reconstruction_steps:
            check_room(writer, most, most)
        if settings.paragraph_steps:
            check_room(writer, most, settings.ahead)
        passages = Passages(self.question_set.documents, writer.chunker) if reads else None
        return Material(passages, self.cases)

    def _compressor(self) -> Any:
        from ..drag.parts import device_of
        from .building import new_compressor, prepared
        from .saving import load_compressor

        settings = self.settings
        if not self.begun:
            return new_compressor(settings)
        folder, device = self.folder.checkpoint(self.begun), device_of(settings.device)
        return prepared(load_compressor(folder, device, encoder=settings.encoder), settings)

    def _conditions(self) -> Mapping[str, Any]:
        told = {name: v for name, v in asdict(self.settings).items() if name not in FREE}
        return {**told, "question_set": self.question_set.fingerprint}

    def _finish(self, done: int) -> Trained:
        """Leave the best model, or the last."""
        self.journal.finish()
        best = self.marks.best if self.marks.all else None
        if best is None:
            with self.folder.new_best() as last:
                self._write(last, done, None)
        self.folder.publish_best()
        return Trained(self.folder.folder, done, self.marks.all, best)


class Means:
    """Figures of the steps since they were last taken."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, figures: Mapping[str, float]) -> None:
        """Note those of a step."""
        self._count += 1
        for name, value in figures.items():
            self._sums[name] = self._sums.get(name, 0.0) + value

    def take(self) -> dict[str, float]:
        """Return the means, and forget."""
        told = dict(self._means())
        self._sums, self._count = {}, 0
        return told

    def _means(self) -> Iterator[tuple[str, float]]:
        for name, value in self._sums.items():
            yield name, value / self._count
