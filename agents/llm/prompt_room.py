"""How much of a prompt a model can read: what does not fit is cut off at its beginning."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from ...errors import ConfigError
from .generator import GenerationWarning


def prompt_room(context: int | None, max_new_tokens: int) -> int | None:
    """Return how many tokens a prompt may have; None where there is no limit.

    >>> prompt_room(2048, 256)
    1792

    Raises:
        ConfigError: If nothing is left for the prompt.
    """
    if context is None:
        return None
    if max_new_tokens >= context:
        raise ConfigError(
            f"max_new_tokens is {max_new_tokens}, and the model reads {context} tokens in all, "
            "the prompt's included. Give fewer."
        )
    return context - max_new_tokens


def fitted(prompts: Sequence[Sequence[int]], room: int | None) -> list[tuple[list[int], int]]:
    """Return each prompt, cut to the room there is, and how many tokens were cut.

    >>> fitted([[1, 2, 3]], 5)
    [([1, 2, 3], 0)]

    Raises:
        ConfigError: If a prompt is empty.
    """
    cut = []
    for place, prompt in enumerate(prompts):
        if not len(prompt):
            raise ConfigError(f"Prompt {place} is empty; a model continues at least one token.")
        over = 0 if room is None else max(0, len(prompt) - room)
        cut.append((list(prompt[over:]), over))
    longest = max((len(prompt) for prompt in prompts), default=0)
    if room is not None and longest > room:
        warnings.warn(
            f"A prompt has {longest} tokens and {room} fit: the first {longest - room} are cut "
            "off, which the model does not see. Fewer or shorter documents (top_k, "
            "max_document_chars), fewer max_new_tokens or a model that reads more mend it.",
            GenerationWarning,
            stacklevel=3,
        )
    return cut
