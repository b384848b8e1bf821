"""Questions that anyone's documents ask of themselves, on which a new reader learns to read.

A sentence without a name or number in it is the question, that name or number the answer, and the
sentence the document: what was taken out is found between the same words (cloze questions: Taylor,
Journalism Quarterly 30, 1953; spans as answers: Ram et al., ACL 2021, arXiv 2101.00438). Or, nearer
to what people ask, the question is a question word and some words of the sentence (Lewis et al., ACL
2019, arXiv 1906.04980), and the document has the sentences around it too. Written as a folder of
questions, which `hopgym train rag` reads like any other.
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


_SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "by",
        "and",
        "or",
        "for",
        "with",
        "from",
        "as",
        "is",
        "was",
        "were",
        "be",
        "been",
    ]
)
"""Words that a question mostly leaves out."""

_KEPT = (0.85, 0.25)
"""How likely other words, and small ones, are to be in a question."""


def write_cloze(
    folder: Path,
    documents: Iterable[Document],
    *,
    seed: int = 0,
    each: int = 2,
    asked: bool = False,
) -> Path:
    """Write a folder of cloze questions over the sentences of documents.

    Args:
        folder: Where; what a whole run wrote there is kept.
        documents: Whose sentences.
        seed: Draws the gaps.
        each: Questions of a sentence at most.
        asked: Whether questions are asked in words, of a sentence among its neighbours.

    Returns:
        The folder.

    Raises:
        DataError: If no sentence can be asked about.
    """
    done = folder / "questions" / "train.jsonl"
    if done.is_file():
        return folder
    shown: dict[str, Document] = {}
    questions: list[Question] = []
    for sentence, around in _sentences(documents, 1 if asked else 0):
        made = list(cloze(sentence, seed, each, asked=asked))
        shown |= {around.id: around} if made else {}
        questions += made
    if not questions:
        raise DataError("None of the documents has a sentence with a name or number in it.")
    done.parent.mkdir(parents=True, exist_ok=True)
    _write(folder / "documents.jsonl", shown.values())
    _write(done, questions)
    return folder


def cloze(
    sentence: Document, seed: int = 0, each: int = 2, *, asked: bool = False
) -> Iterator[Question]:
    """Yield questions of one sentence, with a gap or, where `asked`, in words.

    >>> said = Document("d", "", "The director of the film Vel was Ada Orm of Tessa.")
    >>> [(question.text, question.answers[0]) for question in cloze(said, each=1)]
    [('the film Vel was _ .', 'Ada Orm of Tessa')]
    """
    rng = rng_for(seed, "cloze", sentence.id)
    spans = list(_SPAN.finditer(sentence.text))
    for place in rng.permutation(len(spans))[:each].tolist():
        start, end = spans[place].span()
        answer = sentence.text[start:end]
        before, after = sentence.text[:start], sentence.text[end:]
        text = _spoken(before, answer, after, rng) if asked else _gapped(before, after, rng)
        yield Question(
            f"{sentence.id} {place}", text, (answer,), "cloze", document_ids=(sentence.id,)
        )


def _gapped(before: str, after: str, rng: np.random.Generator) -> str:
    left, right = (int(rng.integers(*_AROUND)) for _ in range(2))
    return " ".join([*before.split()[-left:], "_", *after.split()[:right]])


def _spoken(before: str, answer: str, after: str, rng: np.random.Generator) -> str:
    left, right = before.split()[-_AROUND[1] :], after.split()[: _AROUND[1]]
    kept = [word for word in [*left, *right] if rng.random() < _KEPT[word.lower() in _SMALL]]
    return " ".join([_question_word(answer), *kept]).rstrip(".,;:") + "?"


def _question_word(answer: str) -> str:
    if answer[0].isdigit():
        is_year = len(answer) == 4 and answer.isdigit()
        return "When" if is_year else "How many"
    return "Who" if " " in answer and answer[0].isupper() else "What"


def _sentences(
    documents: Iterable[Document], neighbours: int
) -> Iterator[tuple[Document, Document]]:
    """Yield each sentence that can be asked about, and what is shown for it, by the same id."""
    for document in documents:
        parts = _SENTENCE.split(document.text)
        for number, sentence in enumerate(parts):
            if len(sentence.split()) in _WORDS:
                id = f"{document.id}#{number}"
                shown = " ".join(parts[max(0, number - neighbours) : number + neighbours + 1])
                yield Document(id, document.title, sentence), Document(id, document.title, shown)


def _write(path: Path, records: Iterable[Document | Question]) -> None:
    with atomic_write(path) as stream:
        stream.writelines(msgspec.json.encode(record) + b"\n" for record in records)
