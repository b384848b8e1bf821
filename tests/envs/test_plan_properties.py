"""Any plan, played in the environment: the order of its searches, and what refusals earn."""

import random

import pytest
from dag_plans import ANSWER_MUTATIONS, MUTATIONS, noise, valid_plan
from sources import Source
from toy import toy_kwargs

from hopgym.envs.dag_search import DagSearchEnv
from hopgym.envs.grammars.dag import GRAPH_ERRORS
from hopgym.envs.plans import PLACEHOLDER

WEIGHTS = {None: 0.25, 0: 0.4}
"""What the format is worth, without a trainer and at its first step."""


class Ordered(Source):
    """Notes every query in the order in which it was asked, and in which call."""

    def search(self, queries, k):
        hits = super().search(queries, k)
        self.asked = [*getattr(self, "asked", []), *((len(self.calls), q) for q in queries)]
        return hits


def begin(progress=None, **changes):
    env = DagSearchEnv(**toy_kwargs(**changes))
    env.set_progress(progress)
    env.reset(seed=0, options={"question_id": "q1"})
    return env


@pytest.mark.parametrize("seed", range(300))
def test_every_plan_is_executed_in_a_topological_order(seed):
    drawn = valid_plan(random.Random(seed))
    source = Ordered("s")
    env = begin(retriever=source, reader=lambda query, row: f"found-{query}")
    info = env.step(drawn.text)[-1]
    assert info["parse_error"] is None
    plan = env._episode.steps[0].parsed
    place = {label: n for n, layer in enumerate(plan["layers"]) for label in layer}
    assert sorted(place) == sorted(node.label for node in drawn.nodes)
    assert all(place[parent] < place[child] for parent, child in drawn.edges)
    # A layer is one call, and a node's layer is the earliest that its parents allow.
    assert len(source.calls) == len(plan["layers"]) == 1 + max(place.values())
    for label, layer in place.items():
        parents = [place[parent] for parent, child in drawn.edges if child == label]
        assert layer == max(parents, default=-1) + 1
    asked = {node["label"]: node["asked"] for node in plan["nodes"]}
    for call, layer in enumerate(plan["layers"], 1):
        assert [q for n, q in source.asked if n == call] == [asked[label] for label in layer]


@pytest.mark.parametrize("seed", range(40))
def test_what_parents_found_stands_in_the_query(seed):
    drawn = valid_plan(random.Random(seed))
    env = begin(retriever=Source("s"), reader=lambda query, row: "Zyx")
    env.step(drawn.text)
    for node, written in zip(env._episode.steps[0].parsed["nodes"], drawn.nodes, strict=True):
        assert node["asked"].count("Zyx") == len(PLACEHOLDER.findall(written.query))
        assert not PLACEHOLDER.search(node["asked"])


@pytest.mark.parametrize("progress", WEIGHTS)
@pytest.mark.parametrize("code", MUTATIONS)
def test_a_broken_plan_has_its_code_and_earns_what_the_scheme_says(code, progress):
    for seed in range(10):
        env = begin(progress)
        _, reward, terminated, _, info = env.step(MUTATIONS[code](random.Random(seed)))
        assert info["parse_error"] == code and terminated
        earned = WEIGHTS[progress] if code in GRAPH_ERRORS else 0.0
        assert reward == pytest.approx(earned)
        assert info["reward_terms"] == pytest.approx({"semantic": 0, "dag": 0, "format": earned})


@pytest.mark.parametrize("code", ANSWER_MUTATIONS)
def test_a_broken_answer_has_its_code_and_earns_nothing(code):
    for seed in range(10):
        env = begin()
        env.step("<think>t</think><search>A: Who directed Vel (General)</search>")
        _, reward, terminated, _, info = env.step(ANSWER_MUTATIONS[code](random.Random(seed)))
        assert info["parse_error"] == code and terminated and reward == 0.0


def play_noise(seed, count):
    rng = random.Random(seed)
    env = begin(retriever="bm25", max_plans=2)
    pool = [valid_plan(rng).text for _ in range(50)]
    for _ in range(count):
        _, _, terminated, truncated, info = env.step(noise(rng, pool))
        assert env._episode.text in env.observation_space
        if terminated or truncated:
            assert info["metrics"] and info["trajectory"].outcome != "running"
            env.reset()


def test_any_text_can_be_played():
    play_noise(0, 3_000)


@pytest.mark.slow
def test_a_hundred_thousand_texts_can_be_played():
    play_noise(1, 100_000)
