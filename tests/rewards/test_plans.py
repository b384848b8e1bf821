from dataclasses import replace

import pytest
from dag_episodes import GOOD, answer, answered, episode, plan, refused

from hopgym.core import Hit
from hopgym.rewards.plans import (
    GRAPH_ERRORS,
    ancestors,
    format_fault,
    graph_fault,
    plan_steps,
    search_fault,
    without_own,
)


def test_the_codes_are_the_grammars():
    from hopgym.envs.grammars.dag import GRAPH_ERRORS as OF_GRAMMAR

    assert {code.value for code in OF_GRAMMAR} == GRAPH_ERRORS


def test_sections_and_graphs_of_an_episode():
    assert format_fault(answered("Ull")) is graph_fault(answered("Ull")) is None
    cyclic = episode(refused("cycle"))
    assert format_fault(cyclic) is None and graph_fault(cyclic) == "step 1 was refused (cycle)"
    unclosed = episode(plan(), refused("unclosed_tag"))
    assert format_fault(unclosed) == "step 2 was refused (unclosed_tag)"
    assert graph_fault(unclosed) == "no answer followed"
    forgiven = episode(refused("cycle"), plan(), answer("Ull"))
    assert format_fault(forgiven) is None and graph_fault(forgiven) == graph_fault(cyclic)
    assert len(plan_steps(forgiven)) == 1


def test_an_episode_without_its_last_section_has_not_kept_them():
    assert format_fault(episode(plan())) == "the turns ran out before the answer"
    assert graph_fault(episode(plan())) == "no answer followed"


def test_an_answer_alone_is_no_valid_plan():
    alone = episode(answer("Ull"))
    assert graph_fault(alone) == search_fault(alone) == "there is no plan"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"A": ("d1",), "B": ("d2",)}, None),
        ({"A": ("d1",), "B": ("d1",)}, None),  # what A found, and B builds on A
        ({"A": ("d1", "d2"), "B": ("d2", "d1")}, None),  # as many documents as nodes
        ({"A": ("d1",)}, "node B found nothing new"),
        ({}, "nodes A, B found nothing new"),
    ],
)
def test_every_node_must_find_something(found, expected):
    assert search_fault(answered("Ull", found=found)) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (("d1",), "node A found nothing new (plan 2)"),
        (("d1", "d2"), None),
        ((), "node A found nothing new (plan 2)"),
    ],
)
def test_a_later_plan_must_find_what_was_not_seen(second, expected):
    one = {"A": ("Ada Orm birthplace", "General")}
    steps = plan(GOOD, {"A": ("d1",), "B": ("d3",)}), plan(one, {"A": second}, known=("d1", "d3"))
    assert search_fault(episode(*steps, answer("Ull"))) == expected


def test_the_node_that_found_nothing_is_named_in_whatever_order_the_nodes_ran():
    step = plan(GOOD, {"A": ("d1",), "B": ()})  # written as A, B and run as B, A
    step = replace(
        step,
        parsed={**step.parsed, "layers": [["B"], ["A"]]},
        queries=step.queries[::-1],
        hits=(Hit("d1", 1.0, 1, True),),
    )
    assert search_fault(episode(step, answer("Ull"))) == "node B found nothing new"


def test_a_node_may_repeat_another_for_another_source_only():
    twice = {"A": ("Director of Vel", "General"), "B": ("the director of Vel", "General")}
    assert search_fault(answered("Ull", twice)) == "node B repeats node A"
    sources = {"A": ("director of Vel", "General"), "B": ("director of Vel", "News")}
    assert search_fault(answered("Ull", sources)) is None


SIDE_BY_SIDE = {label: (f"Vel {word}", "General") for label, word in zip("ABC", "xyz", strict=True)}


def test_searches_side_by_side_find_no_fewer_documents_than_they_are():
    both = ("d1", "d2")
    crowded = answered("Ull", SIDE_BY_SIDE, found=dict.fromkeys("ABC", both))
    assert search_fault(crowded) == "node C found only what other nodes of its plan did"
    apart = answered("Ull", SIDE_BY_SIDE, found={"A": both, "B": both, "C": ("d1", "d3")})
    assert search_fault(apart) is None


def test_a_chain_may_find_one_document_where_one_is_given_and_else_not():
    chain = {"A": ("Vel", "News"), "B": ("town of {A}", "News"), "C": ("river of {B}", "News")}
    assert search_fault(answered("Ull", chain, found=dict.fromkeys("ABC", ("d1",)))) is None
    two = answered("Ull", chain, found=dict.fromkeys("ABC", ("d1", "d2")))
    assert search_fault(two) == "node C found only what other nodes of its plan did"


def test_what_was_asked_counts_and_not_how_it_was_written():
    nodes = {"A": ("Vel", "News"), "B": ("town of {A}", "News"), "C": ("town of Vel", "General")}
    step = plan(nodes)
    asked = [
        {**node, "asked": node["query"].replace("{A}", "Vel")} for node in step.parsed["nodes"]
    ]
    step = replace(step, parsed={**step.parsed, "nodes": asked})
    assert search_fault(episode(step, answer("Ull"))) is None  # of another source, other documents
    same = tuple(hit._replace(document_id="dB") if hit.query == 2 else hit for hit in step.hits)
    repeated = replace(step, hits=same)
    assert search_fault(episode(repeated, answer("Ull"))) == "node C repeats node B"


def test_a_check_that_comes_to_ask_what_it_builds_on_had_repeats_nothing():
    nodes = {
        "A": ("town of Vel", "News"),
        "B": ("lies on {A}", "News"),
        "C": ("town of {B}", "News"),
    }
    step = plan(nodes, dict.fromkeys("ABC", ("d1", "d2", "d3")))
    asked = [
        {**node, "asked": node["query"].replace("{B}", "Vel")} for node in step.parsed["nodes"]
    ]
    filled = replace(step, parsed={**step.parsed, "nodes": asked})
    assert search_fault(episode(filled, answer("Ull"))) is None
    apart = replace(step, parsed={**step.parsed, "nodes": asked, "edges": [["B", "C"]]})
    assert search_fault(episode(apart, answer("Ull"))) == "node C repeats node A"


def test_nodes_get_documents_wherever_they_can():
    found = {"A": {"d1", "d2"}, "B": {"d1", "d3"}, "C": {"d1"}}
    assert without_own(found) is None
    assert without_own({**found, "D": {"d2", "d3"}}) == "D"
    assert ancestors("A", [("A", "B")]) == set()
