import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.agents.planning import compress, everywhere, plan_hops
from hopgym.core import Hop
from hopgym.envs.plans import Node, check_plan
from hopgym.retrieval.readers.names import names

TOOLS = ("General", "News")


@pytest.mark.parametrize(
    ("query", "most", "cut"),
    [
        ("What is the birthplace of Ada Orm?", 10, "What is the birthplace of Ada Orm?"),
        ("What is the birthplace of Ada Orm?", 3, "birthplace Ada Orm?"),
        ("What is the birthplace of Ada Orm?", 2, "Ada Orm?"),
        ("author of The Fallen Light of Nator, or {A}", 6, "The Fallen Light of Nator, {A}"),
        ("Which city had the founder {A} and lies in {B}?", 5, "city founder {A} lies {B}?"),
        ("The Old Orm of Vel and Bo", 2, "Bo"),
        ("The Old Orm of Vel", 2, "The Old"),
        ("older than #A or { B }", 5, "older #A { B }"),
        ("", 3, ""),
    ],
)
def test_words_that_say_little_go_first_and_names_stay_whole(query, most, cut):
    # "{ B }" is one placeholder, but three words to whoever counts them by their blanks.
    assert compress(query, most) == cut


@given(st.text(max_size=80), st.integers(1, 12))
def test_it_is_never_too_long_and_never_made_up(query, most):
    cut = compress(query, most).split()
    assert len(cut) <= most
    rest = iter(query.split())
    assert all(word in rest for word in cut)
    assert compress(" ".join(cut), most).split() == cut


def test_what_a_query_is_about_survives_on_every_gold_hop(world):
    hops = [hop for question in world.questions("dev") for hop in question.hops]
    long = [hop for hop in hops if len(hop.query.split()) > 10]
    assert len(long) > 20
    for hop in long:
        assert names(hop.query)[0] in compress(hop.query, 10)


@pytest.fixture(scope="module")
def world():
    from hopgym.envs.datasets import make_questions

    return make_questions("world?entities=400&dev=100")


def test_a_query_goes_everywhere_or_as_far_as_there_is_room():
    assert [node.tool for node in everywhere("Vel", TOOLS, 8)] == ["General", "News"]
    assert everywhere("Vel", TOOLS, 1) == [Node("A", "Vel", "General")]


def test_gold_hops_become_a_plan_that_can_be_checked(world):
    for question in world.questions("dev"):
        nodes, edges = plan_hops(question.hops, ("General", "News", "Academy"), 8)
        plan = check_plan(nodes, edges, tools=["General", "News", "Academy"], max_words=20)
        assert [node.tool for node in plan.nodes] == [hop.source for hop in question.hops]
        wanted = {(n, place) for place, hop in enumerate(question.hops) for n in hop.needs}
        assert {("ABCDEFGH".index(a), "ABCDEFGH".index(b)) for a, b in plan.edges} == wanted


def test_answers_become_placeholders_only_whole_and_only_where_needed():
    hops = [
        Hop("who made Vel", "Ann", source="Elsewhere"),
        Hop("who made Orm", "Ann Lee", source="News"),
        Hop("are Ann Lee and Ann and Anna kin", "no", needs=(0, 1)),
        Hop("who is Ann Lee", "x", needs=(1, 9)),
        Hop("who is no", "x", needs=(0,)),
    ]
    nodes, edges = plan_hops(hops, TOOLS, 8)
    assert [node.query for node in nodes[2:]] == [
        "are {B} and {A} and Anna kin",
        "who is {B}",
        "who is no",
    ]
    assert [node.tool for node in nodes[:2]] == ["General", "News"]
    assert edges == [("A", "C"), ("B", "C"), ("B", "D"), ("A", "E")]


def test_what_does_not_fit_and_what_goes_in_a_circle_is_left_out():
    hops = [Hop("q", "a", needs=(1,)), Hop("a?", "b", needs=(0, 2)), Hop("c", "c")]
    assert plan_hops(hops[1:], TOOLS, 1) == ([Node("A", "a?", "General")], [])
    nodes, edges = plan_hops(hops, TOOLS, 8)
    assert edges == [("A", "B")] and nodes[1].query == "{A}?"


def test_a_later_hop_may_be_needed_by_an_earlier_one():
    hops = [Hop("where is Ada from", "x", needs=(1,)), Hop("who made Vel", "Ada")]
    nodes, edges = plan_hops(hops, TOOLS, 8)
    assert nodes[0].query == "where is {B} from" and edges == [("B", "A")]
