"""A decoder that reads chunks as vectors, or as words where they are expanded.

    compressor = load_compressor("runs/compress")
    compressor.answer([("Where was Ada Orm born?", [("Ada Orm", "Ada Orm was born in Lyon.")])], 0.25)

Any causal language model of transformers that takes `inputs_embeds` will do: a transformer, Mamba, a
hybrid of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from ...errors import AgentError
from ..drag.decoding import greedy, positions
from ..drag.projector import Projector
from ..llm.model_facts import context_of, end_tokens, playing, takes_of
from .chunking import Chunk, Chunker
from .encoder import ChunkEncoder
from .plackett_luce import likeliest
from .policy import ExpansionPolicy, overlap
from .rows import UNLABELLED, Batch, Row, RowWriter, budget, side_by_side

Asked = tuple[str, Sequence[tuple[str, str]]]
"""A question, and `(title, text)` of its documents."""

_CHUNKS_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a compressor is made of, but for its weights."""

    k: int = 16
    """Tokens of a chunk."""
    encoder: str = "tokens"
    projector_dim: int = 256
    scale: float = 0.0
    """The length of the vectors: the mean of the decoder's words'; 0 for as they come."""
    policy_width: int = 64
    policy_layers: int = 2
    expand: float = 0.25
    """The share of chunks that is expanded where nothing else is said."""
    max_new_tokens: int = 32


class Remembered(Protocol):
    """Vectors that were computed before."""

    def find(self, chunks: Sequence[Chunk]) -> list[Tensor | None]:
        """Return each chunk's vector, or None."""


class Answer(NamedTuple):
    """What was written, and how much was read for it."""

    text: str
    chunks: int
    expanded: tuple[int, ...]
    """The places of the chunks that were read as words."""
    columns: int
    """Words and vectors that the decoder read."""


class Compressor(nn.Module):
    """See the module.

    Args:
        decoder: A causal language model.
        tokenizer: Its tokenizer, which has an end token.
        encoder: From chunks to vectors.
        shape: All else.
        seed: Of the projector's and the policy's first weights.

    Raises:
        AgentError: If the tokenizer has no end token.
    """

    def __init__(
        self, decoder: Any, tokenizer: Any, encoder: ChunkEncoder, shape: Shape, *, seed: int = 0
    ) -> None:
        super().__init__()
        if tokenizer.eos_token_id is None:
            raise AgentError("The decoder's tokenizer has no end token: set its eos_token.")
        self.decoder, self.encoder, self.shape = decoder, encoder, shape
        self.tokenizer = tokenizer
        width = int(decoder.get_input_embeddings().weight.shape[1])
        self.projector = Projector(
            encoder.width, width, hidden=shape.projector_dim, scale=shape.scale, seed=seed
        )
        self.policy = ExpansionPolicy(
            width, width=shape.policy_width, layers=shape.policy_layers, seed=seed
        )
        chunker = Chunker(tokenizer, shape.k, texts=encoder.reads_text)
        end = int(tokenizer.eos_token_id)
        self.rows = RowWriter(
            chunker, end, room=context_of(decoder), max_new_tokens=shape.max_new_tokens
        )
        self.halved = False
        """Whether it computes in bfloat16 though its weights are in float32."""
        self._takes = takes_of(decoder, cache=False)

    @property
    def device(self) -> Any:
        """Where it is."""
        return self.decoder.get_input_embeddings().weight.device

    def vectors(self, chunks: Sequence[Chunk], cache: Remembered | None = None) -> Tensor:
        """Return `[chunks, width of the decoder]`: each chunk's vector, equal ones computed once."""
        found = cache.find(chunks) if cache is not None else [None] * len(chunks)
        if chunks and all(vector is not None for vector in found):
            return torch.stack([v for v in found if v is not None]).to(self.device)
        places = {chunk: n for n, chunk in enumerate(dict.fromkeys(chunks))}
        lacking = {chunk for chunk, vector in zip(chunks, found, strict=True) if vector is None}
        ordered = [chunk for chunk in places if chunk in lacking]
        made = dict(zip(ordered, self._encoded(ordered), strict=True))
        rows = [
            made[chunk] if vector is None else vector.to(self.device, torch.float32)
            for chunk, vector in zip(chunks, found, strict=True)
        ]
        width = self.projector.outputs
        return torch.stack(rows) if rows else torch.zeros((0, width), device=self.device)

    def row_vectors(
        self, rows: Sequence[Row], cache: Remembered | None = None
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return the vectors of each row's chunks, and of its question's."""
        sizes = [len(row.chunks) for row in rows]
        asked = [len(row.query) for row in rows]
        chunks = [chunk for row in rows for chunk in row.chunks]
        found = self.vectors(chunks, cache)
        queries = self.vectors([chunk for row in rows for chunk in row.query])
        return list(torch.split(found, sizes)), list(torch.split(queries, asked))

    def logits(
        self, rows: Sequence[Row], vectors: Sequence[Tensor], queries: Sequence[Tensor]
    ) -> Tensor:
        """Return the policy's logits `[rows, most chunks]`; the gradient stops at the vectors."""
        overlaps = [overlap(row).to(self.device) for row in rows]
        told: Tensor = self.policy(
            [each.detach() for each in queries], [each.detach() for each in vectors], overlaps
        )
        return told

    def embedded(
        self,
        rows: Sequence[Row],
        expanded: Sequence[Sequence[int]],
        vectors: Sequence[Tensor] | None,
    ) -> tuple[Batch, Tensor]:
        """Return rows side by side, and `[rows, columns, width]`: what the decoder reads.

        Args:
            rows: The rows.
            expanded: The places of each row's chunks that are read as words.
            vectors: Those of each row's chunks, all of them; None where all are expanded.
        """
        batch = side_by_side(rows, expanded, self.device)
        words = self.decoder.get_input_embeddings()(batch.ids)
        if not len(batch.slots):
            return batch, words
        assert vectors is not None, "a chunk that is not expanded needs its vector"
        kept = [
            each[[n for n in range(len(each)) if n not in chosen]]
            for each, chosen in zip(vectors, map(set, expanded), strict=True)
        ]
        places = (batch.slots[:, 0], batch.slots[:, 1])
        whole: Tensor = words.index_put(places, torch.cat(kept).to(words.dtype))
        return batch, whole

    def nll(
        self,
        rows: Sequence[Row],
        expanded: Sequence[Sequence[int]],
        vectors: Sequence[Tensor] | None,
    ) -> Tensor:
        """Return `[rows]` float32: the mean cross entropy of each row's target, in nats."""
        with self._numbers():
            batch, embeddings = self.embedded(rows, expanded, vectors)
            columns = max(len(row.target) for row in rows) + 1
            given: dict[str, Any] = {"logits_to_keep": columns} if self._takes.last_only else {}
            if self._takes.positions:
                given["position_ids"] = positions(batch.mask)
            out = self.decoder(
                inputs_embeds=embeddings, attention_mask=batch.mask, use_cache=False, **given
            )
        logits, labels = out.logits[:, -columns:-1].float(), batch.labels[:, 1 - columns :]
        losses = nn.functional.cross_entropy(
            logits.transpose(1, 2), labels, reduction="none", ignore_index=UNLABELLED
        )
        mean: Tensor = losses.sum(dim=-1) / (labels != UNLABELLED).sum(dim=-1)
        return mean

    def choose(
        self,
        rows: Sequence[Row],
        share: float,
        vectors: Sequence[Tensor],
        queries: Sequence[Tensor],
    ) -> list[list[int]]:
        """Return the chunks of each row that the policy expands at a share of them, in their order."""
        counts = [budget(len(row.chunks), share) for row in rows]
        if not any(counts):
            return [[] for _ in rows]
        chosen = likeliest(self.logits(rows, vectors, queries), counts)
        return [sorted(each) for each in chosen]

    def answer(
        self, asked: Sequence[Asked], share: float | None = None, cache: Remembered | None = None
    ) -> list[Answer]:
        """Answer questions by their documents, the likeliest token each time.

        Args:
            asked: The questions.
            share: The share of chunks that is read as words; as it was trained where None. 1 is plain
                reading: nothing is encoded.
            cache: Vectors that were computed before.
        """
        if not asked:
            return []
        share = self.shape.expand if share is None else share
        rows = [self.rows.question(*each, share=share) for each in asked]
        written, expanded, batch = self.write(rows, share, cache)
        read = batch.mask.sum(dim=-1).tolist()
        decode = self.rows.chunker.codec.decode
        return [
            Answer(decode(ids).strip(), len(row.chunks), tuple(chosen), columns)
            for ids, row, chosen, columns in zip(written, rows, expanded, read, strict=True)
        ]

    def write(
        self,
        rows: Sequence[Row],
        share: float,
        cache: Remembered | None = None,
        most: int | None = None,
    ) -> tuple[list[list[int]], list[list[int]], Batch]:
        """Compress, sense, expand, and write what is likeliest.

        Args:
            rows: What is read; their targets are not.
            share: The share of chunks that is read as words.
            cache: Vectors that were computed before.
            most: Tokens of a row that are written; as of an answer where None.

        Returns:
            The tokens written, the chunks expanded, and the rows side by side.
        """
        rows = [row._replace(target=[]) for row in rows]
        with playing(self), self._numbers():
            expanded, vectors = self._sensed(rows, share, cache)
            batch, embeddings = self.embedded(rows, expanded, vectors)
            written = greedy(
                self.decoder,
                embeddings,
                batch.mask,
                ends=end_tokens(self.decoder, self.tokenizer) | {self.rows.end},
                max_new_tokens=most or self.shape.max_new_tokens,
            )
        return written, expanded, batch

    def made_of(self) -> dict[str, Any]:
        """Return its shape as plain values."""
        return asdict(self.shape)

    def _sensed(
        self, rows: Sequence[Row], share: float, cache: Remembered | None
    ) -> tuple[list[list[int]], list[Tensor] | None]:
        if all(budget(len(row.chunks), share) == len(row.chunks) for row in rows):
            return [list(range(len(row.chunks))) for row in rows], None
        vectors, queries = self.row_vectors(rows, cache)
        return self.choose(rows, share, vectors, queries), vectors

    def _encoded(self, chunks: Sequence[Chunk]) -> Tensor:
        some = [
            self.projector(self.encoder(chunks[n : n + _CHUNKS_AT_ONCE]).to(self.device))
            for n in range(0, len(chunks), _CHUNKS_AT_ONCE)
        ]
        width = self.projector.outputs
        return torch.cat(some).float() if some else torch.zeros((0, width), device=self.device)

    def _numbers(self) -> Any:
        if not self.halved:
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, torch.bfloat16)


def embedding_norm(decoder: Any) -> float:
    """Return the mean length of a decoder's word embeddings, to which vectors are brought."""
    words = decoder.get_input_embeddings()
    with torch.no_grad():
        ids = torch.arange(len(words.weight), device=words.weight.device)
        # Through the layer: some multiply what they look up.
        lengths = [
            torch.linalg.vector_norm(words(some).float(), dim=-1) for some in torch.split(ids, 8192)
        ]
        return float(torch.cat(lengths).mean())
