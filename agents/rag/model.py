"""RAG end to end: towers that say which documents are likely, a generator that reads them.

The generation loss is the NLL of the answer, marginalised over the documents that were retrieved
(Lewis et al. 2020, arXiv 2005.11401, section 2.1). Their probabilities are worked out again from
the passages' own vectors, so that both towers get its gradient (or the question tower alone, where
the context tower is frozen); what an index said only chose them. Knows no index and no training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ...core import Document
from ...envs.settings import at_least
from ...errors import ConfigError, DataError
from .decoding import Answer, decode
from .fid import fused
from .generator import T5Generator
from .losses import combined, retrieval_loss
from .marginal import rag_sequence_nll, rag_token_nll
from .passages import Pool
from .towers import Towers

Variant = Literal["token", "sequence", "fid"]


@dataclass(frozen=True)
class Batch:
    """Questions with what they are taught by; each field has one entry for each question."""

    questions: Sequence[str]
    answers: Sequence[str]
    retrieved: Sequence[Sequence[Document]]
    """What the generator reads: up to K documents, the best first."""
    positives: Sequence[Sequence[Document]] = ()
    """Gold documents; empty where they are not known."""
    hard_negatives: Sequence[Sequence[Document]] = ()
    """Documents that look like gold and are not."""

    def __post_init__(self) -> None:
        """Refuse fields of unlike lengths."""
        sizes = {
            name: len(getattr(self, name))
            for name in ("questions", "answers", "retrieved", "positives", "hard_negatives")
        }
        needed = {n: size for n, size in sizes.items() if size or n in ("answers", "retrieved")}
        if set(needed.values()) != {sizes["questions"]} or not sizes["questions"]:
            raise DataError(
                f"A batch has one entry for each question in every field, and this one has {sizes}."
            )


class RagModel(nn.Module):
    """Towers and a generator.

    Args:
        towers: Score documents.
        generator: Reads them.
        variant: "token" (any document at each token), "sequence" (one document for the whole
            answer) or "fid" (all at once, whatever their scores).
        n_docs: How many documents of a question are read at most.
        ret_loss_weight: The weight of the retrieval loss; 0 leaves it out.

    Raises:
        ConfigError: If there is no such variant.
    """

    def __init__(
        self,
        towers: Towers,
        generator: T5Generator,
        *,
        variant: Variant = "token",
        n_docs: int = 5,
        ret_loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if variant not in ("token", "sequence", "fid"):
            raise ConfigError(f"variant is {variant!r}; it is token, sequence or fid.")
        at_least("n_docs", n_docs, 1)
        self.towers, self.generator = towers, generator
        self.variant: Variant = variant
        self.n_docs = n_docs
        self.ret_loss_weight = ret_loss_weight

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the losses; the same as `loss`, by the door that torch's wrappers use."""
        return self.loss(batch)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Return the losses of a batch.

        Returns:
            `loss`, to be minimised; `gen_loss`, the marginal NLL for each token of an answer;
            `ret_loss`, equation 2 of DPR, 0 where no gold document is known.
        """
        read = [] if self.variant == "fid" else [row[: self.n_docs] for row in batch.retrieved]
        taught = bool(self.ret_loss_weight) and any(batch.positives)
        pool = Pool(read, *((batch.positives, batch.hard_negatives) if taught else ()))
        scores = self._all_scores(batch.questions, pool) if pool.documents else None
        generation = self._generation(batch, scores, pool)
        retrieval = generation.new_zeros(())
        if taught and scores is not None:
            gold = pool.gold(self.towers.device)
            retrieval = retrieval_loss(scores[:, : pool.compared], gold)
        loss = combined(generation, retrieval, self.ret_loss_weight)
        return {"loss": loss, "gen_loss": generation, "ret_loss": retrieval}

    def doc_scores(
        self, questions: Sequence[str], documents: Sequence[Sequence[Document]]
    ) -> Tensor:
        """Return the documents' logits `[B, K]`, `-inf` where a question has fewer than others."""
        pool = Pool(documents)
        return _own(self._all_scores(questions, pool), pool)

    @torch.no_grad()
    def answer(
        self,
        questions: Sequence[str],
        documents: Sequence[Sequence[Document]],
        *,
        beams: int = 4,
        thorough: bool = True,
        batch_size: int = 16,
        max_new_tokens: int | None = None,
    ) -> list[Answer]:
        """Answer questions from the documents that were found for them.

        Args:
            questions: `B` of them.
            documents: Those of each; the first `n_docs` are read, none is allowed.
            beams: How many beginnings of an answer are followed; 1 is greedy.
            thorough: For the variant "sequence": score each candidate by all documents, not only
                by those whose beams found it.
            batch_size: How many questions are answered at once.
            max_new_tokens: How long an answer may be, its end included; None as the generator says.
        """
        at_least("beams", beams, 1)
        at_least("batch_size", batch_size, 1)
        most = self.generator.max_answer_tokens if max_new_tokens is None else max_new_tokens
        at_least("max_new_tokens", most, 1)
        training = self.training
        self.eval()
        answers: list[Answer] = []
        try:
            for start in range(0, len(questions), batch_size):
                asked = questions[start : start + batch_size]
                shown = [row[: self.n_docs] for row in documents[start : start + batch_size]]
                scores, read = self.doc_scores(asked, shown), self.generator.read(asked, shown)
                answers += decode(
                    self.generator, read, scores, self.variant,
                    beams=beams, thorough=thorough, max_tokens=most,
                )  # fmt: skip
        finally:
            self.train(training)
        return answers

    def _all_scores(self, questions: Sequence[str], pool: Pool) -> Tensor:
        """Return the logits of each question and each passage of the batch, `[B, N]`."""
        vectors = self.towers.passages(pool.documents)
        return self.towers.scores(self.towers.questions(questions), vectors)

    def _generation(self, batch: Batch, scores: Tensor | None, pool: Pool) -> Tensor:
        """Return the marginal NLL of the answers for each of their tokens."""
        shown = [row[: self.n_docs] for row in batch.retrieved]
        targets = self.generator.targets(batch.answers)
        read = self.generator.read(batch.questions, shown)
        if self.variant == "fid" or scores is None:
            logp = self.generator.score(fused(read), targets)
            own = logp.new_zeros(logp.shape[:2])
        else:
            logp, own = self.generator.score(read, targets), _own(scores, pool)
        nll = rag_sequence_nll if self.variant == "sequence" else rag_token_nll
        return nll(own, logp, targets.mask).sum() / targets.mask.sum()


def _own(scores: Tensor, pool: Pool) -> Tensor:
    """Return the logits of each question's own passages, `[B, K]`, of those of all."""
    places, present = pool.read(scores.device)
    return scores.gather(1, places).masked_fill(~present, -torch.inf)
