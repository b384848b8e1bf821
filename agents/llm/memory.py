"""What a model keeps of the rows of one turn, for the next: most of a prompt has been read before.

Each turn's prompt is the row so far and a reply, so that its keys and values are at hand but for
the reply's; a new episode begins with the instructions that others began with. Forgotten as soon as
the model's weights have changed. Only the last batch's rows are kept, in the model's own memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .batch import Begun, Kept


class Row(NamedTuple):
    """A row that was read."""

    ids: NDArray[np.int64]
    kept: Kept


class Memory:
    """The rows of the last turn.

    Args:
        model: The model; changes of its weights are seen where they are made in place, as torch's
            optimizers do. Others must be told by `forget`.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._rows: list[Row] = []
        self._newest: list[Row] = []
        self._weights = self._version()

    def begin(self) -> None:
        """Begin a turn: what was kept in the last one can be recalled, if the weights still hold."""
        self._rows, self._newest = self._newest, []
        version = self._version()
        if version != self._weights:
            self.forget()
            self._weights = version

    def keep(self, ids: Sequence[int], kept: Kept) -> None:
        """Keep a row for the next turn."""
        self._newest.append(Row(np.array(ids, dtype=np.int64), kept))

    def recall(self, prompt: Sequence[int]) -> Begun:
        """Return a prompt with what the last turn's rows know of its beginning.

        The last token is always read anew: the next one's logits come of it.
        """
        ids = np.array(prompt[:-1], dtype=np.int64)
        common = [_common(row.ids, ids) for row in self._rows]
        best = int(np.argmax(common)) if common else 0
        if not common or not common[best]:
            return Begun(prompt)
        return Begun(prompt, common[best], self._rows[best].kept)

    def forget(self) -> None:
        """Forget all rows."""
        self._rows, self._newest = [], []

    def _version(self) -> int:
        return sum(weights._version for weights in self._model.parameters())


def _common(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """Return how many tokens two rows begin with alike."""
    length = min(len(one), len(other))
    differ = one[:length] != other[:length]
    return int(differ.argmax()) if differ.any() else length
