"""A trained scorer as a reward: a sequence classifier with one output reads the whole episode.

`learned?model=FOLDER`. What it reads is `episode_text`, so whoever trains one must write its
examples with it. A trained scorer can be fooled by what it was not trained on: compare the exact
reward of the same episodes, and stop where the two part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from ..core import Question, Score, Trajectory
from ..errors import ConfigError, RewardError
from .base import Item, for_documents
from .classifier import Classifier, Dtype
from .shown import shown_documents


@for_documents
class LearnedReward:
    """Pays on the last step what a trained model says of the episode.

    Bounded, it pays the logistic function of the output, and 0 where no answer was given, so that
    giving up is never worth more than answering. Unbounded, it pays the output itself of every
    episode that ended, as a model of preferences (Bradley and Terry 1952) means it: there 0 is no
    floor.

    Args:
        model: A folder of a transformers sequence classifier with one output, in safetensors, or a
            name at the hub.
        bounded: Whether the logistic function is paid, from 0 to 1.
        max_tokens: How much of the text is read, from its start.
        batch_size: How many episodes are read at once.
        device: Where, such as "cpu" or "cuda"; None for the best there is.
        dtype: The numbers it is loaded with.

    Raises:
        ConfigError: If there is no such model, it has other outputs than one, or an option is not
            allowed.
        MissingExtraError: If transformers or torch is not installed.
    """

    def __init__(
        self,
        *,
        model: str | Path | None = None,
        bounded: bool = True,
        max_tokens: int = 512,
        batch_size: int = 16,
        device: str | None = None,
        dtype: Dtype = "float32",
    ) -> None:
        if not isinstance(bounded, bool):
            raise ConfigError(f"bounded is {bounded!r:.60}; it is true or false.")
        if model is None:
            raise ConfigError(
                "The reward 'learned' pays what a trained model says, and there is none. Give its "
                "folder, as in 'learned?model=FOLDER'."
            )
        self.bounded = bounded
        self.model = Classifier(
            model, max_tokens=max_tokens, batch_size=batch_size, device=device, dtype=dtype
        )
        if len(self.model.labels) != 1:
            raise ConfigError(
                f"{self.model.folder} has {len(self.model.labels)} outputs "
                f"({', '.join(self.model.labels)}); the reward 'learned' reads a model with one."
            )

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step: 0 while the episode runs."""
        return self.many([(question, trajectory)])[0]

    def many(self, items: Sequence[Item]) -> list[Score]:
        """Score the last step of each episode; the model reads those that ended, together.

        Raises:
            RewardError: If the model's output is no finite number.
        """
        read = [n for n, (_, trajectory) in enumerate(items) if self._is_read(trajectory)]
        rows = self.model.logits([episode_text(*items[n]) for n in read]) if read else []
        told = {n: self._value(row[0]) for n, row in zip(read, rows, strict=True)}
        values = [told.get(n, 0.0) for n in range(len(items))]
        return [Score(value, {"learned": value}) for value in values]

    def _is_read(self, trajectory: Trajectory) -> bool:
        if self.bounded:
            return trajectory.outcome == "answered"
        return trajectory.outcome != "running"

    def _value(self, logit: float) -> float:
        if not math.isfinite(logit):
            raise RewardError(f"{self.model!r} told {logit}, which is no finite number.")
        return 1.0 / (1.0 + math.exp(-max(min(logit, 60.0), -60.0))) if self.bounded else logit

    def __repr__(self) -> str:
        return f"LearnedReward({self.model.folder.name!r}, bounded={self.bounded})"


def episode_text(question: Question, trajectory: Trajectory) -> str:
    r"""Return an episode as a scorer reads it: question, answer, queries, then the documents shown.

    The same in every environment and grammar, without the gold. What counts most stands first, as
    a long text is cut at its end. Each part stands on its own line, whatever is in it.

    >>> done = Trajectory("q", "e", prediction="Ada", outcome="answered")
    >>> episode_text(Question("q", "Who made Vel?", ("Ada",)), done)
    'Question: Who made Vel?\nAnswer: Ada'
    """
    queries = [query for step in trajectory.steps for query in step.queries]
    parts = [("Question", question.text), ("Answer", trajectory.prediction or "")]
    parts += [("Query", query) for query in queries]
    parts += [("Document", f"{one.title} | {one.text}") for one in shown_documents(trajectory)]
    return "\n".join(f"{name}: {' '.join(text.split())}".rstrip() for name, text in parts)
