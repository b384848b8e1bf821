"""Texts that are nearly plans by the million: only a move or a code ever comes back.

`make test` reads 20,000 of them; `make test-slow` 1,000,000.
"""

import random
from collections import Counter

import pytest
from dag_plans import ANSWER_MUTATIONS, MUTATIONS, noise, some_plans, valid_plan
from hypothesis import given
from hypothesis import strategies as st

from hopgym.envs.grammars.base import ParseError
from hopgym.envs.grammars.dag import DagGrammar
from hopgym.envs.plans import placeholders

DAG = DagGrammar()
PHASES = ("plan", "plan", "plan", "either", "answer")


def check(move, phase):
    """What must hold of everything that is accepted."""
    assert phase != {"plan": "answer", "answer": "plan"}[move.kind]
    assert move.text.strip() == move.text != ""
    if move.kind == "answer":
        assert move.plan is None
        return
    nodes, edges, layers = move.plan.nodes, move.plan.edges, move.plan.layers
    place = {label: depth for depth, layer in enumerate(layers) for label in layer}
    assert move.analysis
    assert 1 <= len(nodes) <= DAG.max_nodes and len(set(edges)) == len(edges)
    assert len(place) == sum(map(len, layers)) == len(nodes)
    assert all(place[parent] < place[child] for parent, child in edges)
    for node in nodes:
        assert node.tool in DAG.tools and 1 <= len(node.query.split()) <= DAG.max_words
        assert all((parent, node.label) in edges for parent in placeholders(node.query))


def fuzz(count):
    rng, pool, found = random.Random(count), some_plans(count, 2_000), Counter()
    for number in range(count):
        phase = PHASES[number % len(PHASES)]
        result = DAG.parse_turn(noise(rng, pool), phase)
        if type(result) is not ParseError:
            check(result, phase)
            result = result.kind
        found[str(result)] += 1
    return found


def test_noise():
    found = fuzz(20_000)
    assert found["plan"] > 1_000 and found["answer"] > 20
    assert len(found) > 15


@pytest.mark.slow
def test_a_million_texts():
    found = fuzz(1_000_000)
    wanted = {"plan", "answer", *MUTATIONS, *ANSWER_MUTATIONS} - {"too_long"}
    assert set(found) >= wanted, wanted - set(found)


@pytest.mark.slow
def test_mutations_and_plans_at_length():
    rng = random.Random(5)
    for _ in range(2_000):
        drawn = valid_plan(rng)
        assert list(DAG.parse_turn(drawn.text, "plan").plan.nodes) == drawn.nodes
        for phase, table in (("plan", MUTATIONS), ("answer", ANSWER_MUTATIONS)):
            for code, make in table.items():
                action = make(rng)
                assert DAG.parse_turn(action, phase) == code, action


@given(st.text(), st.sampled_from(["plan", "answer", "either"]))
def test_any_text(text, phase):
    for action in (text, f"<think>t</think><search>{text}</search>", f"<answer>{text}</answer>"):
        result = DAG.parse_turn(action, phase)
        if not isinstance(result, ParseError):
            check(result, phase)
