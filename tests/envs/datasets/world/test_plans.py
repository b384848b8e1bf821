import pytest

from hopgym.envs.datasets.world.config import WorldConfig
from hopgym.envs.datasets.world.plans import FactKey, Phrase, Plan
from hopgym.envs.datasets.world.relations import BY_NAME
from hopgym.envs.datasets.world.universe import Universe

AUTHOR, BORN, YEAR = BY_NAME["author"], BY_NAME["born_in"], BY_NAME["birth_year"]


@pytest.fixture
def plan():
    return Plan(Universe(WorldConfig(entities=100)))


def test_a_named_entity_costs_no_hop(plan):
    assert plan.name(3) == Phrase(plan.universe.names[3], 3, ())
    assert plan.used == plan.named == {3} and plan.hops == []


def test_steps_nest_and_each_needs_the_one_before(plan):
    universe = plan.universe
    book = universe.entities("book")[0]
    author = universe.tail("author", book)
    phrase = plan.step(plan.step(plan.name(book), AUTHOR), BORN)
    assert phrase.text == f"the birthplace of the author of {universe.names[book]}"
    assert phrase.entity == universe.tail("born_in", author) and phrase.hops == (1,)
    assert [hop.needs for hop in plan.hops] == [(), (0,)]
    assert [hop.answer for hop in plan.hops] == [universe.names[author], universe.names[phrase[1]]]
    assert plan.hops[1].query == f"What is the birthplace of {universe.names[author]}?"
    assert plan.used == {book, author, phrase.entity} and plan.named == {book}


def test_a_number_is_no_entity(plan):
    tail = plan.follow(plan.name(0), YEAR)
    assert plan.hops[0].answer == str(tail) and plan.used == {0}


def test_needs_are_in_order_and_once(plan):
    for needs in ((), (), (1, 0, 1)):
        index = plan.add(YEAR, 0, "?", "1", needs)
    assert index == 2 and plan.hops[2].needs == (0, 1)


def test_the_chain_of_facts_does_not_depend_on_the_order(plan):
    other = Plan(plan.universe)
    plan.follow(plan.name(0), YEAR), plan.follow(plan.name(1), BORN)
    other.follow(other.name(1), BORN), other.follow(other.name(0), YEAR)
    assert plan.facts == other.facts == (FactKey(0, "birth_year"), FactKey(1, "born_in"))
