"""What a RAG is trained on: questions with answers, the corpus, and which passages are right.

Gold passages are right where a set knows them; else the first BM25 hit that contains an answer.
Hits that neither are gold nor contain one are wrong, and hard to tell from right ones
(Karpukhin et al., arXiv 2004.04906, section 3.2).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from ...core import Document, Question
from ...envs.datasets import DATASETS, make_questions
from ...envs.datasets.base import QuestionSet
from ...errors import ConfigError
from ...retrieval.bm25 import BM25Retriever
from ...retrieval.corpus import Corpus
from ...rewards.normalize import squad
from ..drag.train import parted
from ..expert.splits import Evaluation, shared
from ..training.held_out import check_apart, check_split
from .settings import RagSettings

DEPTH = 20
"""BM25 hits that are looked through for each question."""

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


class Example(NamedTuple):
    """A question to learn from."""

    question: str
    answer: str
    positives: tuple[int, ...]
    """Places of right passages in the corpus; none where none is known or found."""
    negatives: tuple[int, ...]
    """Places of wrong ones that BM25 takes for right."""


@dataclass(frozen=True)
class Data:
    """What is trained on and what is held out, over one corpus."""

    question_set: QuestionSet
    documents: Sequence[Document]
    trained: Sequence[Question]
    held: Sequence[Question]
    """Empty where nothing is held out."""
    told: str
    """What is held out, in words."""


def read_set(spec: str) -> QuestionSet:
    """Return a question set by name, file or folder, or a set of the `datasets` library.

    What is neither ours nor a file is looked for by `datasets`, as `hub?name=SPEC`.

    Raises:
        UnknownNameError: If it is nothing of all that.
        DataError: If it cannot be read.
    """
    name, _, options = spec.partition("?")
    path = Path(name)
    ours = name in DATASETS or path.is_file() or (path / "questions").is_dir()
    if ours or not (path.is_dir() or _HUB_NAME.fullmatch(name)):
        return make_questions(spec)
    return make_questions(f"hub?name={quote(name, safe='/')}{'&' if options else ''}{options}")


def read_data(settings: RagSettings) -> Data:
    """Read the questions and the corpus, and part what is trained on from what is held out.

    Training questions that are also held out, by their text or gold, are left out.

    Raises:
        ConfigError: If there is no such split, or no corpus.
        DataError: If nothing is left to train on.
    """
    made = read_set(settings.question_spec)
    if not made.documents:
        raise ConfigError(
            f"{made.name} brings no documents to retrieve from. Write '?documents=FILE' after its "
            "name (JSONL of {id, title, text})."
        )
    trained, held, told = _divided(settings, made)
    limit = settings.limit or len(trained)
    return Data(made, made.documents, trained[:limit], held[: settings.eval_episodes], told)


def _divided(
    settings: RagSettings, made: QuestionSet
) -> tuple[Sequence[Question], Sequence[Question], str]:
    asked, split = settings.eval_questions, settings.eval_split
    check_split(made, settings.split)
    questions = made.questions(settings.split)
    name = f"{made.name} {settings.split}"
    if asked == "none":
        return questions, (), _NOTHING
    usual = split == RagSettings.eval_split
    if not asked and usual and split not in made.splits:
        kept, held = parted(questions, settings.eval_share)
        told = f"Held out: {len(held)} of {len(questions)} questions of {name}."
        return kept, held, told if held else _NOTHING
    other = read_set(asked) if asked else made
    check_split(other, split)
    held = other.questions(split)
    same = other.fingerprint == made.fingerprint
    against = Evaluation(f"{other.name} {split}", held, same)
    leaves_out = settings.contamination == "refuse"
    found = {id(each.question) for each in shared(questions, [against])} if leaves_out else set()
    kept = [question for question in questions if id(question) not in found]
    judged = (kept or questions, held, name, against.name)  # where none is kept, that is refused
    check_apart(*judged, same=same, contamination=settings.contamination)
    told = f"Held out: {len(held)} questions of {against.name}."
    if found:
        told += f" {len(found)} of {name} ask the same, and are not trained on."
    return kept, held, told


def read_examples(
    questions: Sequence[Question], documents: Sequence[Document], hard_negatives: int
) -> list[Example]:
    """Return questions as they are learnt from.

    Args:
        questions: The questions.
        documents: The corpus.
        hard_negatives: Wrong passages of each at most.
    """
    places = {document.id: place for place, document in enumerate(documents)}
    gold = [_gold(question, places) for question in questions]
    if not hard_negatives and all(gold):
        return [_example(q, g, ()) for q, g in zip(questions, gold, strict=True)]
    hits = BM25Retriever(Corpus.of(documents)).search([q.text for q in questions], DEPTH)
    normalised: dict[int, str] = {}
    examples = []
    for question, right, found in zip(questions, gold, hits.ids, strict=True):
        answers = [f" {squad(answer)} " for answer in question.answers if squad(answer)]
        having: list[int] = []
        lacking: list[int] = []
        for place in (places[id] for id in found):
            if place not in normalised:
                normalised[place] = f" {squad(_text(documents[place]))} "
            has = any(answer in normalised[place] for answer in answers)
            (having if has else lacking).append(place)
        wrong = [place for place in lacking if place not in right][:hard_negatives]
        examples.append(_example(question, right or tuple(having[:1]), tuple(wrong)))
    return examples


def recall(retrieved: Sequence[Document], question: Question) -> float:
    """Return the share of a question's gold passages among those retrieved.

    Where none is known: whether an accepted answer stands in any of them, as DPR counts it.

    >>> found = [Document("a", "Ada", "Born in Tessa.")]
    >>> recall(found, Question("q", "Where?", ("Tessa",)))
    1.0
    >>> recall(found, Question("q", "Where?", ("Tessa",), document_ids=("a", "b")))
    0.5
    """
    if question.document_ids:
        ids = {document.id for document in retrieved}
        return sum(id in ids for id in question.document_ids) / len(question.document_ids)
    texts = [f" {squad(_text(document))} " for document in retrieved]
    answers = [f" {squad(answer)} " for answer in question.answers if squad(answer)]
    return float(any(answer in text for answer in answers for text in texts))


def _gold(question: Question, places: dict[str, int]) -> tuple[int, ...]:
    return tuple(places[id] for id in question.document_ids if id in places)


def _example(question: Question, right: tuple[int, ...], wrong: tuple[int, ...]) -> Example:
    return Example(question.text, question.answers[0], right, wrong)


def _text(document: Document) -> str:
    return f"{document.title} {document.text}"


_NOTHING = "No questions were held out: the last step is what is left."
