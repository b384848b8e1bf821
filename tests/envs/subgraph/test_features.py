import pickle

import numpy as np
import pytest
from subgraphs import facts

from hopgym.envs.subgraph import features as module
from hopgym.envs.subgraph.case import Offer
from hopgym.envs.subgraph.features import EDGE_FEATURES, NODE_FEATURES, Likeness, node_features
from hopgym.errors import RetrievalError
from hopgym.retrieval.encoders import HashingEncoder, make_encoder
from hopgym.seeding import rng_for


def by_hand(heads, tails, topics, count):
    """The encoding as SubgraphRAG's message passing: a mean over what arrives, fact by fact."""
    own = [[1.0, 0.0] if node in topics else [0.0, 1.0] for node in range(count)]
    columns = [own]
    for arcs in (list(zip(heads, tails, strict=True)), list(zip(tails, heads, strict=True))):
        felt = own
        for _ in range(2):
            arriving = [[felt[start] for start, end in arcs if end == n] for n in range(count)]
            felt = [np.mean(a, axis=0).tolist() if a else [0.0, 0.0] for a in arriving]
            columns.append(felt)
    return np.concatenate(columns, axis=1) if count else np.zeros((0, NODE_FEATURES))


@pytest.mark.parametrize("seed", range(20))
def test_it_equals_message_passing_by_hand(seed):
    rng = rng_for(0, "features", seed)
    count = int(rng.integers(1, 7))
    heads, tails = rng.integers(0, count, (2, int(rng.integers(0, 12))))
    topics = np.unique(rng.integers(0, count, int(rng.integers(0, 3))))
    made = node_features(heads, tails, topics, count)
    assert made.shape == (count, NODE_FEATURES) and made.dtype == np.float32
    assert made.flags.c_contiguous and 0 <= made.min() <= made.max() <= 1
    np.testing.assert_allclose(made, by_hand(heads, tails, topics, count), atol=1e-6)


def test_no_graph_has_no_rows():
    nothing = np.zeros(0, np.int32)
    assert node_features(nothing, nothing, nothing, 0).shape == (0, NODE_FEATURES)


def offer(question, *triples):
    given = facts(*triples)
    return Offer(question, given, ("a",))


def test_a_fact_is_as_near_as_its_relation():
    vector, near = Likeness(make_encoder("hashing?dim=64"))(
        offer("lives a", "a lives b", "a knows b", "c lives_a d")
    )
    assert vector.shape == (64,) and np.linalg.norm(vector) == pytest.approx(1)
    assert near.shape == (3, EDGE_FEATURES) and near.dtype == np.float32
    np.testing.assert_allclose(near[:, 0], [0.5**0.5, 0, 1], atol=1e-6)


def test_words_that_say_nothing_are_near_nothing():
    likeness = Likeness(make_encoder("hashing"))
    vector, near = likeness(offer("?!", "a r b"))
    assert not vector.any() and not near.any()
    assert likeness(offer("x"))[1].shape == (0, EDGE_FEATURES)


def test_long_vectors_are_brought_to_length_1():
    given = offer("lives lives lives", "a lives b", "lives lives.lives lives")
    for mine, other in zip(
        Likeness(make_encoder("hashing?normalize=false"))(given),
        Likeness(make_encoder("hashing"))(given),
        strict=True,
    ):
        np.testing.assert_allclose(mine, other, atol=1e-6)
        assert np.abs(mine).max() <= 1


def test_a_number_does_not_depend_on_what_was_asked_before():
    asked = [offer("lives a", f"a lives_{n} b", "a r b", f"a {n} b") for n in range(30)]
    forth, back = (Likeness(make_encoder("hashing?dim=7")) for _ in range(2))
    told = [forth(one)[1].tobytes() for one in asked]
    assert told == [back(one)[1].tobytes() for one in reversed(asked)][::-1]
    assert told == [forth(one)[1].tobytes() for one in asked]
    sent = pickle.loads(pickle.dumps(forth))
    assert not sent._known and sent(asked[3])[1].tobytes() == told[3]


def test_it_remembers_no_more_than_so_many_relations(monkeypatch):
    monkeypatch.setattr(module, "MOST_KNOWN", 2)
    likeness = Likeness(make_encoder("hashing"))
    told = likeness(offer("x y", "a x b", "a y b", "a z b", "a x_y b"))[1]
    assert len(likeness._known) == 2 and told.ravel().round().tolist() == [1, 1, 0, 1]


def test_an_encoder_that_is_broken_is_told():
    encoder = HashingEncoder(dim=8)  # of its own: those of `make_encoder` are shared
    encoder.encode_documents = lambda documents: np.full((len(documents), 8), np.nan)
    with pytest.raises(RetrievalError, match="numbers that are not finite"):
        Likeness(encoder)(offer("x", "a r b"))
