import numpy as np
import pytest
from subgraphs import AWKWARD, begin, env, vector

from hopgym.envs.subgraph.features import NODE_FEATURES

IDS = [question.id for question in AWKWARD]


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
@pytest.mark.parametrize("observation", ["graph", "padded"])
@pytest.mark.parametrize("top_k", [1, 3, 8, 40])
def test_observations_are_in_their_space(observation, mode, top_k):
    made = env(observation=observation, mode=mode, top_k=top_k)
    for id in IDS:
        seen, _ = begin(made, id)
        assert seen in made.observation_space and set(seen) == set(made.observation_space.spaces)
        made.action_space.seed(0)
        assert made.step(made.action_space.sample())[0] in made.observation_space


def test_the_padded_arrays_are_as_the_interface_says():
    made = env(top_k=7, encoder="hashing?dim=32", relation_ids=50)
    seen, _ = begin(made, "chain")
    told = {name: (array.shape, array.dtype.name) for name, array in seen.items()}
    assert told == {
        "edge_index": ((2, 7), "int32"),
        "edge_type": ((7,), "int32"),
        "edge_feat": ((7, 1), "float32"),
        "edge_mask": ((7,), "int8"),
        "node_feat": ((14, NODE_FEATURES), "float32"),
        "node_mask": ((14,), "int8"),
        "selected": ((7,), "int8"),
        "question": ((32,), "float32"),
        "step": ((1,), "float32"),
    }
    heads, tails = "aabbd", "bdcce"  # by name: author, printer, born, lives, lives
    assert seen["edge_index"][:, :5].tolist() == [
        list(map("abcde".index, e)) for e in (heads, tails)
    ]
    assert not seen["edge_index"][:, 5:].any()
    assert seen["edge_mask"].tolist() == [1] * 5 + [0] * 2
    assert seen["node_mask"].tolist() == [1] * 5 + [0] * 9
    assert (seen["edge_type"] > 0).tolist() == [True] * 5 + [False] * 2
    assert seen["edge_type"].max() < 50 and not seen["node_feat"][5:].any()
    assert seen["node_feat"][:, 0].tolist() == [1.0] + [0.0] * 13  # the topic


@pytest.mark.parametrize("id", IDS)
def test_both_forms_show_the_same(id):
    padded, graph = (begin(env(observation=form), id)[0] for form in ("padded", "graph"))
    nodes, edges, links = graph["graph"]
    facts, names = len(edges), len(nodes)
    np.testing.assert_array_equal(padded["node_feat"][:names], nodes)
    np.testing.assert_array_equal(padded["edge_feat"][:facts], edges[:, 1:])
    np.testing.assert_array_equal(padded["edge_type"][:facts], edges[:, 0])
    np.testing.assert_array_equal(padded["edge_index"][:, :facts].T, links)
    assert (padded["edge_mask"].sum(), padded["node_mask"].sum()) == (facts, names)
    for name in ("selected", "question", "step"):
        np.testing.assert_array_equal(padded[name], graph[name])


@pytest.mark.parametrize("observation", ["graph", "padded"])
def test_what_is_selected_and_how_far_one_is_are_seen(observation):
    made = env(mode="sequential", max_steps=4, observation=observation)
    begin(made, "chain")
    for turn, action in enumerate((1, 1, 4), 1):
        seen, *_ = made.step(action)
        assert seen["step"].tolist() == [turn / 4]
    assert seen["selected"].tolist() == [0, 1, 0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize("observation", ["graph", "padded"])
def test_an_observation_is_the_agents_own(observation):
    made = env(mode="sequential", observation=observation)
    first, _ = begin(made, "chain")
    kept = repr(first)
    for array in (*first.get("graph", ()), *(v for v in first.values() if hasattr(v, "shape"))):
        array[...] = 7 if array.dtype != np.int8 else 1
    second, _ = begin(made, "chain")
    assert repr(second) == kept
    made.step(0)
    assert repr(second) == kept


def test_a_batch_holds_each_lanes_observation():
    for observation in ("graph", "padded"):
        made = vector(3, observation=observation)
        seen, _ = made.reset(seed=0, options={"question_id": ["chain", "empty", "odd"]})
        for lane, id in enumerate(("chain", "empty", "odd")):
            one, _ = begin(env(observation=observation), id)
            for name, value in one.items():
                if name == "graph":
                    for mine, other in zip(seen[name][lane], value, strict=True):
                        np.testing.assert_array_equal(mine, other)
                else:
                    np.testing.assert_array_equal(seen[name][lane], value)


def test_a_question_leaves_nothing_to_the_next():
    made = env()
    for id in (*IDS, *reversed(IDS)):
        seen, _ = begin(made, id)
        fresh, _ = begin(env(), id)
        assert all(np.array_equal(seen[name], fresh[name]) for name in fresh)
        made.step(np.ones(8, np.int8))
