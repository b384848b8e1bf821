"""Questions that anyone's documents ask of themselves, on which a new reader learns to read.

A sentence without a name or number in it is the question, that name or number the answer, and the
sentence the document: what was taken out is found between the same words (cloze questions: Taylor,
Journalism Quarterly 30, 1953; spans as answers: Ram et al., ACL 2021, arXiv 2101.00438). Written as
a folder of questions, which `hopgym train rag` reads like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from ..core import Document, Question
from ..errors import DataError
from ..files import atomic_write
from ..seeding import rng_for

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])")
_SPAN = re.compile(
    r"(?<=\s)(?:[A-Z]\w+(?: (?:of |the )?[A-Z]\w+){0,3}|[0-9][0-9.,]*[0-9]|[a-z]{6,})"
)
_WORDS = range(6, 45)
"""Words of a sentence that is asked about."""

_AROUND = (3, 9)
"""Words that a question has before and after the gap, from and to."""


def write_cloze(
    folder: Path, documents: Iterable[Document], *, seed: int = 0, each: int = 2
) -> Path:
    """Write a folder of cloze questions over the sentences of documents.

    Args:
        folder: Where; what a whole run wrote there is kept.
        documents: Whose sentences.
        seed: Draws the gaps.
        each: Questions of a sentence at most.

    Returns:
        The folder.

    Raises:
        DataError: If no sentence can be asked about.
    """
    done = folder / "questions" / "train.jsonl"
    if done.is_file():
        return folder
    sentences = list(_sentences(documents))
    asked = [question for one in sentences for question in cloze(one, seed, each)]
    if not asked:
        raise DataError("None of the documents has a sentence with a name or number in it.")
    done.parent.mkdir(parents=True, exist_ok=True)
    _write(folder / "documents.jsonl", sentences)
    _write(done, asked)
    return folder


def cloze(sentence: Document, seed: int = 0, each: int = 2) -> Iterator[Question]:
    """Yield questions of one sentence.

    >>> said = Document("d", "", "The director of the film Vel was Ada Orm of Tessa.")
    >>> [(question.text, question.answers[0]) for question in cloze(said, each=1)]
    [('the film Vel was _ .', 'Ada Orm of Tessa')]
    """
    rng = rng_for(seed, "cloze", sentence.id)
    spans = list(_SPAN.finditer(sentence.text))
    for place in rng.permutation(len(spans))[:each].tolist():
        start, end = spans[place].span()
        text = _gapped(sentence.text[:start], sentence.text[end:], rng)
        answer = sentence.text[start:end]
        yield Question(
            f"{sentence.id} {place}", text, (answer,), "cloze", document_ids=(sentence.id,)
        )


def _gapped(before: str, after: str, rng: np.random.Generator) -> str:
    left, right = (int(rng.integers(*_AROUND)) for _ in range(2))
    return " ".join([*before.split()[-left:], "_", *after.split()[:right]])


def _sentences(documents: Iterable[Document]) -> Iterator[Document]:
    for document in documents:
        for number, sentence in enumerate(_SENTENCE.split(document.text)):
            if len(sentence.split()) in _WORDS:
                yield Document(f"{document.id}#{number}", document.title, sentence)


def _write(path: Path, records: Iterable[Document | Question]) -> None:
    with atomic_write(path) as stream:
        stream.writelines(msgspec.json.encode(record) + b"\n" for record in records)
