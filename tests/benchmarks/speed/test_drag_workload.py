import pytest

from hopgym.benchmarks.speed.drag_workload import GRAPHS, RELATIONS, cases, questions
from hopgym.envs.datasets.base import check_questions
from hopgym.errors import ConfigError


@pytest.mark.parametrize("relations", [1, RELATIONS, 50])
def test_graphs_are_as_large_as_they_say_and_always_the_same(relations):
    asked = questions(6, relations)
    assert asked == questions(6, relations) and asked[2:] == questions(4, relations, start=2)
    check_questions(asked, "asked")
    for question in asked:
        assert len(question.facts) == GRAPHS.facts == 50
        assert len({fact.relation for fact in question.facts}) == relations
        assert len({end for fact in question.facts for end in (fact.head, fact.tail)}) == 35
    assert len({question.facts for question in asked}) == 6


def test_questions_share_relations_and_each_teaches_something():
    asked = questions(40)
    kinds = [{fact.relation for fact in question.facts} for question in asked]
    assert len(set.union(*kinds)) < 0.9 * sum(map(len, kinds))
    made = cases(asked)
    assert len(made) > 35
    assert all(case.gold.any() and case.num_facts == 50 for case in made)


@pytest.mark.parametrize("relations", [0, 51])
def test_graphs_that_cannot_be_are_refused(relations):
    with pytest.raises(ConfigError, match=f"relations is {relations}; .* 1 to 50"):
        questions(1, relations)
