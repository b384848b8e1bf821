import pytest

from hopgym.core import Fact, Question
from hopgym.envs.datasets.graph_records import (
    FactPool,
    answers,
    entities,
    gold_places,
    read_graphs,
)
from hopgym.envs.datasets.records import Record
from hopgym.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")


def record(**fields):
    return Record(fields, "f.jsonl:7")


def test_parallel_facts_and_loops_stay_and_repeated_ones_are_one():
    triples = [
        ["Ada", "born_in", "Łódź"],
        ["Ada", "lives_in", "Łódź"],
        [" Ada", "born_in", "Łódź "],
        ["m.0h28vy2", "same_as", "m.0h28vy2"],
        ("Ada", "born_in", "Łódź"),
        ["", "r", ""],
    ]
    pool = FactPool()
    graph = pool.read(record(graph=triples), "graph")
    assert graph.facts == (
        Fact("Ada", "born_in", "Łódź"),
        Fact("Ada", "lives_in", "Łódź"),
        Fact("m.0h28vy2", "same_as", "m.0h28vy2"),
        Fact("", "r", ""),
    )
    assert graph.places == (0, 1, 0, 2, 0, 3)
    again = pool.read(record(graph=triples[:1]), "graph")
    assert again.facts[0] is graph.facts[0]
    assert pool.read(record(graph=[]), "graph") == ((), ())


@pytest.mark.parametrize(
    ("triple", "told"),
    [
        (["a", "r"], r"\['a', 'r'\]"),
        (["a", "r", 3], r"\['a', 'r', 3\]"),
        (["a", "r", ["b"]], r"\['a', 'r', \['b'\]\]"),
        ("arb", "'arb'"),
        (None, "None"),
    ],
)
def test_what_is_no_triple_is_named_with_its_place(triple, told):
    pool = FactPool()
    pool.read(record(graph=[["a", "r", "b"]]), "graph")
    with pytest.raises(
        DataError, match=rf"f.jsonl:7: field `graph\[1\]` must be \[head, relation, tail\].*{told}"
    ):
        pool.read(record(graph=[["a", "r", "b"], triple]), "graph")


@pytest.mark.parametrize(
    ("graph", "told"), [(None, "is missing"), ("a r b", "must be a list of"), ({}, "must be")]
)
def test_a_graph_that_is_no_list_is_named(graph, told):
    with pytest.raises(DataError, match=f"f.jsonl:7: field `graph` {told}"):
        FactPool().read(record(graph=graph), "graph")


def test_entities_may_be_none_one_or_many():
    assert entities(record(), "q", "r") == entities(record(q=[]), "q") == ()
    assert entities(record(q=None, r="Ada"), "q", "r") == ("Ada",)
    assert entities(record(q=["Ada", " Bo", "Ada"]), "q") == ("Ada", "Bo")
    with pytest.raises(DataError, match="field `q` must be text or a list of texts"):
        entities(record(q=[3]), "q")


CONVERT_CASES = [
    ("a", {"id": "a", "answer": ["x"]}),
    ("b", {"id": "b", "answer": []}),
    ("c", {"id": "c"}),
    ("d", DataError("d: not JSON")),
    ("e", {"id": "a", "answer": ["x"]}),
    ("f", {"id": "f", "answer": "y"}),
]


def convert(one):
    return Question(one.id("id"), "Who?", answers(one, "answer"))


def test_bad_records_are_skipped_or_raised_and_those_without_answers_always_skipped():
    with pytest.warns(
        UserWarning, match="set dev: 4 bad records were skipped; the first: b: field"
    ):
        questions, skipped = read_graphs("set dev", convert, CONVERT_CASES, strict=False)
    assert [q.id for q in questions] == ["a", "f"]
    assert [line.partition(":")[0] for line in skipped] == ["b", "c", "d", "e"]
    assert "field `answer` is empty: nothing to score" in skipped[0]
    for place, message in (
        (2, "c: field `answer` is missing"),
        (3, "d: not"),
        (4, "e: the id 'a'"),
    ):
        with pytest.raises(DataError, match=message):
            read_graphs("set", convert, [CONVERT_CASES[n] for n in (0, 1, place)])
    questions, skipped = read_graphs("set", convert, CONVERT_CASES, limit=2)
    assert (len(questions), len(skipped)) == (1, 1)


def test_nothing_left_is_an_error():
    with pytest.raises(DataError, match="set: no question could be read; first: b: field `answer`"):
        read_graphs("set", convert, CONVERT_CASES[1:2])
    with pytest.raises(DataError, match=r"set: no question could be read\.$"):
        read_graphs("set", convert, [])


def test_gold_out_of_reach_is_left_out():
    facts = [Fact("a", "r", "b"), Fact("b", "r", "c")]
    assert gold_places(facts, [Fact("b", "r", "c"), Fact("x", "r", "c")]) == (1,)
