"""Beam search over what a generator may write, the documents summed over at each token.

With one document this is the beam search of any sequence-to-sequence model; with several it is the
decoding of RAG-Token, whose next token has the probability `sum_z p(z|x) p(y_t | x, z, y_<t)`
(Lewis et al. 2020, arXiv 2005.11401, section 2.5). A hypothesis is a whole answer with its end, and
its log-probability is exact: lengths are not made up for, and what is as long as allowed is ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .generator import Read, T5Generator


class Hypothesis(NamedTuple):
    """An answer that may be given."""

    ids: tuple[int, ...]
    """Its tokens, the end too."""
    logp: float


def beam_search(
    generator: T5Generator, read: Read, doc_logp: Tensor, *, beams: int, max_tokens: int
) -> list[list[Hypothesis]]:
    """Return the likeliest answers that a beam search finds, the best first.

    Args:
        generator: What writes.
        read: What it reads: `R` rows of `K` documents.
        doc_logp: The documents' log-probabilities, `[R, K]`, `-inf` for those that are missing.
        beams: How many beginnings are followed for each row; 1 is greedy.
        max_tokens: How long an answer may be, its end included.

    Returns:
        Up to `beams` for each row, at least one.
    """
    writer = _Writer(generator, read, doc_logp, beams)
    live = torch.full((len(doc_logp), beams), -torch.inf, device=doc_logp.device)
    live[:, 0] = 0.0
    begun: list[list[tuple[int, ...]]] = [[()] * beams for _ in live]
    found: list[list[Hypothesis]] = [[] for _ in live]
    for length in range(1, max_tokens + 1):
        total = live[..., None] + writer.next_logp(only_end=length == max_tokens)
        values, places = total.flatten(1).topk(min(2 * beams, total[0].numel()), dim=1)
        taken = [
            _advance(row, begun[n], found[n], generator.end, beams)
            for n, row in enumerate(_candidates(values, places, total.shape[-1]))
        ]
        begun = [[each.ids for each in row] for row, _ in taken]
        live = torch.tensor([[each.logp for each in row] for row, _ in taken], device=live.device)
        if all(_done(row, best, beams) for row, best in zip(found, live.tolist(), strict=True)):
            break
        writer.follow([parents for _, parents in taken], [[i[-1:] for i in row] for row in begun])
    return [sorted(row, key=lambda each: -each.logp)[:beams] for row in found]


class _Writer:
    """The generator at work: `R x beams` hypotheses, each written from `K` documents."""

    def __init__(self, generator: T5Generator, read: Read, doc_logp: Tensor, beams: int) -> None:
        self._generator, self._beams = generator, beams
        self._shape = (len(doc_logp), beams, doc_logp.shape[1])
        self._docs = doc_logp[:, None, :, None]
        self._states = read.states.repeat_interleave(beams, 0).flatten(0, 1)
        self._mask = read.mask.repeat_interleave(beams, 0).flatten(0, 1)
        width = len(self._states)
        self._last = torch.full((width, 1), generator.start, device=doc_logp.device)
        self._cache: Any = None

    def next_logp(self, only_end: bool) -> Tensor:
        """Return the next token's log-probability, `[R, beams, V]`."""
        output = self._generator.model(
            encoder_outputs=(self._states,),
            attention_mask=self._mask,
            decoder_input_ids=self._last,
            past_key_values=self._cache,
            use_cache=True,
        )
        self._cache = output.past_key_values
        each = output.logits[:, -1].float().log_softmax(-1).unflatten(0, self._shape)
        logp = torch.logsumexp(self._docs + each, dim=2)
        end = logp[..., self._generator.end].clone()
        logp[..., self._generator.pad] = -torch.inf  # no part of an answer
        if only_end:
            logp.fill_(-torch.inf)
        logp[..., self._generator.end] = end
        return logp

    def follow(self, parents: list[list[int]], tokens: list[list[tuple[int, ...]]]) -> None:
        """Go on with some hypotheses, each from its parent's states."""
        device, (rows, beams, docs) = self._last.device, self._shape
        start = torch.arange(rows, device=device)[:, None] * beams
        places = (torch.tensor(parents, device=device) + start).flatten()
        places = (places[:, None] * docs + torch.arange(docs, device=device)).flatten()
        # what they read is the same for all hypotheses of a row, and need not be moved
        self._cache.self_attention_cache.reorder_cache(places)
        ids = [[token[0] if token else self._generator.pad for token in row] for row in tokens]
        flat = torch.tensor(ids, device=device).flatten()
        self._last = flat.repeat_interleave(docs)[:, None]


class _Candidate(NamedTuple):
    parent: int
    token: int
    logp: float


def _candidates(values: Tensor, places: Tensor, words: int) -> list[list[_Candidate]]:
    return [
        [
            _Candidate(place // words, place % words, value)
            for value, place in zip(row, at, strict=True)
            if value > -torch.inf
        ]
        for row, at in zip(values.tolist(), places.tolist(), strict=True)
    ]


def _advance(
    row: Sequence[_Candidate],
    begun: Sequence[tuple[int, ...]],
    found: list[Hypothesis],
    end: int,
    beams: int,
) -> tuple[list[Hypothesis], list[int]]:
    """Put what has ended with what was found; return what goes on, and what each goes on from."""
    going: list[Hypothesis] = []
    parents: list[int] = []
    for rank, each in enumerate(row):
        grown = Hypothesis((*begun[each.parent], each.token), each.logp)
        if each.token == end and rank < beams:
            found.append(grown)
        elif each.token != end and len(going) < beams:
            going.append(grown)
            parents.append(each.parent)
    lacking = beams - len(going)
    return going + [Hypothesis((), -torch.inf)] * lacking, parents + [0] * lacking


def _done(found: Sequence[Hypothesis], live: Sequence[float], beams: int) -> bool:
    """Tell whether nothing that goes on could still be among the best: it only grows less likely."""
    best = sorted((each.logp for each in found), reverse=True)[:beams]
    return max(live) == -torch.inf or (len(best) == beams and max(live) <= best[-1])
