"""What training the retriever with the reader adds to RAG, over a reader whose retriever is frozen.

Two tasks. `world`: questions of one hop over the synthetic world, with small random encoders (DPR)
and a small random T5. `squad`: real questions of an SQuAD file, with MiniLM for the encoders and a
small T5 that has learnt to read by cloze questions over the training articles (see `cloze`). Each is
trained with several seeds in two arms that differ in nothing else: jointly, and with the retriever
frozen as it came. Both are judged on questions, or articles, of a split that no training saw: the
answers' F1 and exact match, and the recall of gold passages among the first five.

    python -m hopgym.benchmarks.rag_gain --out runs/rag_gain [--squad FILE] [--seeds 3] [--jobs 2]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

import msgspec
import typer
from rich.table import Table

from ..core import Question
from ..errors import ConfigError
from ..files import atomic_write
from ..rewards.answer import exact_match, f1
from .cloze import write_cloze
from .stats import Interval, mean_interval
from .study import errors_told, run_hopgym, wide_console

ARMS: Mapping[str, Sequence[str]] = {"frozen": ("--freeze_retriever",), "joint": ()}
"""Each with the flags that make it."""

DEPTH = 5
"""Passages among which gold ones are counted."""

Judged = list[dict[str, float]]
"""The metrics of each question, in the order of the split."""

METRICS = {"f1": "F1, %", "em": "EM, %", f"recall@{DEPTH}": f"Recall@{DEPTH}, %"}


class Task(NamedTuple):
    """What is trained and judged."""

    name: str
    questions: str
    flags: tuple[str, ...]
    """Of training, in both arms."""
    episodes: int
    """Questions of the test split that are judged."""
    reader: tuple[tuple[str, ...], ...] = ()
    """Flags of the lessons in which a reader learns from cloze questions first, for both arms: those
    with a gap, then those that are asked in words; none for none."""


WORLD = Task(
    "world",
    "world?hops=1&train=1500&dev=150&test=500&entities=1200&seed=5",
    (
        *("--preset", "tiny-cpu", "--num_epochs", "14", "--learning_rate", "1e-3"),
        *("--gold_steps", "400", "--eval_steps", "282", "--eval_episodes", "100"),
    ),
    500,
)


def squad_task(file: Path) -> Task:
    """Return the task of an SQuAD file, whose articles are divided into train, dev and test.

    Raises:
        ConfigError: If there is no such file.
    """
    if not file.is_file():
        raise ConfigError(f"{str(file)!r} is no file; give --squad dev-v1.1.json, or leave it out.")
    lengths = ("--max_question_tokens", "40", "--max_answer_tokens", "16")
    flags = (
        *("--question_encoder", "minilm", "--no_train_context_encoder", "--n_docs", "2"),
        *("--batch_size", "16", "--learning_rate", "7e-4", "--retriever_lr", "2e-5"),
        *(
            "--gold_steps",
            "300",
            "--warmup_steps",
            "50",
            "--num_epochs",
            "1",
            "--eval_episodes",
            "100",
            *lengths,
        ),
        *("--max_passage_tokens", "200", "--max_input_tokens", "224"),
    )
    lesson = (
        *("--question_encoder", "tiny", "--freeze_retriever", "--n_docs", "1", *lengths),
        *("--gold_steps", "1000000", "--hard_negatives", "0", "--batch_size", "32"),
        *("--warmup_steps", "100", "--eval_questions", "none", "--max_passage_tokens", "64"),
    )
    gaps = ("--num_epochs", "4", "--learning_rate", "1e-3", "--max_input_tokens", "112")
    asked = ("--num_epochs", "3", "--learning_rate", "7e-4", "--max_input_tokens", "192")
    reader = ((*lesson, *gaps), (*lesson, *asked))
    spec = f"squad?path={quote(str(file), safe='/')}&dev=0.1&test=0.2"
    return Task("squad", spec, flags, 1000, reader)


@dataclass(frozen=True)
class Plan:
    """What is run, and where."""

    out: Path
    task: Task

    def run(self, arm: str, seed: int) -> Path:
        """Return the folder of a run."""
        return self.out / f"{self.task.name}-{arm}-{seed}"

    def command(self, arm: str, seed: int) -> list[str]:
        """Return the command of a run, which goes on where it stopped."""
        read = []
        if self.task.reader:  # whose passages' vectors all runs share
            read = ["--generator_model", str(self.reader / "generator")]
            read += ["--retrieval_cache", str(self.out / f"{self.task.name}-vectors")]
        return [
            "train", "rag", "--resume", "--output_dir", str(self.run(arm, seed)), *self.task.flags,
            *read, "--dataset_name", self.task.questions, "--seed", str(seed), *ARMS[arm],
        ]  # fmt: skip

    @property
    def reader(self) -> Path:
        """The folder of the reader that both arms begin with."""
        return self._lesson(len(self.task.reader))

    def reading(self) -> Iterator[tuple[Path, list[str]]]:
        """Write the cloze questions; yield the folder of each lesson and the command that gives it."""
        from ..agents.rag.data import read_set

        made = read_set(self.task.questions)
        taught = {id for question in made.questions("train") for id in question.document_ids}
        documents = [document for document in made.documents if document.id in taught]
        model = "tiny"
        for number, flags in enumerate(self.task.reader, 1):
            folder = self.out / f"{self.task.name}-cloze-{number}"
            questions = write_cloze(folder, documents, each=3, asked=number > 1)
            yield self._lesson(number), [
                "train", "rag", "--resume", "--output_dir", str(self._lesson(number)),
                "--dataset_name", str(questions), "--generator_model", model, *flags,
            ]  # fmt: skip
            model = str(self._lesson(number) / "generator")

    def _lesson(self, number: int) -> Path:
        return self.out / f"{self.task.name}-reader-{number}"

    def judged(self, arm: str, seed: int, split: str = "test") -> Judged:
        """Return how a trained RAG does on each question of a split."""
        file = self.run(arm, seed) / f"{split}.json"
        if not file.is_file():
            found = list(judge_each(self.run(arm, seed), self.task, split))
            with atomic_write(file) as stream:
                stream.write(msgspec.json.encode(found))
        return msgspec.json.decode(file.read_bytes(), type=Judged)


def judge_each(folder: Path, task: Task, split: str) -> Iterator[dict[str, float]]:
    """Yield the metrics of each question: what is found by the trained encoders, and the answer."""
    from ..agents.rag.data import read_set, recall
    from ..agents.rag.index import PassageIndex
    from ..agents.rag.saving import load_rag

    made = read_set(task.questions)
    questions: Sequence[Question] = made.questions(split)[: task.episodes]
    model, documents = load_rag(folder), made.documents
    index = PassageIndex(model.towers.encode_passages(documents))
    texts = [question.text for question in questions]
    _, places = index.search(model.towers.encode_questions(texts), DEPTH)
    found = [[documents[place] for place in row] for row in places.tolist()]
    answers = model.answer(texts, found, beams=1, batch_size=32)
    for question, row, answer in zip(questions, found, answers, strict=True):
        yield {
            "f1": f1(answer.text, question.answers),
            "em": exact_match(answer.text, question.answers),
            f"recall@{DEPTH}": recall(row, question),
        }


def measure(plan: Plan, seeds: int, jobs: int, console: Any) -> dict[str, list[Judged]]:
    """Train all that is not there yet, and judge it: for each arm, seed by seed.

    Raises:
        HopgymError: If a command fails.
    """
    for folder, command in plan.reading() if plan.task.reader else ():
        if not _is_done(folder):
            run_hopgym(command, console)
    runs = [(arm, seed) for seed in range(seeds) for arm in ARMS]
    left = [run for run in runs if not _is_done(plan.run(*run))]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda run: run_hopgym(plan.command(*run), console), left))
    return {arm: [plan.judged(arm, seed) for seed in range(seeds)] for arm in ARMS}


def gain(joint: Sequence[Judged], frozen: Sequence[Judged], metric: str) -> Interval:
    """Return by how much joint training is better, question by question, each the mean of its seeds."""
    pairs = zip(_each(joint, metric), _each(frozen, metric), strict=True)
    return mean_interval([mine - other for mine, other in pairs], "gain", metric)


def table(name: str, results: Mapping[str, Sequence[Judged]]) -> Table:
    """Lay out both arms of a task, seed by seed and in the mean, and the gains; 95 % intervals."""
    laid = Table("Trained", "Seed", title=f"{name}: held out", title_justify="left")
    for heading in METRICS.values():
        laid.add_column(heading, justify="right")
    for arm, found in results.items():
        for seed, one in enumerate(found):
            means = (sum(row[m] for row in one) / len(one) for m in METRICS)
            laid.add_row(arm, str(seed), *(f"{100 * mean:.1f}" for mean in means))
        cells = [mean_interval(list(_each(found, m)), arm, m) for m in METRICS]
        laid.add_row(arm, "all", *map(_percent, cells), end_section=True)
    gains = [gain(results["joint"], results["frozen"], m) for m in METRICS]
    laid.add_row("gain", "all", *map(_percent, gains))
    return laid


def main(
    out: Annotated[Path, typer.Option(help="The folder of the runs.")],
    squad: Annotated[
        Path | None, typer.Option(help="An SQuAD file; without it the world alone.")
    ] = None,
    world: Annotated[bool, typer.Option(help="Whether the world is measured.")] = True,
    seeds: Annotated[int, typer.Option(help="Runs of each arm.", min=1)] = 3,
    jobs: Annotated[int, typer.Option(help="Runs side by side, a core each.", min=1)] = 2,
) -> None:
    """Measure what joint training adds."""
    console = wide_console()
    with errors_told():
        tasks = [WORLD] * world + ([squad_task(squad)] if squad else [])
        for task in tasks:
            console.print(table(task.name, measure(Plan(out, task), seeds, jobs, console)))


def _is_done(folder: Path) -> bool:
    return (folder / "hopgym.json").is_file()


def _each(found: Sequence[Judged], metric: str) -> Iterator[float]:
    for rows in zip(*found, strict=True):
        yield sum(row[metric] for row in rows) / len(rows)


def _percent(interval: Interval) -> str:
    mean, low, high = (100 * end for end in interval[:3])
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"


if __name__ == "__main__":
    typer.run(main)
