"""One episode in tokens: what was sampled, as it was sampled, and what the environment said.

Token in, token out: the tokens that the model wrote are never made from text again, so a trainer
that reads the row sees what the model saw when it wrote them, and finds the same log-probabilities.
The mask is by token, and says who wrote it; no pattern is searched for. Knows neither models nor
tokenizers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...core import Step
from .generator import Finish, Generation


class Turn(NamedTuple):
    """What the agent wrote in one turn: the tokens `[start, end)` of the row."""

    start: int
    end: int
    finish: Finish = "length"
    cut: int = 0
    """Tokens at the beginning of the row that the model did not see, for want of room: its
    log-probabilities are those of a shorter row."""
    tail: str = ""
    """What the tokens say beyond the action: a stop string, and the rest of its last token."""
    reward: float = 0.0
    reward_terms: Mapping[str, float] = {}  # nobody changes it
    parse_error: str | None = None
    """Why the environment refused the action; its tokens stay as they were sampled, while the
    transcript shows what the environment made of it."""


@dataclass(slots=True)
class TokenEpisode:
    """The row of tokens of an episode; `ids`, `mask` and `logprobs` are of one length.

    >>> episode = TokenEpisode()
    >>> episode.add_env([7, 8])
    >>> episode.add_turn(Generation([3, 4], [-0.5, -0.1], "ab", "ab", "eos"))
    >>> episode.add_env([9])
    >>> episode.mask, episode.logprobs
    ([0, 0, 1, 1, 0], [0.0, 0.0, -0.5, -0.1, 0.0])
    >>> episode.spans
    [(0, 2, 'env'), (2, 4, 'agent'), (4, 5, 'env')]
    """

    ids: list[int] = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    """1 for the agent's tokens, 0 for the environment's."""
    logprobs: list[float] = field(default_factory=list)
    """Of the agent's tokens, under the model at temperature 1; 0.0 for the environment's."""
    turns: list[Turn] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def prompt_length(self) -> int:
        """How many tokens stand before the agent's first."""
        return self.turns[0].start if self.turns else len(self.ids)

    @property
    def whole_turns(self) -> list[Turn]:
        """The turns that can be learnt from: those before the first whose row no longer fitted.

        What is written from there on is by a model that did not see the row's beginning, so that
        its log-probabilities are of another row. Turns of no token are left out.
        """
        whole = next((n for n, turn in enumerate(self.turns) if turn.cut), len(self.turns))
        return [turn for turn in self.turns[:whole] if turn.end > turn.start]

    @property
    def spans(self) -> list[tuple[int, int, str]]:
        """Who wrote which tokens, without gaps: `(start, end, "agent" or "env")`."""
        spans: list[tuple[int, int, str]] = []
        at = 0
        for turn in self.turns:
            if at < turn.start:
                spans.append((at, turn.start, "env"))
            spans.append((turn.start, turn.end, "agent"))
            at = turn.end
        return [*spans, (at, len(self), "env")] if at < len(self) else spans

    def add_env(self, ids: Sequence[int]) -> None:
        """Append what the environment wrote."""
        self._append(ids, 0, [0.0] * len(ids))

    def add_turn(self, written: Generation) -> None:
        """Append what the agent wrote in a turn."""
        start = len(self)
        self._append(written.ids, 1, written.logprobs)
        turn = Turn(start, len(self), written.finish, written.cut, written.tail)
        self.turns.append(turn)

    def reward(self, steps: Sequence[Step]) -> None:
        """Note what the environment gave each turn, once the episode is over.

        Args:
            steps: The steps of its trajectory, one for each turn.
        """
        self.turns = [
            turn._replace(
                reward=float(sum(step.reward_terms.values())),
                reward_terms=dict(step.reward_terms),
                parse_error=step.parse_error,
            )
            for turn, step in zip(self.turns, steps, strict=True)
        ]

    def _append(self, ids: Sequence[int], author: int, logprobs: Sequence[float]) -> None:
        self.ids.extend(ids)
        self.mask.extend([author] * len(ids))
        self.logprobs.extend(logprobs)
