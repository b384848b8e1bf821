"""What a question asks for, as vectors: ReaRev's instructions, and their update.

Mavromatis and Karypis, "ReaRev: Adaptive Reasoning for Question Answering over Knowledge Graphs",
Findings of EMNLP 2022, arXiv 2210.13650: "Instruction Decoding" and "Instruction Update". Where the
paper leaves a choice open, the authors' published code decides.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .dropout import dropped


class Pool(nn.Module):
    """A vector for a text: its tokens, weighed by how much each says.

        a_j = softmax_j(w . h_j),   r = sum_j a_j h_j

    as the authors' code pools the tokens of a relation.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(width, 1, bias=False)

    def forward(self, tokens: Tensor, mask: Tensor, adapter: nn.Linear | None = None) -> Tensor:
        """Pool texts.

        Args:
            tokens: `[n, L, width]`, or those that the adapter takes.
            mask: `[n, L]`
            adapter: What makes h_j of a token, if anything. As it is linear and the shares add up to
                1, it is applied to the sum and not to each token; the softmax does not see its bias.

        Returns:
            `[n, width]`
        """
        weight = self.weigh.weight if adapter is None else self.weigh.weight @ adapter.weight
        pooled = attend(tokens @ weight[0], tokens, mask)
        return pooled if adapter is None else adapter(pooled)


class Instructions(nn.Module):
    """Decodes K instructions from a question, one after the other.

        q_k     = W_k q
        c_k     = W_c [i_{k-1} ; q_k ; q_k - i_{k-1} ; q_k * i_{k-1}],     i_0 = 0
        a_kj    = softmax_j(w . (c_k * h_j))
        i_k     = sum_j a_kj h_j

    `q` is the mean of the tokens, which is what MiniLM was trained to say of a whole text; the
    authors read the first token.

    Args:
        width: Of tokens and instructions.
        count: How many instructions.
        dropout: The share of `q` that is dropped in training.
    """

    def __init__(self, width: int, count: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = dropout
        self.question = nn.ModuleList(nn.Linear(width, width) for _ in range(count))
        self.compare = nn.Linear(4 * width, width)
        self.weigh = nn.Linear(width, 1)

    def forward(
        self, tokens: Tensor, mask: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return `[B, K, width]` of tokens `[B, L, width]` and a mask `[B, L]`."""
        question = mean_tokens(tokens, mask)
        last = torch.zeros_like(question)
        instructions = []
        for part in self.question:
            own = part(dropped(question, self.dropout, generator))
            wanted = self.compare(torch.cat([last, own, own - last, own * last], dim=1))
            # w . (c * h) is (w * c) . h: one product of matrices, and nothing as large as the tokens
            scores = torch.einsum("bd,bld->bl", wanted * self.weigh.weight, tokens)
            last = attend(scores + self.weigh.bias, tokens, mask)
            instructions.append(last)
        return torch.stack(instructions, dim=1)


class InstructionUpdate(nn.Module):
    """Rewrites the instructions by what was found around the topics.

        x    = [i_k ; c ; i_k - c],     c = sum of the topics' states
        g    = sigmoid(G_k x)
        i_k <- g * R_k x + (1 - g) * i_k

    Args:
        width: Of instructions and entities.
        count: How many instructions; each has matrices of its own.
    """

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        self.gate = nn.Parameter(_uniform(count, 3 * width, width))
        self.change = nn.Parameter(_uniform(count, 3 * width, width))

    def forward(self, instructions: Tensor, found: Tensor) -> Tensor:
        """Return `[B, K, width]` of instructions `[B, K, width]` and what was found `[B, width]`."""
        each = instructions.transpose(0, 1)  # [K, B, width]
        context = found.expand_as(each)
        both = torch.cat([each, context, each - context], dim=2)
        gate = torch.sigmoid(torch.bmm(both, self.gate))
        changed = gate * torch.bmm(both, self.change) + (1 - gate) * each
        return changed.transpose(0, 1)


def attend(scores: Tensor, tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the tokens' sum, weighed by the softmax of their scores `[n, L]`; padding has no say."""
    shares = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)
    return torch.einsum("nl,nld->nd", shares, tokens)


def mean_tokens(tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of the tokens that are no padding, `[n, width]`."""
    real = mask.to(tokens.dtype)
    return torch.einsum("nl,nld->nd", real / real.sum(1, keepdim=True), tokens)


def _uniform(count: int, inside: int, outside: int) -> Tensor:
    """Return matrices as `nn.Linear` begins with."""
    bound = 1 / math.sqrt(inside)
    return torch.empty(count, inside, outside).uniform_(-bound, bound)
