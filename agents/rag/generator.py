"""The generator: a T5 that reads a question with a passage and writes the answer.

`p(y_t | x, z, y_1..y_{t-1})` of Lewis et al. 2020 (arXiv 2005.11401, section 2.3), with T5 for
BART. A T5 begins to write with its pad token, id 0, and ends with id 1; it has no token for the
beginning, so that the first token of an answer is predicted, and learnt, like any other. Passages
are read apart: what was read is kept, and can be decoded over for each passage or for all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ...core import Document
from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.encoders.base import readable

NOTHING = Document("", "", "")
"""What a question without any document is read with."""


class Read(NamedTuple):
    """What the encoder made of `B` questions with `K` passages each."""

    states: Tensor
    """`[B, K, L, width]`"""
    mask: Tensor
    """`[B, K, L]`: 1 for tokens, 0 for padding. What is missing has one, which is a zero."""
    present: Tensor
    """`[B, K]`: which passages there are; a question may have fewer than others."""


class Targets(NamedTuple):
    """Answers as the generator writes them."""

    ids: Tensor
    """`[B, T]`, each with its end, padded by 0."""
    mask: Tensor
    """`[B, T]`: 1 for tokens, the end too; 0 for padding."""


class T5Generator(nn.Module):
    """A T5 with its tokenizer.

    Args:
        model: A `T5ForConditionalGeneration`.
        tokenizer: Its tokenizer.
        max_input_tokens: How much of a question with its passage is read.
        max_answer_tokens: How long an answer may be, its end included.

    Raises:
        ConfigError: If the tokenizer is not the model's, or a limit is too small.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        max_input_tokens: int = 256,
        max_answer_tokens: int = 32,
    ) -> None:
        super().__init__()
        at_least("max_input_tokens", max_input_tokens, 8)
        at_least("max_answer_tokens", max_answer_tokens, 2)
        self.model = model
        self.tokenizer = tokenizer
        self.max_input_tokens = max_input_tokens
        self.max_answer_tokens = max_answer_tokens
        self.pad, self.end, self.start = _ids(model.config, tokenizer)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = self.model.device
        return device

    def inputs(self, question: str, document: Document) -> str:
        """Return what is read: the question first, so that what is cut is the passage's end."""
        parts = [f"question: {readable(question)}"]
        parts += [f"title: {readable(document.title)}"] if document.title else []
        return " ".join([*parts, f"context: {readable(document.text)}"])

    def read(self, questions: Sequence[str], documents: Sequence[Sequence[Document]]) -> Read:
        """Encode each question with each of its passages, apart.

        Args:
            questions: `B` of them.
            documents: Those of each question; one without any is read with an empty one.
        """
        rows = [list(row) or [NOTHING] for row in documents]
        texts = [self.inputs(q, z) for q, row in zip(questions, rows, strict=True) for z in row]
        tokens = self._tokens(texts, self.max_input_tokens)
        states = self.model.get_encoder()(**tokens).last_hidden_state
        counts = [len(row) for row in rows]
        if len(set(counts)) == 1:
            shape = (len(rows), counts[0])
            present = torch.ones(shape, dtype=torch.bool, device=self.device)
            return Read(
                states.unflatten(0, shape), tokens["attention_mask"].unflatten(0, shape), present
            )
        return _placed(states, tokens["attention_mask"], counts)

    def targets(self, answers: Sequence[str]) -> Targets:
        """Return answers as they are written: their tokens and the end, padded to the longest."""
        tokens = self._tokens([readable(answer) for answer in answers], self.max_answer_tokens)
        return Targets(tokens["input_ids"], tokens["attention_mask"])

    def token_logp(
        self,
        questions: Sequence[str],
        documents: Sequence[Sequence[Document]],
        answers: Sequence[str],
    ) -> tuple[Tensor, Tensor]:
        """Return `log p(y_t | x, z, y_<t)` of answers.

        Returns:
            `[B, K, T]`, 0 where there is padding or no passage, and the answers' mask `[B, T]`.
        """
        targets = self.targets(answers)
        return self.score(self.read(questions, documents), targets), targets.mask

    def score(self, read: Read, targets: Targets) -> Tensor:
        """Return the log-probabilities of targets, given what was read: `[B, K, T]`, float32."""
        rows, docs = read.present.shape
        ids = targets.ids[:, None].expand(rows, docs, -1).flatten(0, 1)
        logits = self.model(
            encoder_outputs=(read.states.flatten(0, 1),),
            attention_mask=read.mask.flatten(0, 1),
            decoder_input_ids=self._shifted(ids),
            use_cache=False,
        ).logits
        logp = logits.float().log_softmax(-1).gather(-1, ids[..., None])[..., 0]
        real = targets.mask[:, None].bool() & read.present[..., None]
        scored: Tensor = logp.unflatten(0, (rows, docs)).masked_fill(~real, 0.0)
        return scored

    def text(self, ids: Sequence[int]) -> str:
        """Return an answer's text."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True)).strip()

    def _tokens(self, texts: list[str], most: int) -> Any:
        return self.tokenizer(
            texts, padding=True, truncation=True, max_length=most, return_tensors="pt"
        ).to(self.device)

    def _shifted(self, ids: Tensor) -> Tensor:
        """Return what the decoder is given: the start, and all but the last token."""
        return torch.cat([torch.full_like(ids[:, :1], self.start), ids[:, :-1]], dim=1)


def _placed(states: Tensor, mask: Tensor, counts: Sequence[int]) -> Read:
    """Return rows `[sum of counts, L, ...]` as `[B, K, L, ...]` where questions have unlike counts."""
    numbers = torch.tensor(counts, device=states.device)
    present = torch.arange(max(counts), device=states.device) < numbers[:, None]
    wide = states.new_zeros(*present.shape, *states.shape[1:])
    shown = mask.new_zeros(*present.shape, mask.shape[1])
    shown[..., 0] = 1  # attention over nothing at all would not be a number
    shown[present] = mask
    return Read(wide.masked_scatter(present[..., None, None], states), shown, present)


def _ids(config: Any, tokenizer: Any) -> tuple[int, int, int]:
    """Return the pad, the end and what decoding begins with; a T5's are 0, 1 and 0."""
    pad, end, start = tokenizer.pad_token_id, tokenizer.eos_token_id, config.decoder_start_token_id
    if pad is None or end is None or start is None or len(tokenizer) > config.vocab_size:
        raise ConfigError(
            f"The tokenizer (pad {pad}, end {end}, {len(tokenizer)} tokens) is not that of the "
            f"model (start {start}, {config.vocab_size} tokens). Give the folder of a T5 that "
            "`save_pretrained` wrote with its tokenizer."
        )
    return int(pad), int(end), int(start)
