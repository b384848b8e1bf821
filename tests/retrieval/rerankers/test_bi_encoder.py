import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import RetrievalError, UnknownNameError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.encoders import make_encoder
from hopgym.retrieval.rerankers import make_reranker
from hopgym.retrieval.rerankers.bi_encoder import BiEncoderReranker

VEL = Document("a", "Vel", "A film by Ada Orm.")
ADA = Document("b", "Ada Orm", "Born in Tessa.")
TESSA = Document("c", "Tessa", "A town on a river.")
PAIRS = [("who made Vel", VEL), ("born in Tessa", ADA), ("who made Vel", ADA), ("a town", TESSA)]


def test_scores_are_the_products_of_the_encoders_vectors():
    encoder = make_encoder("hashing?dim=64")
    queries = encoder.encode_queries([query for query, _ in PAIRS])
    documents = encoder.encode_documents([document for _, document in PAIRS])
    scores = BiEncoderReranker(encoder=encoder).score(PAIRS)
    assert np.allclose(scores, (queries * documents).sum(axis=1), atol=1e-6)
    assert BiEncoderReranker(encoder=encoder).score([]).shape == (0,)


def test_normalised_it_is_the_cosine():
    class Long:
        dim, settings, fingerprint = 2, {"encoder": "long"}, "long"

        def encode_queries(self, queries):
            return np.full((len(queries), 2), 3.0, np.float32)

        encode_documents = encode_queries

    assert np.allclose(BiEncoderReranker(encoder=Long(), normalize=True).score(PAIRS), 1.0)
    assert np.allclose(BiEncoderReranker(encoder=Long()).score(PAIRS), 18.0)


def test_each_text_is_encoded_once():
    class Counting:
        dim, settings, fingerprint = 1, {"encoder": "counting"}, "counting"

        def __init__(self):
            self.read = []

        def encode_queries(self, queries):
            self.read.append(len(queries))
            return np.ones((len(queries), 1), np.float32)

        encode_documents = encode_queries

    encoder = Counting()
    BiEncoderReranker(encoder=encoder).score(PAIRS)
    assert encoder.read == [3, 3]


def test_it_reranks_by_name_with_options():
    spec = 'rerank?base=bm25&reranker="bi_encoder?encoder=hashing&normalize=true"'
    hits = make_retriever(spec, [VEL, ADA, TESSA]).search(["Ada Orm of Tessa"], 2)
    assert hits.ids == [["b", "a"]]


def test_the_fingerprint_names_the_encoder_and_what_is_done_with_it():
    named = ["bi_encoder?encoder=hashing", "bi_encoder?encoder=hashing&normalize=true"]
    named.append('bi_encoder?encoder="hashing?dim=64"')
    assert len({make_reranker(spec).fingerprint for spec in named}) == 3


def test_what_is_no_vector_is_a_failure_and_no_score():
    class Broken:
        dim, settings, fingerprint = 2, {"encoder": "broken"}, "broken"

        def encode_queries(self, queries):
            return np.full((len(queries), 2), np.nan, np.float32)

        encode_documents = encode_queries

    with pytest.raises(RetrievalError, match="not finite"):
        BiEncoderReranker(encoder=Broken()).score(PAIRS)
    with pytest.raises(UnknownNameError, match="hashin"):
        make_reranker("bi_encoder?encoder=hashin")
