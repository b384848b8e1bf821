"""Training a D-RAG, phase 1 or 2: epochs over questions, the best of which is what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from ...core import Question
from ...envs.datasets import make_questions
from ...envs.datasets.lazy import LazyQuestions
from ...envs.subgraph.case import Case
from ...errors import ConfigError, require
from ...seeding import rng_for
from ..contamination.guard import remember
from ..expert.splits import Evaluation, shared
from ..training.display import Display
from ..training.examination import Mark, Marks
from ..training.folder import RunFolder
from ..training.held_out import check_apart, check_split
from ..training.journal import Journal, check_trackers, make_trackers
from ..training.limits import limits_told
from ..training.surroundings import undisturbed
from .cases import Cases, questions_of
from .settings import FREE, DragSettings


class Trained(NamedTuple):
    """What came of a training."""

    folder: Path
    """The trained model, as the leaderboard runs it."""
    epochs: int
    marks: list[Mark]
    """How it did on held-out questions, and when; the first before it was trained."""
    best: Mark | None
    metric: str
    """What the best was chosen by."""
    left_out: int
    """Questions that teach nothing: no gold fact among what is offered, or no answer."""


def train(settings: DragSettings, display: Display | None = None) -> Trained:
    """Train.

    Raises:
        MissingExtraError: If a library is not installed.
        ConfigError: If a setting does not fit the questions, the model or an earlier run.
        DataError: If held-out questions are trained on.
        AgentError: If the loss is no number.
    """
    require("torch", "llm")
    anew = "a smaller --batch_size, --max_facts or --k_facts"
    limits = limits_told(settings.checkpoint_dir, anew, "--gradient_checkpointing")
    with undisturbed(), limits:
        return Run(settings, display or Display()).train()


class Run:
    """One training, from where it begins or goes on to its end."""

    def __init__(self, settings: DragSettings, display: Display) -> None:
        self.settings, self.display = settings, display
        self.folder = RunFolder(settings.checkpoint_dir, flag="--checkpoint_dir")
        self.folder.check_free(resume=settings.resume)
        check_trackers(settings)
        if settings.phase == 2:
            from .parts import check_fits

            check_fits(settings, settings.phase1_checkpoint)
        self.question_set = make_questions(settings.question_spec)
        questions, self.examined, self._held_out = self._questions()
        if settings.patience and self.examined is None:
            raise ConfigError(
                "patience looks at held-out questions, and there are none: give --eval_questions, "
                "or leave patience out."
            )
        self.cases = Cases(questions, settings.max_facts)
        self.places = self._teaching()
        self.begun = self.folder.begin(self._conditions(), resume=settings.resume)
        told = (self.question_set, settings.split, questions)
        remember(self.folder.folder, told, start=settings.phase1_checkpoint)
        self.phase = self._phase()
        self.marks = Marks(self.folder.marks, self.begun)
        wants = settings.use_wandb or settings.use_tensorboard
        trackers = make_trackers(settings, asdict(settings)) if wants else ()
        file = self.folder.folder / "journal.jsonl"
        self.journal = Journal(file, self.begun, trackers, name="epoch")

    def train(self) -> Trained:
        """Make all epochs, or as many as get better."""
        epochs, steps = self.settings.training_epochs, self._steps
        self.display.open("drag", epochs * steps, self.begun * steps)
        self.display.say(self._held_out)
        if not self.begun:
            self._examine(0)
        done = self.begun
        while done < epochs and not self._is_stale():
            figures = self._epoch(done)
            done += 1
            self.journal.add(done, figures)
            self._examine(done)
            self._save(done)
        return self._finish(done)

    @property
    def _steps(self) -> int:
        """Optimiser steps of an epoch."""
        return -(-len(self.places) // self.settings.batch)

    def _questions(self) -> tuple[Sequence[Question], Cases | None, str]:
        """Return what is trained on, what is held out, and how to say that."""
        settings = self.settings
        asked = settings.eval_questions
        usual = settings.eval_split == DragSettings.eval_split
        if not asked and usual and settings.eval_split not in self.question_set.splits:
            return self._parted()
        trained = questions_of(self.question_set, settings.split, settings.limit)
        if asked == "none":
            return trained, None, _NOTHING_HELD_OUT
        held_out = make_questions(asked) if asked else self.question_set
        split = settings.eval_split
        if asked and split not in held_out.splits and len(held_out.splits) == 1:
            (split,) = held_out.splits  # a file's only one, whatever it is called
        check_split(held_out, split)
        questions = questions_of(held_out, split, settings.eval_episodes)
        same = held_out.fingerprint == self.question_set.fingerprint
        names = (f"{self.question_set.name} {settings.split}", f"{held_out.name} {split}")
        check_apart(trained, questions, *names, same=same, contamination=settings.contamination)
        told = f"Held out: {len(questions)} questions of {names[1]}."
        return trained, Cases(questions, settings.max_facts), told

    def _parted(self) -> tuple[Sequence[Question], Cases | None, str]:
        """Hold out a share of the only split that there is; the same for every seed."""
        settings = self.settings
        questions = questions_of(self.question_set, settings.split)
        # Parted before it is limited: what one phase holds out the other must not train on.
        trained, held = parted(questions, settings.eval_share)
        trained = trained[: settings.limit] if settings.limit else trained
        if not held:
            return trained, None, _NOTHING_HELD_OUT
        name = f"{self.question_set.name} {settings.split}"
        told = f"Held out: {len(held)} of {len(questions)} questions of {name}."
        return trained, Cases(held[: settings.eval_episodes], settings.max_facts), told

    def _teaching(self) -> list[int]:
        """Return the places of the questions that something can be learnt from."""
        first = self.settings.phase == 1
        taught = [place for place in range(len(self.cases)) if _teaches(self.cases[place], first)]
        if not taught:
            raise ConfigError(
                f"None of the {len(self.cases)} questions has "
                f"{'a gold fact among those offered' if first else 'an answer'}. Give questions "
                "with topic and answer entities, or a larger --max_facts."
            )
        return taught

    def _phase(self) -> Any:
        """Return what trains, with its parts as they were left."""
        from .joint import Joint
        from .parts import joint_parts, new_parts
        from .pretraining import Pretraining

        settings, total = self.settings, self.settings.training_epochs * self._steps
        folder = self.folder.checkpoint(self.begun) if self.begun else None
        phase: Any
        if settings.phase == 1:
            parts = new_parts(settings, folder)
            phase = Pretraining(parts, settings, total)
        else:
            phase = Joint(joint_parts(settings, folder), settings, total)
        if folder is not None:
            phase.restore(folder)
        return phase

    def _epoch(self, epoch: int) -> dict[str, float]:
        """Go through the questions once, in an order of this epoch's own; return mean figures."""
        from .phase import batches

        torch = require("torch", "llm")
        rng = rng_for(self.settings.seed, "drag", self.settings.phase, epoch)
        noise = torch.Generator(self.phase.parts.device).manual_seed(int(rng.integers(2**31)))
        torch.manual_seed(int(rng.integers(2**31)))  # dropout of adapters draws from the global one
        order = [self.places[place] for place in rng.permutation(len(self.places))]
        sums: dict[str, float] = {}
        for step, places in enumerate(batches(order, self.settings.batch), 1):
            figures = self.phase.step([self.cases[place] for place in places], noise)
            for name, value in figures.items():
                sums[name] = sums.get(name, 0.0) + value
            self.display.move(epoch * self._steps + step)
        return {name: value / self._steps for name, value in sums.items()}

    def _examine(self, epoch: int) -> None:
        loss = f"loss {self.journal.lines[-1]['loss']:.3f}  " if epoch else ""
        if self.examined is None:
            if epoch:
                self.display.say(f"epoch {epoch}  {loss}".rstrip())
            return
        from .judging import judge

        metrics = judge(self.phase.parts, self.examined)
        metric = self._metric(metrics)
        mark = Mark(step=epoch, epoch=float(epoch), score=metrics[metric], metrics=metrics)
        if self.marks.add(mark):
            self._keep(epoch, mark)
        shown = "  ".join(f"{name} {metrics[name]:.3f}" for name in _SHOWN if name in metrics)
        best = "the best so far" if self.marks.best is mark else f"best {self.marks.best.score:.3f}"
        self.display.say(f"epoch {epoch}  {loss}{shown}  ({best})")

    def _keep(self, epoch: int, mark: Mark) -> None:
        """Write the best model."""
        with self.folder.new_best() as folder:
            self.phase.parts.save(folder, self._made(epoch, mark))

    def _made(self, epoch: int, best: Mark | None) -> dict[str, Any]:
        return {**asdict(self.settings), "epochs_made": epoch, "best": best}

    def _metric(self, metrics: Mapping[str, float]) -> str:
        """Return what is compared: where no gold facts are known, the answers' recall."""
        name: str = self.phase.metric
        return name if name in metrics else "answer_recall"

    def _save(self, epoch: int) -> None:
        with self.folder.save(epoch) as folder:
            self.phase.save(folder)

    def _is_stale(self) -> bool:
        patience = self.settings.patience
        return bool(patience and self.marks.all and self.marks.stale >= patience)

    def _conditions(self) -> Mapping[str, Any]:
        told = {name: v for name, v in asdict(self.settings).items() if name not in FREE}
        return {**told, "question_set": self.question_set.fingerprint}

    def _finish(self, done: int) -> Trained:
        """Leave the best model, or the last."""
        self.journal.finish()
        best = self.marks.best if self.marks.all else None
        folder = self.folder.folder
        if best is None:
            with self.folder.new_best() as last:
                self.phase.parts.save(last, self._made(done, None))
        self.folder.publish_best()
        metric = self._metric(best.metrics) if best else self.phase.metric
        left_out = len(self.cases) - len(self.places)
        return Trained(folder, done, self.marks.all, best, metric, left_out)


def parted(
    questions: Sequence[Question], share: float
) -> tuple[Sequence[Question], Sequence[Question]]:
    """Return questions without a share of them, and that share; both in their order.

    What asks the same as one of the share, by its text or its gold facts, is in neither.

    >>> some = [Question(str(n), f"Who is {n}?", ("Ada",)) for n in range(10)]
    >>> trained, held = parted(some, 0.2)
    >>> len(trained), [question.id for question in held]
    (8, ['1', '2'])
    """
    order = rng_for(0, "drag", "held out").permutation(len(questions))
    held = sorted(order[: round(share * len(questions))].tolist())
    rest = sorted(set(range(len(questions))).difference(held))
    outlines = getattr(questions, "outlines", questions)
    against = Evaluation("held out", [outlines[place] for place in held], same_set=True)
    asked = {each.question.id for each in shared([outlines[place] for place in rest], [against])}
    rest = [place for place in rest if outlines[place].id not in asked]

    def whole(place: int, outline: Question) -> Question:
        return questions[place]  # made when it is asked for, where it is not there yet

    return LazyQuestions(outlines, whole, rest), LazyQuestions(outlines, whole, held)


def _teaches(case: Case, first: bool) -> bool:
    if first:
        return bool(case.gold.any())
    return any(map(str.strip, case.gold_answers))


_NOTHING_HELD_OUT = "No questions were held out: the last epoch is what is left."

_SHOWN = ("fact_recall", "fact_f1", "facts", "hit_at_1_exact", "f1_one_to_one")
