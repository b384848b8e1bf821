from hopgym.agents.oracle import OracleAgent
from hopgym.agents.tiny.exam import exam
from hopgym.envs.datasets.world import World

WORLD = World(seed=8, entities=300, hops="1-2", dev=16)


def test_the_oracle_passes_and_sorts_are_told_apart():
    marks = exam(OracleAgent(), WORLD)
    assert {sort: mark.questions for sort, mark in marks.items()} == {
        "1 hop": 4,
        "1 hop, chain": 4,
        "2 hops": 12,
        "2 hops, chain": 4,
        "2 hops, comparison": 4,
        "2 hops, intersection": 4,
        "all": 16,
    }
    assert all(mark.em == mark.format == 1.0 for mark in marks.values())


def test_one_that_talks_in_no_form_fails():
    marks = exam(lambda observation: "Vel!", WORLD, count=4)
    assert (marks["all"].questions, marks["all"].em, marks["all"].format) == (4, 0.0, 0.0)
