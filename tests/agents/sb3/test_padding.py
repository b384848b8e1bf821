import gymnasium
import numpy as np
import pytest

from hopgym.agents.sb3.padding import as_padded

ENV = "hopgym/KGSubgraph-v0"
WORLD = "world?entities=120&train=10&dev=5&test=10"


def shown(form, mode, top_k, vector):
    """The observations of a few steps, each episode by itself."""
    keywords = {"questions": WORLD, "mode": mode, "top_k": top_k, "observation": form}
    env = gymnasium.make(ENV, **keywords)
    if vector:
        env = gymnasium.make_vec(
            ENV, num_envs=1, vectorization_mode="vector_entry_point", **keywords
        )
    seen = []
    for index in range(6):
        options = {"index": index}
        seen.append(env.reset(seed=index, options=options)[0])
        if mode == "sequential":
            action = np.array([0]) if vector else 0
            seen.append(env.step(action)[0])
    return [alone(one) for one in seen] if vector else seen


def alone(batch):
    return {
        name: values[0] if isinstance(values, tuple) else np.asarray(values)[0]
        for name, values in batch.items()
    }


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize(("mode", "top_k"), [("one_shot", 4), ("sequential", 64)])
def test_a_graph_becomes_what_the_environment_pads(mode, top_k, vector):
    graphs = shown("graph", mode, top_k, vector)
    padded = shown("padded", mode, top_k, vector)
    for graph, expected in zip(graphs, padded, strict=True):
        made = as_padded(graph)
        assert made.keys() == expected.keys()
        for name, values in expected.items():
            assert made[name].dtype == values.dtype, name
            assert np.array_equal(made[name], values), name


@pytest.mark.parametrize("other", ["Question: who?", {"graph": None}, {"edge_index": 1}, None])
def test_what_is_no_graph_stays_as_it_is(other):
    assert as_padded(other) is other
