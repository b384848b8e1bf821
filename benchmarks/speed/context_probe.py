"""One measurement of reading a long context, in a process of its own: `context` starts it.

    python -m hopgym.benchmarks.speed.context_probe < PLAN.json

The peak is what the process holds beyond what it held with model, context and libraries loaded, and
after a short warm-up: keys and values, states, vectors and whatever is in between.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
import numpy as np

from ...agents.llm.loading import BUILT_IN, load_tokenizer
from ...agents.refrag.backbone import BackboneConfig, build_backbone
from ...core import to_json
from ...errors import require
from ...seeding import rng_for
from ..ppo_iteration import ProcessMemory

PATTERNS = {"transformer": "T,T,T,T", "Mamba": "M,M,M,M,M,M", "hybrid": "T,M,T,M"}
"""Layers of models of about 2.5 to 3 million weights: a Mamba block has no feed-forward layer."""

QUESTION = 32
"""Tokens behind the context."""
_WARM = 256
_WIDTH, _HEADS, _FEED_FORWARD = 256, 4, 512


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured."""

    decoder: str
    """A name of `PATTERNS`."""
    tokens: int
    """Of the context."""
    expand: float | None = None
    """None reads plainly; otherwise the share of chunks that is expanded."""
    cached: bool = False
    """Whether the chunks' vectors were computed before."""
    train: bool = False
    """A training step, forward and backward, in place of the first token."""
    checkpointing: bool = False
    k: int = 16
    chunk: int = 64
    """Tokens that a Mamba layer reads at once."""
    repeats: int = 1
    threads: int = 1
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Point:
    """What came of it."""

    seconds: float
    """On the clock, the median of the repeats."""
    cpu_seconds: float
    peak: int
    """Bytes, of the first."""
    columns: int
    """Words and vectors that the decoder read."""
    weights: int


class Reader:
    """A model and its contexts.

    Args:
        plan: What is measured.
    """

    def __init__(self, plan: Plan) -> None:
        from ...agents.compress.encoder import TokenEncoder
        from ...agents.compress.model import Compressor, Shape, embedding_norm

        self.plan = plan
        tokenizer = load_tokenizer(BUILT_IN["tiny"])
        config = BackboneConfig(
            width=_WIDTH, heads=_HEADS, feed_forward=_FEED_FORWARD, chunk=plan.chunk,
            max_positions=2 * 65_536,
        )  # fmt: skip
        self.decoder = build_backbone(PATTERNS[plan.decoder], tokenizer, config)
        self.words = len(tokenizer)
        encoder = TokenEncoder.new(self.words, plan.k, width=128, layers=2, heads=4)
        shape = Shape(k=plan.k, scale=embedding_norm(self.decoder))
        made = Compressor(self.decoder, tokenizer, encoder, shape)
        self.compressor = made.to(plan.device).eval()

    def row(self, tokens: int) -> Any:
        """Return a context of random tokens, and a question behind it."""
        from ...agents.compress.rows import Row

        rng = rng_for(0, "context", tokens)
        context, question = (
            [int(i) for i in rng.integers(3, self.words, size=n)] for n in (tokens, QUESTION)
        )
        of = self.compressor.rows.chunker.of_ids
        return Row([], of(context), question, question, of(question))

    def cache(self, row: Any, folder: str) -> Any:
        """Return the vectors of a row's chunks, on disk."""
        from ...agents.compress.cache import ChunkCache, write

        torch = require("torch", "llm")
        chunks = list(dict.fromkeys(row.chunks))
        with torch.no_grad():
            vectors = self.compressor.vectors(chunks).cpu().numpy().astype(np.float16)
        write(folder, self.plan.k, "context", chunks, vectors)
        return ChunkCache(folder, self.plan.k, "context")

    def first_token(self, row: Any, cache: Any = None) -> int:
        """Read a row, write one token; return how many columns were read."""
        share = 1.0 if self.plan.expand is None else self.plan.expand
        *_, batch = self.compressor.write([row], share, cache, 1)
        return int(batch.mask.sum())

    def training_step(self, row: Any) -> int:
        """Read a row plainly, and take the gradient of the question's loss; return the columns."""
        self.decoder.train()
        everything = list(range(len(row.chunks)))
        self.compressor.nll([row], [everything], None).sum().backward()  # type: ignore[no-untyped-call]
        self.decoder.zero_grad(set_to_none=True)
        return sum(len(chunk.ids) for chunk in row.chunks) + 2 * QUESTION


def measure(plan: Plan) -> Point:
    """Measure in this process.

    Raises:
        ConfigError: Where the memory of a process cannot be read.
    """
    torch = require("torch", "llm")
    torch.set_num_threads(plan.threads)
    reader = Reader(plan)
    if plan.checkpointing:
        from ...agents.drag.adapting import checkpoint

        checkpoint(reader.decoder)
    with tempfile.TemporaryDirectory() as folder:
        work, warm = _work(reader, folder)
        warm()
        memory = ProcessMemory() if plan.device == "cpu" else _gpu()
        times: list[tuple[float, float]] = []
        columns: list[int] = []

        def timed() -> None:
            wall, cpu = time.perf_counter(), time.process_time()
            columns.append(work())
            if plan.device != "cpu":
                torch.cuda.synchronize()
            times.append((time.perf_counter() - wall, time.process_time() - cpu))

        peak = memory.peak(timed)
        for _ in range(plan.repeats - 1):
            timed()
    weights = sum(weights.numel() for weights in reader.decoder.parameters())
    wall, cpu = (float(np.median(each)) for each in zip(*times, strict=True))
    return Point(wall, cpu, peak, columns[0], weights)


def _work(reader: Reader, folder: str) -> tuple[Callable[[], int], Callable[[], int]]:
    """Return what is measured, and the same with a short context."""
    plan = reader.plan
    row, short = reader.row(plan.tokens), reader.row(min(_WARM, plan.tokens))
    if plan.train:
        return (lambda: reader.training_step(row)), (lambda: reader.training_step(short))
    cache = reader.cache(row, folder) if plan.cached else None
    return (lambda: reader.first_token(row, cache)), (lambda: reader.first_token(short))


def _gpu() -> Any:
    from ..ppo_iteration import GpuMemory

    return GpuMemory()


def main() -> None:
    """Read a plan from standard input, and write what came of it."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(to_json(asdict(measure(plan))))


if __name__ == "__main__":
    main()
