"""Fusion-in-Decoder: passages are encoded apart and decoded over all at once.

Izacard & Grave 2021 (arXiv 2007.01282), section 3: the encoder reads each passage with the question
independently of the others, the decoder attends to the joined states of all. A T5 has no positions
between decoder and encoder, so that joining is all there is to it. The documents' scores have no
part in it: the retriever learns by its own loss.
"""

from __future__ import annotations

from .generator import Read


def fused(read: Read) -> Read:
    """Join the passages of each question into one.

    Args:
        read: `[B, K, L, width]`

    Returns:
        `[B, 1, K * L, width]`; what is missing is hidden from the decoder.
    """
    mask = read.mask * read.present[..., None].to(read.mask.dtype)
    return Read(
        states=read.states.flatten(1, 2)[:, None],
        mask=mask.flatten(1, 2)[:, None],
        present=read.present.any(1, keepdim=True),
    )
