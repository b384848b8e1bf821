"""D-RAG's prompt in tokens: one vector before each fact, and the answers that are to be learnt.

The text is that of appendix C (`rewards.kg.prompt`), written piece by piece, so that a vector can
stand between two pieces and the last facts can be left out where a model has no room for them.
Questions and facts come from strangers: each is one line of limited length, and none of it is read
as a control token. Knows tokenizers, and no model.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from ...core import Fact
from ...errors import ConfigError, require
from ...rewards.judges.text import cleaned
from ...rewards.kg.prompt import MAX_NAME, SEPARATOR, fact_line, joined, prompt
from ..llm.codec import TextCodec
from ..llm.generator import GenerationWarning

Tensor = Any
"""A tensor of torch, which is imported late."""

Answers = str | Sequence[str]
"""The answers of a question: a list, or "a1 | a2"."""

UNLABELLED = -100
"""What torch's cross entropy passes over."""

_END = "Answer:"
_CACHED = 100_000


@dataclass(frozen=True)
class Prompt:
    """A question, the facts that were retrieved for it, and a vector for each fact.

    Raises:
        ConfigError: If there are not as many vectors as facts.
    """

    question: str
    facts: Sequence[Fact | str]
    """In the order of the prompt; a text is taken as it is verbalised."""
    vectors: Tensor | None = None
    """`[facts, width of the generator]`; None for text alone."""

    def __post_init__(self) -> None:
        """Refuse vectors of other facts."""
        if self.vectors is not None and tuple(self.vectors.shape[:-1]) != (len(self.facts),):
            raise ConfigError(
                f"A prompt has {len(self.facts)} facts and vectors of the shape "
                f"{tuple(self.vectors.shape)}; give one row for each fact."
            )


class Row(NamedTuple):
    """A prompt in tokens, with the answers or without."""

    ids: list[int]
    slots: list[int]
    """Where the vectors go; there is a 0 in `ids`."""
    answer: int = 0
    """How many of the last tokens are the answers and the end."""
    kept: int = 0
    """How many facts had room."""
    dropped: int = 0
    """How many had none."""


class Padded(NamedTuple):
    """Rows side by side, padded on the left, so that all end in the last column."""

    ids: Tensor
    """`[rows, columns]` int64; 0 in the padding and where a vector goes."""
    mask: Tensor
    """`[rows, columns]` int64: 1 where there is something."""
    slots: Tensor
    """`[rows, columns]` bool: where the vectors go, row by row."""
    labels: Tensor
    """`[rows, columns]` int64: the tokens of the answers and of the end; elsewhere -100."""


class PromptWriter:
    """Writes prompts in the tokens of a model.

    Args:
        tokenizer: The model's.
        end: The token that ends an answer.
        room: Tokens that a prompt may have, a vector counting as one; None for no limit.
        max_new_tokens: Tokens that the answers may have, the end included.
        max_answers: Answers that are learnt, at most.
    """

    def __init__(
        self,
        tokenizer: Any,
        end: int,
        *,
        room: int | None = None,
        max_new_tokens: int = 64,
        max_answers: int = 50,
    ) -> None:
        self.end, self.room = end, room
        self.max_new_tokens, self.max_answers = max_new_tokens, max_answers
        self.codec = TextCodec(tokenizer)
        self._encode = lru_cache(_CACHED)(self.codec.encode)  # facts come back in every epoch

    def rows(
        self, prompts: Sequence[Prompt], answers: Sequence[Answers] | None = None
    ) -> list[Row]:
        """Return prompts in tokens, with the answers behind them where they are given.

        Facts at the end of a prompt for which there is no room are left out, with a warning.

        Raises:
            ConfigError: If a question alone has no room, a prompt has no answer, or there are not
                as many answers as prompts.
        """
        if answers is not None and len(answers) != len(prompts):
            raise ConfigError(
                f"There are {len(prompts)} prompts and {len(answers)} answers; give one for each."
            )
        rows = [self._row(each) for each in prompts]
        self._tell(prompts, rows)
        if answers is None:
            return rows
        ends = [self._answer(*each) for each in zip(prompts, answers, strict=True)]
        return [
            row._replace(ids=row.ids + tokens, answer=len(tokens))
            for row, tokens in zip(rows, ends, strict=True)
        ]

    def _row(self, given: Prompt) -> Row:
        before, *_ = prompt(given.question, ()).rpartition(_END)
        first = self.codec.bos + self._encode(before)
        last = self._encode(_END)
        pieces = [self._fact(fact, given.vectors is not None) for fact in given.facts]
        lengths = accumulate(map(len, pieces), initial=len(first) + len(last))
        fitting = [length for length in lengths if self.room is None or length <= self.room]
        if not fitting:
            raise ConfigError(
                f"The question {given.question!r:.60} has {len(first) + len(last)} tokens in the "
                f"prompt without facts, and {self.room} have room. Give a model that reads more."
            )
        kept = len(fitting) - 1
        ids, slots = list(first), []
        for piece in pieces[:kept]:
            if given.vectors is not None:
                slots.append(len(ids))
            ids += piece
        return Row(ids + last, slots, 0, kept, len(pieces) - kept)

    def _fact(self, fact: Fact | str, vector: bool) -> list[int]:
        """Return a fact's line, as "[e] head, relation, tail" where there is a vector."""
        line = fact_line(fact) if isinstance(fact, Fact) else cleaned(fact, 3 * MAX_NAME)
        return [0, *self._encode(f" {line}\n")] if vector else self._encode(f"{line}\n")

    def _answer(self, given: Prompt, answers: Answers) -> list[int]:
        """Return the tokens to be learnt: as many whole answers as have room, and the end."""
        names = answers.split(SEPARATOR) if isinstance(answers, str) else answers
        names = [name for name in names if name.strip()][: self.max_answers]
        if not names:
            raise ConfigError(
                f"The question {given.question!r:.60} has no answer that could be learnt; leave "
                "such questions out."
            )
        for count in range(len(names), 0, -1):
            tokens = [*self._encode(f" {joined(names, count)}"), self.end]
            if len(tokens) <= self.max_new_tokens:
                break
        return tokens[: self.max_new_tokens]  # one answer that is too long is no end

    def _tell(self, prompts: Sequence[Prompt], rows: Sequence[Row]) -> None:
        short = [n for n, row in enumerate(rows) if row.dropped]
        if short:
            row, question = rows[short[0]], prompts[short[0]].question
            more = f", and {len(short) - 1} more" if len(short) > 1 else ""
            warnings.warn(
                f"{row.dropped} of {row.kept + row.dropped} facts of {question!r:.60}{more} have no "
                f"room in {self.room} tokens: the last ones are left out of the prompt. Fewer facts "
                "(k_facts), fewer max_new_tokens or a model that reads more mend it.",
                GenerationWarning,
                stacklevel=4,
            )


def padded(rows: Sequence[Row], device: Any = None) -> Padded:
    """Return rows side by side, padded on the left."""
    torch = require("torch", "llm")
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    mask = torch.zeros_like(ids)
    slots = torch.zeros_like(ids, dtype=torch.bool)
    labels = torch.full_like(ids, UNLABELLED)
    for n, row in enumerate(rows):
        begin = longest - len(row.ids)
        ids[n, begin:] = torch.tensor(row.ids)
        mask[n, begin:] = 1
        slots[n, [begin + place for place in row.slots]] = True
        if row.answer:
            labels[n, -row.answer :] = ids[n, -row.answer :]
    return Padded(ids.to(device), mask.to(device), slots.to(device), labels.to(device))
