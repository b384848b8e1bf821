import io
import json
import sys

import pytest
from tiny_llms import needs_llms

needs_llms()

from hopgym.benchmarks import ppo_iteration  # noqa: E402
from hopgym.benchmarks.speed import context_probe  # noqa: E402
from hopgym.benchmarks.speed.context_probe import PATTERNS, QUESTION, Plan, Reader  # noqa: E402

linux = pytest.mark.skipif(not ppo_iteration._FORGET.exists(), reason="/proc is Linux's")


def test_the_models_are_of_like_size():
    readers = [Reader(Plan(decoder=name, tokens=64)) for name in PATTERNS]
    sizes = [sum(w.numel() for w in each.decoder.parameters()) for each in readers]
    assert max(sizes) < 1.2 * min(sizes)


@linux
@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, 100 + QUESTION),
        ({"expand": 0.0}, 7 + QUESTION),
        ({"expand": 0.25, "cached": True}, 5 + 2 * 16 + QUESTION),
        ({"train": True, "checkpointing": True}, 100 + 2 * QUESTION),
    ],
)
def test_it_reads_as_much_as_it_says(monkeypatch, capsysbinary, changes, columns):
    plan = {"decoder": "hybrid", "tokens": 100, "repeats": 2, **changes}
    given = io.TextIOWrapper(io.BytesIO(json.dumps(plan).encode()))
    monkeypatch.setattr(sys, "stdin", given)
    context_probe.main()
    told = json.loads(capsysbinary.readouterr().out)
    assert told["seconds"] > 0 < told["cpu_seconds"] and told["weights"] > 1_000_000
    # The last chunk has four tokens: which are expanded is the policy's to say.
    assert abs(told["columns"] - columns) <= 12 * ("cached" in changes)
