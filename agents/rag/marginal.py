"""The likelihood of an answer, summed over the documents that it may come from.

Lewis et al. 2020 (arXiv 2005.11401), section 2.1, over the `K` documents found:

    p_RAG-Sequence(y|x) ~ sum_z p(z|x) prod_t p(y_t | x, z, y_1..y_{t-1})
    p_RAG-Token(y|x)    ~ prod_t sum_z p(z|x) p(y_t | x, z, y_1..y_{t-1})

`p(z|x)` is the softmax of the documents' scores, so that the gradient reaches what made them. Every
token of an answer counts, the first and the end too; with one document both are the plain NLL.
A document that is not there has the score `-inf`.
"""

from __future__ import annotations

import torch
from torch import Tensor


def rag_token_nll(doc_scores: Tensor, token_logp: Tensor, mask: Tensor) -> Tensor:
    """Return `-log p_RAG-Token(y|x)`, `[B]`: at each token any document may be read.

    Args:
        doc_scores: Logits of documents, `[B, K]`.
        token_logp: `log p(y_t | x, z, y_<t)`, `[B, K, T]`.
        mask: 1 for the answer's tokens, 0 for padding, `[B, T]`.

    >>> one = torch.tensor([[0.25, 0.5]]).log()
    >>> two = torch.stack([one, torch.tensor([[0.75, 0.1]]).log()], dim=1)
    >>> rag_token_nll(torch.zeros(1, 2), two, torch.ones(1, 2)).neg().exp()  # 0.5 x 0.3
    tensor([0.1500])
    """
    each = torch.logsumexp(doc_scores.log_softmax(-1)[..., None] + token_logp, dim=1)
    return -each.masked_fill(mask == 0, 0.0).sum(-1)


def rag_sequence_nll(doc_scores: Tensor, token_logp: Tensor, mask: Tensor) -> Tensor:
    """Return `-log p_RAG-Sequence(y|x)`, `[B]`: one document is read for the whole answer.

    Args:
        doc_scores: Logits of documents, `[B, K]`.
        token_logp: `log p(y_t | x, z, y_<t)`, `[B, K, T]`.
        mask: 1 for the answer's tokens, 0 for padding, `[B, T]`.

    >>> both = torch.tensor([[[0.25, 0.5], [0.75, 0.1]]]).log()
    >>> rag_sequence_nll(torch.zeros(1, 2), both, torch.ones(1, 2)).neg().exp()
    tensor([0.1000])
    """
    return -torch.logsumexp(joint(doc_scores, token_logp, mask), dim=-1)


def joint(doc_scores: Tensor, token_logp: Tensor, mask: Tensor) -> Tensor:
    """Return `log p(z|x) + log p(y|x,z)`, `[B, K]`."""
    whole = token_logp.masked_fill((mask == 0)[:, None], 0.0).sum(-1)
    return doc_scores.log_softmax(-1) + whole


def posterior(doc_scores: Tensor, token_logp: Tensor, mask: Tensor) -> Tensor:
    """Return `p(z|x,y)`, `[B, K]`: which document an answer comes from, by Bayes' rule."""
    return joint(doc_scores, token_logp, mask).softmax(-1)
