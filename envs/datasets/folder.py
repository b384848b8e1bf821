"""hopgym's own files: a folder of questions by split and the documents to search for answers.

```
documents.jsonl          one Document a line
questions/{split}.jsonl  one Question a line
```
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import msgspec

from ...core import Document, Question
from ...errors import DataError
from ...files import fingerprint, read_lines
from ...retrieval.corpus import Corpus, read_documents
from .base import check_split
from .records import check_limit


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


def read_questions(
    path: str | Path, *, limit: int | None = None, skipped: list[str] | None = None
) -> tuple[Question, ...]:
    """Read one `Question` a line.

    Args:
        path: The file.
        limit: Read no more lines than this; blank ones do not count.
        skipped: Is told of bad lines; where it is None, the first one raises.

    Raises:
        DataError: If a line is no question, or its id stands above already; the message names the
            file, the line and the field.
    """
    lines = ((n, line) for n, line in enumerate(read_lines(path), 1) if line.strip())
    questions: dict[str, Question] = {}
    for number, line in islice(lines, check_limit(limit)):
        try:
            question = _question(line, f"{path}:{number}", questions)
            questions[question.id] = question
        except DataError as error:
            if skipped is None:
                raise
            skipped.append(str(error))
    return tuple(questions.values())


_DECODER = msgspec.json.Decoder(Question)


def _question(line: str, where: str, above: Container[str]) -> Question:
    try:
        question = _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise DataError(f"{where}: no question ({error}). Mend this line.") from error
    if question.id in above:
        raise DataError(
            f"{where}: the id {question.id!r} stands above already. Give each question its own."
        )
    if not question.answers:
        raise DataError(f"{where}: the question has no answers. Mend this line.")
    return question
