"""What is trained on: step rows of files, as sequences of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...envs.contamination import asked
from ...envs.datasets.base import QuestionSet
from ...errors import ConfigError, require
from ...files import fingerprint
from ..contamination.guard import keep_apart
from ..contamination.sources import of_rows
from ..expert.encoding import Encoded, RowEncoder
from ..expert.published import read_rows
from ..expert.rows import StepRow
from .settings import SFTSettings


class TrainingData(NamedTuple):
    """The rows of a run, and their sequences."""

    rows: list[StepRow]
    encoded: Encoded

    @property
    def fingerprint(self) -> str:
        """Names the exact tokens and labels."""
        return fingerprint(self.encoded.rows)

    def dataset(self) -> Any:
        """Return the sequences as TRL takes them: `input_ids` and `labels`."""
        datasets = require("datasets", "llm")
        return datasets.Dataset.from_dict(
            {
                "input_ids": [row.input_ids for row in self.encoded.rows],
                "labels": [row.labels for row in self.encoded.rows],
            }
        )


def read_data(settings: SFTSettings, tokenizer: Any, context: int | None = None) -> TrainingData:
    """Read the files of a run and make tokens of them.

    Args:
        settings: The run's.
        tokenizer: The model's.
        context: Tokens that the model reads; None where it has no limit.

    Raises:
        ConfigError: If nothing is short enough to be learnt.
        DataError: If a file cannot be read.
    """
    rows = [row for path in settings.data_path for row in read_rows(path, grammar=settings.grammar)]
    length = min(settings.max_length, context or settings.max_length)
    encoder = RowEncoder(tokenizer, settings.prompts, max_length=length)
    encoded = encoder.encode(rows, settings.unit)
    if not encoded.rows:
        raise ConfigError(
            f"None of {len(rows)} steps leaves room for its context in {length} tokens. Raise "
            "max_length, or take a model that reads more."
        )
    return TrainingData(rows, encoded)


def check_held_out(
    rows: Sequence[StepRow], question_set: QuestionSet, split: str, contamination: str = "refuse"
) -> None:
    """Refuse to be judged by questions that are trained on, or tell of them.

    Raises:
        DataError: If the data has one of them, and that is to be refused.
    """
    keep_apart(of_rows(rows, "the data"), asked(question_set, split), contamination)
