import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Document
from hopgym.retrieval.analyzer import Analyzer
from hopgym.retrieval.rerankers.lexical import LexicalReranker

LEXICAL = LexicalReranker()
ADA = Document("a", "Ada Lovelace", "She wrote the first program.")


def score(query, document=ADA, reranker=LEXICAL):
    return reranker.score([(query, document)])[0]


def test_the_score_is_the_mean_of_three_shares():
    # words: wrote, ada, air (2 of 3); title: ada (1 of 2); neighbours: none of 2
    assert score("wrote Ada air") == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    # words: 2 of 2; title: 1 of 2; neighbours: lovelace wrote, 1 of 1
    assert score("Lovelace wrote") == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert score("Ada Lovelace wrote") == 1


def test_one_word_has_no_neighbours():
    assert score("Lovelace") == pytest.approx((1 + 1 / 2) / 2)


def test_the_order_of_words_counts():
    film = Document("a", "", "The king of the river")
    assert score("river king", film) < score("king river", film)


def test_words_are_stemmed_on_both_sides():
    assert score("programs") == score("program") > 0
    plain = LexicalReranker(analyzer=Analyzer(stopwords=None, stemmer=None))
    assert score("programs", reranker=plain) == 0
    assert plain.fingerprint != LEXICAL.fingerprint


def test_more_of_the_query_is_better_and_length_is_not():
    short, long = Document("a", "", "king"), Document("b", "", "the king of the river " * 50)
    assert score("king of the river", long) > score("king of the river", short)


def test_a_text_without_words_scores_nothing():
    for query, document in (("", ADA), ("the", ADA), ("ada", Document("b", "", ""))):
        assert score(query, document) == 0


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20), st.text(max_size=30))))
def test_any_text_has_a_score_and_a_batch_equals_its_pairs(triples):
    pairs = [(query, Document("a", title, text)) for query, title, text in triples]
    scores = LEXICAL.score(pairs)
    assert scores == [LEXICAL.score([pair])[0] for pair in pairs]
    assert all(0 <= one <= 1 for one in scores)


def test_long_texts_are_cheap():
    start = time.process_time()
    words = " ".join(f"w{n}" for n in range(30_000))
    score(words, Document("a", words, words))
    assert time.process_time() - start < 3


def test_it_says_what_it_is():
    assert repr(LEXICAL) == "LexicalReranker()"
    assert LEXICAL.fingerprint == LexicalReranker().fingerprint
