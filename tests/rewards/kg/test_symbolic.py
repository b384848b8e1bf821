import random

import numpy as np
import pytest

from hopgym.core import Fact
from hopgym.envs.datasets import make_questions
from hopgym.rewards.kg.reader import Selection
from hopgym.rewards.kg.symbolic import Facts, SymbolicReader, read_ids, walk

READ = SymbolicReader()


def read(text, *topics):
    """Read `a r b, b s c` from topics."""
    facts = tuple(Fact(*fact.split()) for fact in text.split(", ")) if text else ()
    return READ(Selection("?", facts, topics))


@pytest.mark.parametrize(
    ("facts", "topics", "answers"),
    [
        ("t r a", "t", ["a"]),
        ("t r a, a s b", "t", ["b"]),  # a lies on the way
        ("a r t, a s b", "t", ["b"]),  # back, then on
        ("t r a, t r b", "t", ["a", "b"]),  # several answers, in the order of names
        ("t r b, t r a", "t", ["a", "b"]),
        ("t r a, b s a", "t", ["b"]),  # what else shares it
        ("x r t, x s u", "t u", ["x"]),  # described by two
        ("x r t, x s c, u q c", "t u", ["x"]),  # ... one of them two hops away: c is on the way
        ("x r t, x s c, d p c, u q d", "t u", ["x"]),  # ... or three
        ("x r t, y s t", "t", ["x", "y"]),
        ("t size 3, u size 4, u made w", "t u", ["w"]),  # 3 and 4 are compared
        ("t size 3, u size 4", "t u", ["3", "4"]),  # nothing else was reached
        ("t made w, u made w, t size 3", "t u", ["3", "w"]),  # topics meet in w: not compared
        ("t r a, t s a", "t", ["a"]),  # parallel facts
        ("t r a, t r a", "t", ["a"]),  # one fact twice
        ("t r t", "t", []),  # a self-loop
        ("t r a, a s a", "t", ["a"]),
        ("t r a, a s t", "t", ["a"]),  # a cycle
        ("t r u", "t u", []),  # a topic is no answer
        ("a r b", "t", []),  # not connected
        ("t r a, b s c", "t", ["a"]),  # the rest is not
        ("t r a", "", []),  # no topic is known
        ("", "t", []),  # nothing is selected
    ],
)
def test_rules_by_hand(facts, topics, answers):
    assert read(facts, *topics.split()) == answers


def test_the_order_of_the_facts_is_nothing_to_it():
    facts = [Fact(f"n{i}", f"r{i % 3}", f"n{(i * 7 + 3) % 11}") for i in range(11)]
    first = READ(Selection("?", tuple(facts), ("n0", "n4")))
    for seed in range(20):
        random.Random(seed).shuffle(facts)
        assert READ(Selection("?", tuple(facts), ("n4", "n0"))) == first


def test_a_batch_reads_as_one_by_one():
    rng = np.random.default_rng(3)
    batch = []
    for _ in range(300):
        triples = rng.integers(0, [6, 3, 6], (rng.integers(0, 9), 3))
        facts = tuple(Fact(f"n{h}", f"r{r}", f"n{t}") for h, r, t in triples)
        batch.append(Selection("?", facts, tuple(f"n{n}" for n in rng.integers(0, 6, 2))))
    assert READ.many(batch) == [READ(one) for one in batch]
    assert READ.many([]) == []
    for one, answers in zip(batch, READ.many(batch), strict=True):
        assert not set(answers) & set(one.topics)
        assert set(answers) <= {name for f in one.facts for name in (f.head, f.tail)}
        assert answers == sorted(set(answers))


def test_numbers_are_read_as_names_are():
    facts = Facts(*np.array([[0, 0, 1, 0], [1, 0, 2, 0], [4, 1, 3, 1], [3, 0, 5, 1]]).T)
    depth, last = walk(facts, np.array([0, -1, 3]), entities=6, questions=3)
    assert depth.tolist() == [0, 1, 2, 0, 2, 1] and last.tolist() == [2, 2, 0]
    ends = read_ids(facts, np.array([0, -1, 3]), entities=6, questions=3)
    assert ends.owners.tolist() == [0, 1] and ends.entities.tolist() == [2, 4]


def test_the_worlds_gold_facts_are_read_exactly():
    questions = make_questions("world?entities=300&dev=300").questions("dev")
    asked = [q for q in questions if q.answer_entities]
    answers = READ.many([Selection.of(q, q.gold_facts) for q in asked])
    assert len(asked) > 150 and {q.type for q in asked} >= {"chain", "intersection", "mixed"}
    wrong = [
        (q.text, given)
        for q, given in zip(asked, answers, strict=True)
        if given != list(q.answer_entities)
    ]
    assert not wrong
