import os
import subprocess
import sys

import numpy as np
import pytest

from hopgym.errors import ConfigError
from hopgym.retrieval.kb.minhash import (
    PERMUTATIONS,
    MinHashIndex,
    bands_for,
    jaccard,
    shingles_of,
)
from hopgym.seeding import rng_for

TEXT = "the quick brown fox jumps over the lazy dog and runs away into the dark wood at night"


def plain_jaccard(first, second):
    """The definition, on sets of triples of words."""
    sets = []
    for text in (first, second):
        words = text.split()
        sets.append({tuple(words[n : n + 3]) for n in range(len(words) - 2)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def mutated(words, share, rng):
    """Replace a stretch of words, so that the likeness falls slowly."""
    words = list(words)
    for n in range(int(len(words) * share)):
        words[n] = f"x{rng.integers(10**9)}"
    return " ".join(words)


def pairs(count=200):
    rng = rng_for(5, "minhash pairs")
    for n in range(count):
        words = [f"w{rng.integers(10**9)}" for _ in range(80)]
        yield f"p{n}", " ".join(words), mutated(words, 0.3 * n / count, rng)


def test_likeness_equals_its_definition():
    for _, first, second in pairs(60):
        assert jaccard(shingles_of(first), shingles_of(second)) == pytest.approx(
            plain_jaccard(first, second)
        )


def test_alike_ones_are_found_and_no_others():
    index = MinHashIndex(0.8)
    rows = list(pairs())
    for id, first, _ in rows:
        index.add(id, first)
    alike = [(id, b) for id, a, b in rows if plain_jaccard(a, b) >= 0.8]
    found = [id for id, b in alike if index.find(b) == id]
    assert 50 < len(alike) < 150, "the test must have pairs on both sides"
    assert len(found) >= 0.97 * len(alike)
    for id, a, b in rows:
        assert plain_jaccard(a, b) >= 0.8 or index.find(b) is None, id


def test_case_and_marks_do_not_count():
    index = MinHashIndex(1.0)
    index.add("a", TEXT)
    assert index.find(TEXT.upper().replace(" ", ", ")) == "a"


def test_the_first_of_several_is_named():
    index = MinHashIndex(0.9)
    for id in ("c", "a", "b"):
        index.add(id, TEXT)
    assert index.find(TEXT) == "c"
    assert len(index) == 3


def test_groups_are_apart():
    index = MinHashIndex(0.9)
    index.add("a", TEXT, group="News")
    assert index.find(TEXT, group="General") is None
    assert index.find(TEXT, group="News") == "a"


def test_texts_without_words_are_like_nothing():
    index = MinHashIndex(0.1)
    index.add("a", "")
    index.add("b", "...")
    assert index.find("") is None and index.find("!!!") is None
    assert jaccard(shingles_of(""), shingles_of("")) == 0.0


def test_short_texts_are_compared_by_their_words():
    index = MinHashIndex(0.9)
    index.add("a", "Ada Orm")
    assert index.find("ada orm") == "a" and index.find("Ada") is None


def test_long_texts_are_hashed_in_blocks():
    rng = rng_for(1, "long")
    words = [f"w{n}" for n in rng.integers(10**9, size=9_000)]
    index = MinHashIndex(0.9)
    index.add("long", " ".join(words))
    assert index.find(" ".join(words[:-50])) == "long"


def test_bands_miss_next_to_nothing_at_the_threshold():
    for threshold in (0.05, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0):
        bands, rows = bands_for(threshold)
        assert bands * rows <= PERMUTATIONS
        assert 1 - (1 - threshold**rows) ** bands >= 0.99 or rows == 1


def test_every_process_computes_the_same():
    code = (
        "from hopgym.retrieval.kb.minhash import MinHashIndex\n"
        f"print(MinHashIndex(0.9)._prints({TEXT!r})[1])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_shingles_are_sorted_and_unique():
    found = shingles_of("a b c a b c a b c")
    assert len(found) == 3 and (np.diff(found.astype(object)) > 0).all()


@pytest.mark.parametrize("threshold", [0, -0.5, 1.1, float("nan")])
def test_a_likeness_out_of_range_is_refused(threshold):
    with pytest.raises(ConfigError, match="above 0 and up to 1"):
        MinHashIndex(threshold)
