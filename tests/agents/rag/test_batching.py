import numpy as np
import pytest

from hopgym.agents.rag.batching import batches, estimated_tokens, grouped
from hopgym.agents.rag.data import Example
from hopgym.agents.rag.settings import RagSettings
from hopgym.core import Document
from hopgym.seeding import rng_for

LENGTHS = rng_for(0, "lengths").integers(10, 200, size=333).tolist()


@pytest.mark.parametrize("most", [0, 500, 5])
def test_every_question_stands_in_one_batch(most):
    made = batches(LENGTHS, 8, np.random.default_rng(0), most)
    assert sorted(place for batch in made for place in batch) == list(range(333))
    assert all(0 < len(batch) <= 8 for batch in made)
    if most:
        padded = [max(LENGTHS[n] for n in batch) * len(batch) for batch in made if len(batch) > 1]
        assert all(size <= most for size in padded)
        assert len(made) > 42


def test_questions_of_a_batch_are_of_like_length_and_batches_in_any_order():
    made = batches(LENGTHS, 8, np.random.default_rng(0))
    longest = [max(LENGTHS[n] for n in batch) for batch in made]
    assert sum(size * len(b) for size, b in zip(longest, made, strict=True)) < 1.1 * sum(LENGTHS)
    assert longest != sorted(longest)
    assert made == batches(LENGTHS, 8, np.random.default_rng(0))
    assert made != batches(LENGTHS, 8, np.random.default_rng(1))


def test_lengths_are_those_of_the_right_passage_or_of_a_mean_one():
    documents = [Document("a", "", "x" * 400), Document("b", "", "x" * 40)]
    examples = [Example("q" * 40, "a", (n,) if n < 2 else (), ()) for n in range(3)]
    given = RagSettings(n_docs=2, max_input_tokens=100)
    assert estimated_tokens(examples, documents, given) == [200, 42, 132]
    assert grouped([], 2) == []
