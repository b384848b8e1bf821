from subgraphs import facts

from hopgym.agents.gold_facts import in_walking_order


def order(topics, *triples):
    return in_walking_order(dict(enumerate(facts(*triples))), topics)


def test_each_way_is_walked_to_its_end():
    assert order("a", "a r b", "a r c", "b r d", "c r e") == [0, 2, 1, 3]
    assert order("a", "b r a", "c r b") == [0, 1]  # against the facts too


def test_two_topics_that_meet():
    assert order("ab", "a r x", "b r x", "x r y") == [0, 1, 2]


def test_what_is_out_of_reach_comes_last():
    assert order("a", "x r y", "a r b", "y r z") == [1, 0, 2]
    assert order("q", "x r y", "a r b") == [0, 1] and order("", "a r b") == [0]


def test_circles_loops_and_parallel_facts_come_once():
    assert sorted(order("a", "a r b", "b r a", "a r a", "a s b", "b r c", "c r a")) == [*range(6)]
