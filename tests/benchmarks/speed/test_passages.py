from collections import Counter
from itertools import chain

from hopgym.benchmarks.speed.passages import make_passages, make_questions


def test_passages_are_always_the_same_however_many():
    few, many = list(make_passages(30)), list(make_passages(10_020))
    assert many[:30] == few and len(many) == len({d.id for d in many}) == 10_020
    assert [d.id for d in many] == sorted(d.id for d in many)
    assert {len(d.text.split()) for d in few} == {56}


def test_words_are_as_rare_as_in_real_passages():
    texts = [set(d.text.split()) for d in make_passages(5_000)]
    found = Counter(chain.from_iterable(texts))
    questions = [question.split() for question in make_questions(300)]
    postings = sum(found[word] for words in questions for word in set(words)) / 300
    assert 0.07 < postings / 5_000 < 0.12  # 9,400 of 100,000
