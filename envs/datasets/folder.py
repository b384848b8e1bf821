"""hopgym's own files: a folder of questions by split and the documents to search for answers.

```
documents.jsonl          one Document a line
questions/{split}.jsonl  one Question a line, or `{id, question, answer}` as in `plain`
```
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from ...core import Document, Question
from ...errors import DataError
from ...files import fingerprint
from ...retrieval.corpus import Corpus, read_documents
from .base import check_split
from .native import read_questions
from .records import warn_skipped


class QuestionFolder:
    """The questions and documents of a folder. Splits are read when first asked for.

    Args:
        path: The folder.
        strict: Whether a bad line raises; otherwise it is skipped, and a warning says how many
            were.

    Raises:
        DataError: If it holds no questions.
    """

    def __init__(self, path: str | Path, *, strict: bool = True) -> None:
        self.path = Path(path)
        self.strict = strict
        self.name = self.path.name
        self._files = {file.stem: file for file in sorted(self.path.glob("questions/*.jsonl"))}
        if not self._files:
            raise DataError(
                f"{path} holds no questions/*.jsonl. Write one with `hopgym world --out`, or lay "
                "out questions/{split}.jsonl and documents.jsonl as docs/questions.md says."
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
            skipped: list[str] = []
            file = self._files[split]
            self._read[split] = read_questions(file, skipped=None if self.strict else skipped)
            warn_skipped(f"{self.name} {split}", skipped)
        return self._read[split]
