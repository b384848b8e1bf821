"""An episode in tokens, as TRL's GRPO trainer takes it: a prompt, a completion and its mask.

The prompt is what the agent saw before its first action. All that follows is the completion, the
environment's replies included, which the mask leaves out of the loss. No text is made into tokens
again: what the trainer reads is what was sampled.
"""

from __future__ import annotations

from typing import NamedTuple

from ..llm.tokens import TokenEpisode


class Row(NamedTuple):
    """One episode; the completion, its mask and its log-probabilities are of one length."""

    prompt_ids: list[int]
    completion_ids: list[int]
    env_mask: list[int]
    """1 for the agent's tokens that are learnt from, 0 for all others."""
    logprobs: list[float]
    """As they were sampled; 0.0 for the environment's tokens."""


def row_of(tokens: TokenEpisode | None, *, pad: int, masked: bool = False) -> Row:
    """Return an episode as a row.

    It ends with the agent's last token, or before the first turn whose row no longer fitted the
    model: that was written by a model that did not see the beginning.

    Args:
        tokens: The episode; None where infrastructure kept it from being played.
        pad: The token that stands where there is nothing to read.
        masked: Whether nothing of it is to be learnt.
    """
    turns = tokens.whole_turns if tokens is not None else []
    if tokens is None or not turns:
        return Row([pad], [pad], [0], [0.0])
    start, end = tokens.prompt_length, turns[-1].end
    mask = tokens.mask[start:end]
    return Row(
        tokens.ids[:start],
        tokens.ids[start:end],
        [0] * len(mask) if masked else mask,
        tokens.logprobs[start:end],
    )


def is_overlong(tokens: TokenEpisode) -> bool:
    """Return whether an episode was cut: a turn by its length, or the row by the model's context.

    What such an episode is paid says little of what it wrote; DAPO (arXiv 2503.14476, section 3.4)
    leaves its tokens out of the loss.
    """
    return any(turn.finish == "length" or turn.cut for turn in tokens.turns)
