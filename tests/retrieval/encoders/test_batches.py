import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval.encoders import HashingEncoder
from hopgym.retrieval.encoders.batches import distinct, document_vectors, query_vectors


class Failing(HashingEncoder):
    """Fails as it is told."""

    def __init__(self, how):
        super().__init__(dim=4)
        self.how = how

    def encode_queries(self, queries):
        return self.how(len(queries))

    def encode_documents(self, documents):
        return self.how(len(documents))


def raising(error):
    def how(_):
        raise error

    return how


def test_queries_that_say_nothing_are_left_out():
    encoder = HashingEncoder(dim=16)
    places, vectors = query_vectors(encoder, ["", "ada", " \n", "?!", "bob"])
    assert places == [1, 4]
    np.testing.assert_array_equal(vectors, encoder.encode_queries(["ada", "bob"]))


@pytest.mark.parametrize("queries", [[], ["", "\t"]])
def test_nothing_to_encode_asks_nobody(queries):
    places, vectors = query_vectors(Failing(raising(AssertionError())), queries)
    assert (places, vectors.shape) == ([], (0, 4))


def test_each_content_once():
    documents = [Document(str(n), "T" * (n % 2), "x" * (n % 3)) for n in range(12)]
    contents, places = distinct(documents)
    assert len(contents) == 6
    for document, place in zip(documents, places, strict=True):
        assert (contents[place].title, contents[place].text) == (document.title, document.text)


def test_whatever_an_encoder_does_wrong_is_one_kind_of_error():
    ways = [
        (raising(MemoryError("no room")), r"failed on 2 \w+ \(MemoryError: no room\)"),
        (raising(KeyError("odd")), r"failed on 2 \w+ \(KeyError"),
        (lambda count: np.zeros((count, 5)), r"shape \(2, 5\) for 2 texts; it must give \(2, 4\)"),
        (lambda count: np.zeros((count - 1, 4)), r"shape \(1, 4\) for 2 texts"),
        (lambda count: np.full((count, 4), np.nan), "not finite for text 0 of 2"),
    ]
    for how, message in ways:
        with pytest.raises(RetrievalError, match=message):
            query_vectors(Failing(how), ["a", "b"])
        with pytest.raises(RetrievalError, match=message):
            document_vectors(Failing(how), [Document("a", "", "x"), Document("b", "", "y")])


def test_our_own_errors_pass():
    with pytest.raises(ConfigError, match="bad option"):
        query_vectors(Failing(raising(ConfigError("bad option"))), ["a"])
