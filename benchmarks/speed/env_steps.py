"""How many steps a second? The environments beside bare Gymnasium, bare bm25s and the peers.

An episode is two queries and an answer. CPU figures are of this process alone; where the work is
done in others (async vectorization) there is none. Ratios are within one kind of search.

    python -m hopgym.benchmarks.speed.env_steps [--documents 20000 100000] [--num-envs 1 8 64 256]
        [--peers DIR] [--rounds 7] [--json FILE]

`DIR/gem/bin/python` and so on are the interpreters of the peers; see `peers`.
"""

from __future__ import annotations

from .workload import (
    make_queries,
)

SIZES = (20_000, 100_000)
NUM_ENVS = (1, 8, 64, 256)
TRANSCRIPTS = (2_000, 8_000, 32_000)
QUERIES = make_queries.__defaults__
