import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hopgym.benchmarks.fuzz.texts import PIECES, hostile, mutated, odd_value, pick, repeated


def test_a_seed_gives_the_same_text_again_and_others_differ():
    texts = [hostile(np.random.default_rng(seed)) for seed in range(200)]
    assert texts == [hostile(np.random.default_rng(seed)) for seed in range(200)]
    assert len(set(texts)) > 150 and max(map(len, texts)) >= 1_000


def test_every_piece_is_picked():
    rng = np.random.default_rng(0)
    assert {pick(rng, PIECES) for _ in range(20_000)} == set(PIECES)


@given(st.text(), st.integers(0, 2**32))
def test_any_text_can_be_mutated(text, seed):
    rng = np.random.default_rng(seed)
    assert isinstance(mutated(rng, text), str)
    assert len(repeated(rng, text)) >= 1_000


def test_odd_values_are_json_of_every_type():
    rng = np.random.default_rng(0)
    values = [odd_value(rng) for _ in range(500)]
    assert {type(value) for value in values} == {type(None), bool, int, float, str, list, dict}
    assert json.dumps(values)
