"""Support by natural language inference: a document entails a claim, says a trained model.

The premise is one document, the hypothesis the claim, after the question where the claim alone is
no sentence; the best document counts. How published checkers of facts work (SummaC, arXiv
2111.09525; TRUE, arXiv 2204.04991). Needs a model in a local folder; none is shipped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from ..errors import ConfigError
from ..retrieval.base import check_number
from .classifier import Classifier, Dtype
from .support import Checkable, Support
from .words import words

_SENTENCE = 6
"""Words from which a claim stands for itself."""


class NLISupport:
    """A claim is supported if the model finds it entailed by one of the documents.

    Args:
        model: A folder, or a name at the hub, of a sequence classifier for pairs of texts one of
            whose labels is `entailment` (or `label`).
        threshold: The probability of entailment from which a claim is supported.
        label: The label that means entailment, where it is called otherwise.
        max_tokens: How much of document and claim together is read; the longer one is cut.
        batch_size: How many pairs are read at once.
        device: Where, such as "cpu" or "cuda"; None for the best there is.
        dtype: The numbers it is loaded with.

    Raises:
        ConfigError: If there is no such model or label, or an option is not allowed.
        MissingExtraError: If transformers or torch is not installed.
    """

    name = "nli"

    def __init__(
        self,
        *,
        model: str | Path,
        threshold: float = 0.5,
        label: str | None = None,
        max_tokens: int = 512,
        batch_size: int = 16,
        device: str | None = None,
        dtype: Dtype = "float32",
    ) -> None:
        check_number("threshold", threshold, 0.0, 1.0, example=0.5)
        self.threshold = threshold
        self.model = Classifier(
            model, max_tokens=max_tokens, batch_size=batch_size, device=device, dtype=dtype
        )
        self._place = _place(self.model, label)

    def check(self, items: Sequence[Checkable]) -> list[Support]:
        """Ask the model about every claim and document; claims without a document have no support."""
        pairs = [
            (document, hypothesis(item.claim, item.question))
            for item in items
            for document in item.documents
        ]
        told = iter([_share(row, self._place) for row in self.model.logits(pairs)])
        return [self._best([next(told) for _ in item.documents]) for item in items]

    def _best(self, shares: Sequence[float]) -> Support:
        if not shares:
            return Support(False, reason="nothing shown")
        best = max(range(len(shares)), key=shares.__getitem__)
        supported = shares[best] >= self.threshold
        return Support(supported, best if supported else None, f"entailed at {shares[best]:.2f}")

    def __repr__(self) -> str:
        return f"NLISupport({self.model.folder.name!r}, threshold={self.threshold:g})"


def hypothesis(claim: str, question: str) -> str:
    """Return a claim as a model should read it: a short answer makes sense after its question.

    >>> hypothesis("Tessa", "Where was Ada Orm born?")
    'Where was Ada Orm born? Tessa'
    """
    return f"{question} {claim}" if question and len(words(claim)) < _SENTENCE else claim


def _place(model: Classifier, label: str | None) -> int:
    wanted = "entailment" if label is None else label.casefold()
    places = [n for n, name in enumerate(model.labels) if name.casefold() == wanted]
    if len(places) != 1:
        raise ConfigError(
            f"{model.folder} has no label {wanted!r}; its labels are {', '.join(model.labels)}. "
            "Say which one means that the first text entails the second: label=…"
        )
    return places[0]


def _share(logits: Sequence[float], place: int) -> float:
    """Return the softmax of one output; of a single output, its sigmoid."""
    if len(logits) == 1:
        return 1.0 / (1.0 + math.exp(-max(min(logits[0], 60.0), -60.0)))
    most = max(logits)
    return math.exp(logits[place] - most) / sum(math.exp(value - most) for value in logits)
