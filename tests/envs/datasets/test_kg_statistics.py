import pytest

from hopgym.core import Fact, Question
from hopgym.envs.datasets.kg_statistics import kg_statistics
from hopgym.errors import DataError

CHAIN = (Fact("a", "r", "b"), Fact("c", "r", "b"), Fact("c", "s", "b"), Fact("d", "r", "d"))


def question(id, answers, gold=(), topics=("a",), facts=CHAIN):
    return Question(
        id,
        "?",
        answers or ("x",),
        facts=facts,
        topic_entities=topics,
        answer_entities=answers,
        gold_facts=gold,
    )


def test_the_figures_of_a_few_graphs():
    found = kg_statistics(
        [
            question("1", ("c", "out")),  # two hops, of which one is walked backwards
            question("2", ("b",), gold=(0,)),
            question("3", ("c",), gold=(0,)),  # the gold facts do not lead there
            question("4", ("d",)),  # in the graph, and no way to it
            question("5", ("out",), topics=(), facts=()),
        ]
    )
    assert (found.questions, found.most_edges) == (5, 4)
    assert (found.with_topic, found.coverage, found.covered) == (0.8, 0.8, 0.6)
    assert found.answer_recall == pytest.approx(0.7)
    assert (found.nodes, found.edges) == (pytest.approx(3.2), pytest.approx(3.2))
    assert (found.with_gold, found.gold_edges) == (0.4, 1.0)
    assert found.hops == {0: 0.6, 1: 0.2, 2: 0.2}
    assert found.answer_sets == {"1": 0.8, "2-4": 0.2, "5-9": 0.0, "10+": 0.0}


def test_it_tells_itself_in_a_line():
    text = str(kg_statistics([question("2", ("b",), gold=(0,))]))
    assert text == (
        "1 questions; answer in graph 100.0% (all answers 100.0%, recall 1.000); 4.0 nodes, 4.0 "
        "facts (most 4); gold 100.0% with 1.0 facts; hops 1: 100.0%; answers 1: 100.0%, 2-4: 0.0%, "
        "5-9: 0.0%, 10+: 0.0%"
    )


def test_large_answer_sets_and_questions_without_graphs():
    many = tuple(f"n{n}" for n in range(12))
    found = kg_statistics([question("1", many), question("2", many[:5], facts=())])
    assert found.answer_sets == {"1": 0.0, "2-4": 0.0, "5-9": 0.5, "10+": 0.5}
    assert (found.coverage, found.hops, found.gold_edges) == (0.0, {0: 1.0}, 0.0)


def test_a_few_without_answer_entities():
    inside = Question("2", "?", ("b", "B"), facts=CHAIN, topic_entities=("a",))
    found = kg_statistics(
        [question("1", ()), inside]
    )  # of answers, those in the graph, or the first
    assert (found.coverage, found.answer_sets["1"], found.hops) == (0.5, 1.0, {0: 0.5, 1: 0.5})


def test_no_questions_is_an_error():
    with pytest.raises(DataError, match="There are no questions to count"):
        kg_statistics([])
