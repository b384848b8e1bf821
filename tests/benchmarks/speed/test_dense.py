import sys

import numpy as np
import pytest
from rich.console import Console

from hopgym.benchmarks.speed import dense
from hopgym.benchmarks.speed.dense import TableEncoder, make_vectors, measure, show
from hopgym.core import Document
from hopgym.retrieval.encoders import Encoder

pytest.importorskip("faiss")


def test_vectors_are_always_the_same_and_of_length_1():
    vectors = make_vectors("documents", 50, 8)
    np.testing.assert_array_equal(vectors, make_vectors("documents", 50, 8))
    assert not np.array_equal(vectors, make_vectors("q", 50, 8))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_the_encoder_is_a_table():
    encoder = TableEncoder(make_vectors("documents", 5, 8), make_vectors("q", 3, 8))
    assert isinstance(encoder, Encoder)
    documents = [Document("a", "", "4"), Document("b", "", "0")]
    np.testing.assert_array_equal(encoder.encode_documents(documents), encoder.documents[[4, 0]])
    np.testing.assert_array_equal(encoder.encode_queries(["2"]), encoder.queries[[2]])


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_a_small_measurement_makes_a_table(kind):
    timing = measure(kind, documents=600, dim=16, queries=20, rounds=2)
    assert min(timing.build, timing.bare, timing.batched, timing.bare_single, timing.single) > 0
    assert timing.same > 0.9, "the sides do not search the same index"
    console = Console(width=160)
    with console.capture() as shown:
        console.print(show([timing], 600))
    assert f"{timing.batched:.3f}" in shown.get()
    assert "600 vectors" in shown.get()


def test_the_command_line_names_the_documents_and_kinds(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["dense", "300", "flat"])
    monkeypatch.setattr(dense, "ROUNDS", 1)
    dense.main()
    assert "300 vectors" in capsys.readouterr().out
