import pytest

from hopgym.envs.datasets.world.config import WorldConfig
from hopgym.envs.datasets.world.relations import BY_NAME, KINDS, RELATIONS
from hopgym.envs.datasets.world.universe import Universe

each_relation = pytest.mark.parametrize("relation", RELATIONS, ids=lambda r: r.name)


@pytest.fixture(scope="module")
def universe():
    return Universe(WorldConfig(entities=300))


def test_the_entities_are_numbered_kind_by_kind(universe):
    numbered = [entity for kind in KINDS for entity in universe.entities(kind.name)]
    assert numbered == list(range(universe.size))
    for kind in KINDS:
        assert {universe.kinds[entity] for entity in universe.entities(kind.name)} == {kind.name}
        assert abs(universe.counts[kind.name] - 300 * kind.share) <= 0.5


@pytest.mark.parametrize("entities", [40, 60, 1_000])
def test_even_a_small_world_has_three_of_each_kind(entities):
    universe = Universe(WorldConfig(entities=entities))
    assert min(universe.counts.values()) >= 3
    assert entities * 0.99 <= universe.size <= entities * 1.5
    assert len(universe.names) == len(universe.aliases) == len(universe.kinds) == universe.size


@each_relation
def test_every_head_has_a_tail_of_the_right_kind(universe, relation):
    for head in universe.entities(relation.head):
        tail = universe.tail(relation.name, head)
        if relation.span:
            assert relation.span[0] <= tail <= relation.span[1]
            assert universe.text(relation, tail) == str(tail)
        else:
            assert tail in universe.entities(relation.tail) and tail != head
            assert universe.text(relation, tail) == universe.names[tail]


@pytest.mark.parametrize("name", [r.name for r in RELATIONS if r.span is None])
def test_heads_are_the_inverse_of_tails(universe, name):
    heads = universe.entities(BY_NAME[name].head)
    for tail in universe.entities(BY_NAME[name].tail):
        assert universe.heads(name, tail) == [h for h in heads if universe.tail(name, h) == tail]


def facts(universe):
    return [[universe.tail(r.name, h) for h in universe.entities(r.head)] for r in RELATIONS]


def test_the_seed_decides_names_and_facts(universe):
    same, other = Universe(WorldConfig(entities=300)), Universe(WorldConfig(entities=300, seed=1))
    assert same.names == universe.names != other.names
    assert facts(same) == facts(universe) != facts(other)
