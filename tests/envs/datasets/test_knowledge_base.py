import pickle
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopgym.core import Fact
from hopgym.envs.datasets.knowledge_base import (
    FactFiles,
    KnowledgeBase,
    read_facts,
    whole_number,
)
from hopgym.errors import ConfigError, DataError

names = st.sampled_from("abcdefgh")
facts = st.lists(st.builds(Fact, names, st.sampled_from("rs"), names), max_size=25)


def walked(given_facts, topics, hops, hub, most):
    """The same by the plainest of means."""
    every = list(dict.fromkeys(given_facts))
    front, seen, taken = set(topics), set(), []
    for hop in range(hops):
        if hop and hub:
            degree = {e: sum((f.head == e) + (f.tail == e) for f in every) for e in front}
            front = {entity for entity in front if degree[entity] <= hub}
        seen |= front
        new = [f for f in every if f not in taken and {f.head, f.tail} & front]
        taken += new
        front = {end for f in new for end in (f.head, f.tail)} - seen
    return tuple(taken[:most] if most else taken)


@settings(max_examples=150)
@given(
    facts,
    st.lists(names, max_size=3),
    st.integers(0, 4),
    st.sampled_from([0, 1, 3]),
    st.integers(0, 6),
)
def test_what_is_around_equals_a_plain_walk(given_facts, topics, hops, hub, most):
    base = KnowledgeBase(given_facts)
    assert base.around(topics, hops, hub=hub, most=most) == walked(
        given_facts, topics, hops, hub, most
    )


def test_nothing_is_around_what_is_not_there():
    assert KnowledgeBase([]).around(["a"], 2) == ()
    assert KnowledgeBase([Fact("a", "r", "b")]).around(["x"], 2) == ()


def test_a_hub_is_walked_on_from_only_where_it_is_the_topic():
    base = KnowledgeBase([Fact(f"film{n}", "genre", "Drama") for n in range(9)])
    assert len(base.around(["film0"], 2, hub=8)) == 1
    assert len(base.around(["film0"], 2, hub=9)) == len(base.around(["Drama"], 1, hub=1)) == 9
    assert base.around(["film3"], 2, most=2) == (base.facts[3], base.facts[0])
    assert repr(base) == "KnowledgeBase(10 entities, 9 facts)"


def test_walks_fork_and_dead_ends_are_no_part_of_them():
    base = KnowledgeBase(
        [
            Fact("x", "parent", "m"),
            Fact("x", "parent", "f"),
            Fact("x", "parent", "u"),
            Fact("m", "born_in", "Ull"),
            Fact("f", "born_in", "Ull"),
            Fact("u", "born_in", "Oslo"),
            Fact("x", "born_in", "Ull"),
        ]
    )
    gold = base.walk("x", ["parent", "born_in"], ["Ull"])
    assert set(gold) == {base.facts[n] for n in (0, 1, 3, 4)}
    assert base.walk("x", ["parent"], ["Ull"]) == base.walk("y", ["parent"], ["m"]) == ()
    assert all(one.tail == other.head for one, other in pairwise([base.facts[0], base.facts[3]]))


def test_files_of_facts(tmp_path):
    (tmp_path / "a.txt").write_text("Vel|by|Åsa\n\n Vel | in |1999\nVel|by|Åsa\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("Vel|by\n")
    files = FactFiles([tmp_path / "a.txt"], "|")
    assert files.base.facts == (Fact("Vel", "by", "Åsa"), Fact("Vel", "in", "1999"))
    assert files.base is files.base
    assert "base" not in vars(pickle.loads(pickle.dumps(files)))
    assert len(list(read_facts([tmp_path / "a.txt"], "|"))) == 3
    with pytest.raises(DataError, match=r"b.txt:1: a fact is head\|relation\|tail, not 'Vel\|by'"):
        list(read_facts([tmp_path / "a.txt", tmp_path / "b.txt"], "|"))


@pytest.mark.parametrize("value", ["x", -1, 4, "4", True, 1.5, "²", ""])
def test_options_that_are_numbers(value):
    assert whole_number("hops", "3", 1, 3) == whole_number("hops", 3, 1) == 3
    with pytest.raises(ConfigError, match=r"hops is .*; it must be a whole number from 1 to 3"):
        whole_number("hops", value, 1, 3)
