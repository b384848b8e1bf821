import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.retrieval.encoders import HashingEncoder, make_encoder

ENCODER = HashingEncoder(dim=128)


@given(st.lists(st.text(max_size=40), max_size=6))
def test_a_batch_equals_its_texts_alone(texts):
    together = ENCODER.encode_queries(texts)
    assert together.shape == (len(texts), 128)
    assert together.dtype == np.float32
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_array_equal(ENCODER.encode_queries([text])[0], vector)


def test_it_is_the_same_in_every_process():
    code = (
        "from hopgym.retrieval.encoders import HashingEncoder as H\n"
        "print(H(dim=32).encode_queries(['Ada wrote the first program']).tobytes().hex())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert runs == {
        HashingEncoder(dim=32).encode_queries(["Ada wrote the first program"]).tobytes().hex()
    }


def test_shared_words_bring_texts_together():
    near, far = ENCODER.encode_documents(
        [Document("a", "Ada", "wrote the first program"), Document("b", "Boyle", "weighed air")]
    )
    (query,) = ENCODER.encode_queries(["who wrote a program"])
    assert near @ query > 0.3
    assert abs(far @ query) < 0.2


def test_products_are_right_on_average():
    """The hash keeps inner products without bias (Weinberger et al. 2009, lemma 2)."""
    words = [f"word{n}" for n in range(400)]
    plain = HashingEncoder(dim=16, normalize=False)
    left = plain.encode_queries([f"{a} common" for a in words[:200]])
    right = plain.encode_queries([f"{b} common" for b in words[200:]])
    assert np.mean((left * right).sum(axis=1)) == pytest.approx(1.0, abs=0.1)


def test_lengths_are_one_or_zero():
    vectors = ENCODER.encode_queries(["ada", "ada ada bob", "", "?!"])
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 1, 0, 0])
    raw = HashingEncoder(dim=128, normalize=False).encode_queries(["ada bob cid dan eve"])
    assert np.linalg.norm(raw) > 1.5


def test_titles_and_texts_are_read():
    title, text = ENCODER.encode_documents([Document("a", "ada", ""), Document("b", "", "ada")])
    np.testing.assert_array_equal(title, text)


def test_settings_name_it():
    prints = {HashingEncoder(dim=d, normalize=n).fingerprint for d in (8, 9) for n in (True, False)}
    assert len(prints) == 4
    encoder = HashingEncoder(dim=9, normalize=False)
    assert make_encoder(encoder.spec).fingerprint == encoder.fingerprint


@pytest.mark.parametrize("dim", [0, -1, 1.5, "8", True])
def test_bad_dimensions_are_refused(dim):
    with pytest.raises(ConfigError, match="give a whole number from 1"):
        HashingEncoder(dim=dim)
