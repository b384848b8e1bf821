"""From what was read to an answer, for each variant of RAG.

Lewis et al. 2020 (arXiv 2005.11401), section 2.5. RAG-Token is decoded by a beam search over the
marginal of each token. RAG-Sequence has no such marginal: a beam search for each document gives
candidates, and each candidate's probability is summed over the documents; "thorough" decoding
scores it by all of them, "fast" decoding takes it for impossible from those whose beam lacks it.
Fusion-in-Decoder is a beam search over all documents at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .fid import fused
from .generator import Read, T5Generator, Targets
from .marginal import joint
from .search import Hypothesis, beam_search

_AT_ONCE = 64
"""Candidates times documents that are scored in one forward pass."""


@dataclass(frozen=True)
class Answer:
    """What a model says, and what it says it from."""

    text: str
    logp: float
    """The log-probability of the answer with its end, summed over the documents."""
    prior: tuple[float, ...]
    """`p(z|x)` of each document that was read, in their order."""
    posterior: tuple[float, ...]
    """`p(z|x,y)` of each; with Fusion-in-Decoder, which reads all at once, the same as `prior`."""


def decode(
    generator: T5Generator,
    read: Read,
    doc_scores: Tensor,
    variant: str,
    *,
    beams: int = 4,
    thorough: bool = True,
    max_tokens: int = 32,
) -> list[Answer]:
    """Return an answer to each question.

    Args:
        generator: What writes.
        read: What it read, `B` questions with `K` documents.
        doc_scores: The documents' logits, `[B, K]`.
        variant: "token", "sequence" or "fid".
        beams: How many beginnings are followed; 1 is greedy.
        thorough: How "sequence" scores candidates.
        max_tokens: How long an answer may be, its end included.
    """
    doc_logp = doc_scores.log_softmax(-1)
    if variant == "fid":
        whole, alone = fused(read), doc_logp.new_zeros(len(doc_logp), 1)
        rows = beam_search(generator, whole, alone, beams=beams, max_tokens=max_tokens)
        best = [row[0] for row in rows]
        after = doc_logp
    elif variant == "token":
        rows = beam_search(generator, read, doc_logp, beams=beams, max_tokens=max_tokens)
        best = [row[0] for row in rows]
        after = _joint(generator, read, doc_logp, [[each.ids] for each in best])
    else:
        best, after = _sequence(generator, read, doc_logp, beams, thorough, max_tokens)
    return [
        Answer(generator.text(each.ids), each.logp, _real(before, there), _real(then, there))
        for each, before, then, there in zip(
            best, doc_logp.exp(), after.softmax(-1), read.present, strict=True
        )
    ]


def _sequence(
    generator: T5Generator,
    read: Read,
    doc_logp: Tensor,
    beams: int,
    thorough: bool,
    max_tokens: int,
) -> tuple[list[Hypothesis], Tensor]:
    """Return each question's best answer, and `log p(z|x) + log p(y|x,z)` of it, `[B, K]`."""
    rows, docs = read.present.shape
    flat = Read(*(part.flatten(0, 1)[:, None] for part in read))
    alone = doc_logp.new_zeros(rows * docs, 1)
    found = beam_search(generator, flat, alone, beams=beams, max_tokens=max_tokens)
    beams_of = [
        [found[row * docs + doc] if read.present[row, doc] else [] for doc in range(docs)]
        for row in range(rows)
    ]
    candidates = [sorted({each.ids for beam in row for each in beam}) for row in beams_of]
    if thorough:
        whole = _joint(generator, read, doc_logp, candidates)
        parts = torch.split(whole, [len(row) for row in candidates])
    else:
        parts = tuple(
            _found_logp(row, ids).to(logp) + logp
            for row, ids, logp in zip(beams_of, candidates, doc_logp, strict=True)
        )
    best, after = [], []
    for ids, part in zip(candidates, parts, strict=True):
        whole = part.logsumexp(-1)
        place = int(whole.argmax())
        best.append(Hypothesis(ids[place], float(whole[place])))
        after.append(part[place])
    return best, torch.stack(after)


def _found_logp(beams: Sequence[Sequence[Hypothesis]], ids: Sequence[tuple[int, ...]]) -> Tensor:
    """Return `log p(y|x,z)` of candidates where a document's beam has them, `[C, K]`, or `-inf`."""
    known = [{each.ids: each.logp for each in beam} for beam in beams]
    return torch.tensor([[beam.get(each, -torch.inf) for beam in known] for each in ids])


def _joint(
    generator: T5Generator,
    read: Read,
    doc_logp: Tensor,
    candidates: Sequence[Sequence[tuple[int, ...]]],
) -> Tensor:
    """Return `log p(z|x) + log p(y|x,z)` of each question's candidates in turn, `[sum C, K]`."""
    owners = [row for row, ids in enumerate(candidates) for _ in ids]
    flat = [ids for row in candidates for ids in row]
    size = max(1, _AT_ONCE // doc_logp.shape[1])
    parts = []
    for start in range(0, len(flat), size):
        own = torch.tensor(owners[start : start + size], device=doc_logp.device)
        targets = _targets(flat[start : start + size], generator.pad, doc_logp.device)
        logp = generator.score(Read(*(part[own] for part in read)), targets)
        parts.append(joint(doc_logp[own], logp, targets.mask))
    return torch.cat(parts)


def _targets(rows: Sequence[tuple[int, ...]], pad: int, device: torch.device) -> Targets:
    longest = max(map(len, rows))
    ids = [[*row, *[pad] * (longest - len(row))] for row in rows]
    mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
    return Targets(torch.tensor(ids, device=device), torch.tensor(mask, device=device))


def _real(values: Tensor, present: Tensor) -> tuple[float, ...]:
    return tuple(values[present].tolist())
