r"""Step rows as tokens, with the loss on what the agent writes and on nothing else.

Prompts are those that a language model is played with (`hopgym.agents.llm.prompts`), piece by piece
as a token rollout lays them out, so that a model learns on the tokens that it will see. What it
learns to write ends as its turn must: where the grammar is stopped by the beginning of the
environment's reply (`r3`), with that; where it is stopped by the action's own end, with nothing
more; else with the end token.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, get_args

from ...errors import ConfigError
from ...retrieval.base import check_whole
from ..llm.prompts import PromptEncoder, Prompts, before_action, without_opened
from .rows import StepRow, episodes_of, parse

IGNORED = -100
"""The label of a token without loss, as PyTorch's cross entropy has it."""

Unit = Literal["episode", "step"]


class TokenRow(NamedTuple):
    """One sequence to train on."""

    input_ids: list[int]
    labels: list[int]
    """The agent's tokens; `IGNORED` elsewhere."""

    @property
    def learnt(self) -> list[int]:
        """The tokens that have a loss."""
        return [label for label in self.labels if label != IGNORED]


class Encoded(NamedTuple):
    """Rows as tokens, and what became of those that were too long."""

    rows: list[TokenRow]
    cut: int
    """Those whose context was cut at its beginning to fit, as it is when they are played."""
    skipped: int
    """Those left out, since what is to be learnt fills the length alone."""


class Ending(NamedTuple):
    """What an agent writes at the end of a turn, beyond its action."""

    text: str = ""
    """The beginning of the environment's reply, by which the turn is stopped."""
    is_token: bool = False
    """Whether the model's end token follows."""


class RowEncoder:
    """Makes tokens of step rows.

    Args:
        tokenizer: A tokenizer of the library transformers.
        prompts: How the model is asked.
        max_length: Tokens of a sequence at most; None for any number.

    Raises:
        ConfigError: If a chat is asked for and there is no chat template, or the tokenizer has no
            end token.
    """

    def __init__(
        self, tokenizer: Any, prompts: Prompts | None = None, *, max_length: int | None = None
    ) -> None:
        if max_length is not None:
            check_whole("max_length", max_length, 2)
        if tokenizer.eos_token_id is None:
            raise ConfigError(
                "This tokenizer has no end token, so that a model could not learn to stop. Set its "
                "`eos_token` and save it beside the model."
            )
        self.prompts = prompts or Prompts()
        self.max_length = max_length
        self._end = [int(tokenizer.eos_token_id)]
        self._encoder = PromptEncoder(tokenizer, self.prompts)

    def encode(self, rows: Iterable[StepRow], unit: Unit = "episode") -> Encoded:
        """Make sequences of rows.

        Args:
            rows: Those of an episode one behind the other.
            unit: `"episode"` makes one sequence of all steps of an episode, each learnt from what
                stands before it, at the cost of one; one that is too long is made of single steps.
                `"step"` makes a sequence of each step, as R3-RAG was trained.

        Raises:
            ConfigError: If there is no such unit, or an episode is no single row in this style.
        """
        if unit not in get_args(Unit):
            raise ConfigError(f"unit is {unit!r}; it may be {' or '.join(get_args(Unit))}.")
        made: list[TokenRow] = []
        cut = skipped = 0
        for episode in episodes_of(rows):
            whole = self.episode(episode) if unit == "episode" else None
            if whole is not None and self._over(whole) <= 0:
                made.append(whole)
                continue
            for row in map(self.step, episode):
                fitted = self._fitted(row)
                if fitted is not None:
                    made.append(fitted)
                cut += fitted is not None and fitted is not row
                skipped += fitted is None
        return Encoded(made, cut, skipped)

    def step(self, row: StepRow) -> TokenRow:
        """Return one step, the loss on its action alone."""
        prompt = self._encoder.prompt(row.context, row.prompt_info)
        said = self._said(row)
        return TokenRow(prompt + said, [IGNORED] * len(prompt) + said)

    def episode(self, rows: Sequence[StepRow]) -> TokenRow:
        """Return the steps of an episode as one sequence, the loss on each action.

        Raises:
            ConfigError: If the style sends every turn a new message.
        """
        if self.prompts.style == "chat_whole":
            raise ConfigError(
                "prompt=chat_whole sends every turn a new message, so an episode is no single "
                "sequence. Train on steps (unit=step), or with plain or chat."
            )
        ids = self._encoder.prompt(rows[0].context, rows[0].prompt_info)
        labels = [IGNORED] * len(ids)
        for place, row in enumerate(rows):
            if place:
                reply = self._encoder.reply(self._reply(rows[place - 1], row), row.prompt_info)
                ids, labels = ids + reply, labels + [IGNORED] * len(reply)
            said = self._said(row)
            ids, labels = ids + said, labels + said
        return TokenRow(ids, labels)

    def _said(self, row: StepRow) -> list[int]:
        """Return what the agent writes in a turn: the action, and how the turn ends."""
        ending = self._ending(row)
        begun = self._encoder.begun(row.context, row.prompt_info)
        said = self._encoder.codec.encode(without_opened(row.output, begun) + ending.text)
        return said + self._end if ending.is_token else said

    def _ending(self, row: StepRow) -> Ending:
        return Ending(is_token=True) if self.prompts.style == "chat_whole" else ending_of(row)

    def _reply(self, row: StepRow, following: StepRow) -> str:
        """Return what the environment wrote between two actions, without what the agent has."""
        before = before_action(row.prompt_info)
        reply = following.context[len(row.context + before + row.output) :]
        return reply.removeprefix(self._ending(row).text)

    def _over(self, row: TokenRow) -> int:
        """Return by how many tokens a sequence is too long."""
        return 0 if self.max_length is None else len(row.input_ids) - self.max_length

    def _fitted(self, row: TokenRow) -> TokenRow | None:
        """Cut a step's context at its beginning; None where nothing of it would be left."""
        over = max(0, self._over(row))
        if not over:
            return row
        if over >= len(row.input_ids) - len(row.learnt):
            return None
        return TokenRow(row.input_ids[over:], row.labels[over:])


def ending_of(row: StepRow) -> Ending:
    r"""Return how a turn ends in plain text.

    >>> output = "Step 1:\nThe problem analysis: I look.\nThe retrieval query: who"
    >>> ending_of(StepRow(question_id="q", step=1, context="The question: Who?", output=output))
    Ending(text='\nThe retrieval documents:', is_token=False)
    """
    grammar: Any = row.grammar
    if grammar.keep_stop:
        return Ending(is_token=not row.output.endswith(tuple(grammar.stop)))
    move: Any = parse(grammar, row.output, row.step)
    if getattr(move, "kind", "answer") != "answer":
        reply = grammar.documents([])
        stop = next((stop for stop in grammar.stop if reply.startswith(stop)), None)
        if stop is not None:
            return Ending(stop)
    return Ending(is_token=True)
