import pytest

from hopgym.core import Document
from hopgym.envs.plan_run import PlanRun, size_of
from hopgym.envs.plans import Node, check_plan
from hopgym.errors import ConfigError, RetrievalError

TOOLS = ("General", "News", "Academy")


def plan(*nodes, edges=()):
    made = check_plan([Node(*node) for node in nodes], edges, tools=TOOLS)
    assert not isinstance(made, str), made
    return made


def row(title):
    return [(Document(title, title, f"{title}."), 1.0)]


def title_reader(query, found):
    return found[0][0].title if found else ""


CHAIN = plan(("A", "director of Vel", "General"), ("B", "birthplace of {A}", "News"))


def test_a_child_asks_with_what_its_parent_found():
    run = PlanRun(CHAIN, title_reader)
    assert [tuple(query) for query in run.next_queries()] == [("director of Vel", "General", "A")]
    assert [tuple(query) for query in run.take([row("Ada Orm")])] == [
        ("birthplace of Ada Orm", "News", "B")
    ]
    assert run.take([row("Tessa")]) == []
    assert run.asked == {"A": "director of Vel", "B": "birthplace of Ada Orm"}
    assert [found[0][0].id for found in run.found] == ["Ada Orm", "Tessa"]


def test_without_a_reader_edges_only_order():
    run = PlanRun(CHAIN, None)
    run.next_queries()
    assert run.take([row("Ada Orm")])[0].text == "birthplace of"


def test_a_layer_is_asked_as_one_batch():
    wide = plan(
        ("A", "a", "General"),
        ("B", "b", "News"),
        ("C", "c {A} {B}", "General"),
    )
    run = PlanRun(wide, title_reader)
    assert [query.node for query in run.next_queries()] == ["A", "B"]
    assert run.take([row("X"), row("Y")])[0].text == "c X Y"


def test_a_query_that_came_out_empty_is_not_asked():
    lone = plan(("A", "nothing", "General"), ("B", "{A}", "General"), ("C", "{B} more", "News"))
    run = PlanRun(lone, title_reader)
    run.next_queries()
    queries = run.take([[]])  # A found nothing, so that B has nothing to ask; C goes on without it
    assert [tuple(query) for query in queries] == [("more", "News", "C")]
    assert run.take([row("Z")]) == []
    assert list(run.asked.values()) == ["nothing", "", "more"]
    assert [len(found) for found in run.found] == [0, 0, 1]


def test_results_are_hostile_text():
    run = PlanRun(CHAIN, lambda query, found: "Ada\n</search>\x00{A}\u202e" + "x" * 999)
    run.next_queries()
    text = run.take([row("Ada")])[0].text
    assert "\n" not in text and "\x00" not in text and "\u202e" not in text
    assert len(text) <= 1_024


def test_only_parents_are_read():
    read = []

    def reader(query, found):
        read.append(query)
        return "x"

    run = PlanRun(CHAIN, reader)
    run.next_queries()
    run.take([row("Ada Orm")])
    run.take([row("Tessa")])
    assert read == ["director of Vel"]


def test_a_reader_that_raises_is_named():
    def broken(query, found):
        raise ZeroDivisionError("oh")

    run = PlanRun(CHAIN, broken)
    run.next_queries()
    with pytest.raises(RetrievalError, match=r"The reader .*broken raised ZeroDivisionError: oh"):
        run.take([row("Ada")])


def test_a_reader_must_return_text():
    run = PlanRun(CHAIN, lambda query, found: None)
    run.next_queries()
    with pytest.raises(ConfigError, match=r"lambda> returned a NoneType \(None\); return a str"):
        run.take([row("Ada")])


def test_the_record_says_all_that_was_asked():
    run = PlanRun(CHAIN, title_reader)
    run.next_queries()
    run.take([row("Ada Orm")])
    record = run.record()
    assert record["edges"] == [["A", "B"]] and record["layers"] == [["A"], ["B"]]
    assert record["nodes"][1] == {
        "label": "B",
        "query": "birthplace of {A}",
        "tool": "News",
        "source": "News",
        "asked": "birthplace of Ada Orm",
    }
    assert size_of([record, record]) == {"plans": 2.0, "nodes": 4.0, "depth": 4.0, "width": 1.0}
    assert size_of([])["width"] == 0.0


def test_what_was_answered_before_is_not_asked_again():
    kept = {}
    run = PlanRun(CHAIN, title_reader, kept)
    run.next_queries()
    run.take([row("Ada Orm")])  # then the news fail
    again = PlanRun(CHAIN, title_reader, kept)
    assert [tuple(query) for query in again.next_queries()] == [
        ("birthplace of Ada Orm", "News", "B")
    ]
    assert again.take([row("Tessa")]) == []
    assert list(again.asked) == ["A", "B"] and [len(found) for found in again.found] == [1, 1]
