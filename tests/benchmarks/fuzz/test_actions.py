import gymnasium
import numpy as np
import pytest

from hopgym.benchmarks.fuzz.actions import given, next_action
from hopgym.benchmarks.fuzz.environments import EnvironmentTarget


def drawn(env_id, keywords, count=300):
    env = EnvironmentTarget(env_id, keywords).env
    _, info = env.reset(seed=0)
    rng = np.random.default_rng(0)
    return env, [given(next_action(rng, env, info)) for _ in range(count)]


def test_texts_are_sound_mutated_or_none():
    env, actions = drawn("hopgym/SearchRead-v0", {})
    moves = [env.unwrapped.stage.grammar.parse(a, 1) for a in actions if isinstance(a, str)]
    assert 0.2 < np.mean([hasattr(move, "kind") for move in moves]) < 0.9
    assert any(not isinstance(action, str) for action in actions)


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_arrays_are_sound_or_of_another_type_shape_or_range(mode):
    env, actions = drawn("hopgym/KGSubgraph-v0", {"observation": "padded", "mode": mode})
    sound = [env.action_space.contains(action) for action in actions]
    assert 0.3 < np.mean(sound) < 0.9
    kinds = {getattr(getattr(action, "dtype", None), "kind", "-") for action in actions}
    assert {"i", "f", "-"} <= kinds


def test_any_space_will_do():
    env = gymnasium.make("CartPole-v1")
    rng = np.random.default_rng(0)
    assert any(env.action_space.contains(given(next_action(rng, env, {}))) for _ in range(20))
