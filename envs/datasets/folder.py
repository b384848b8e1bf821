"""hopgym's own files: a folder of questions by split and the documents to search for answers.

```
documents.jsonl          one Document a line
questions/{split}.jsonl  one Question a line
```
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from ...core import Document, Question
from ...errors import DataError
from ...files import fingerprint, read_lines
from ...retrieval.corpus import Corpus, read_documents
from .base import check_split


class QuestionFolder:
    """The questions and documents of a folder. Splits are read when first asked for.

    Args:
        path: The folder.

    Raises:
        DataError: If it holds no questions.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = self.path.name
        self._files = {file.stem: file for file in sorted(self.path.glob("questions/*.jsonl"))}
        if not self._files:
            raise DataError(
                f"{path} holds no questions/*.jsonl. Write one with `hopgym world --out`."
            )
        self._read: dict[str, tuple[Question, ...]] = {}

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits it has."""
        return tuple(self._files)

    @cached_property
    def documents(self) -> Sequence[Document]:
        """The corpus."""
        file = self.path / "documents.jsonl"
        return Corpus(read_documents(file) if file.is_file() else ())

    @cached_property
    def fingerprint(self) -> str:
        """Names the exact questions and documents."""
        splits = {split: self.questions(split) for split in self.splits}
        return fingerprint([Corpus.of(self.documents).fingerprint, splits])

    def questions(self, split: str) -> Sequence[Question]:
        """Return one split."""
        check_split(split, self._files, self.name)
        if split not in self._read:
            self._read[split] = read_questions(self._files[split])
        return self._read[split]


def read_questions(path: str | Path) -> tuple[Question, ...]:
    """Read one `Question` a line.

    Raises:
        DataError: If a line is no question, or its id stands above already; the message names the
            file, the line and the field.
    """
    decoder = msgspec.json.Decoder(Question)
    questions: dict[str, Question] = {}
    for number, line in enumerate(read_lines(path), 1):
        if line.strip():
            try:
                question = decoder.decode(line)
            except msgspec.DecodeError as error:
                raise DataError(
                    f"{path}:{number}: no question ({error}). Mend this line."
                ) from error
            if questions.setdefault(question.id, question) is not question:
                raise DataError(
                    f"{path}:{number}: the id {question.id!r} stands above already. Give each "
                    "question its own."
                )
    return tuple(questions.values())
